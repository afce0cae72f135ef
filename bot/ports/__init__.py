"""What the engine needs from outside, as small protocols. Adapters implement them; tests run them over both."""

from bot.ports.door import Cards, Doorway, InboxRow, OutboxRow, Painted, Sending
from bot.ports.history import History
from bot.ports.outside import Objects, Progress, SharedSight, SharedThings, Sight, World
from bot.ports.people import Directory, Entropy
from bot.ports.rows import Contributions, Counts, Lanes, Parts, Requests, Sums, Tally, Votes
from bot.ports.state import Inbox, Log, Note, Outbox, Store, Transaction

__all__ = [
    "Cards",
    "Contributions",
    "Counts",
    "Directory",
    "Doorway",
    "Entropy",
    "History",
    "Inbox",
    "InboxRow",
    "Lanes",
    "Log",
    "Note",
    "Objects",
    "Outbox",
    "OutboxRow",
    "Painted",
    "Parts",
    "Progress",
    "Requests",
    "Sending",
    "SharedSight",
    "SharedThings",
    "Sight",
    "Store",
    "Sums",
    "Tally",
    "Transaction",
    "Votes",
    "World",
]
