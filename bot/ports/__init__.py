"""What the engine needs from outside, as small protocols. Adapters implement them; tests run them over both."""

from bot.ports.alerts import Alerts, Hearing, Misfits
from bot.ports.anchors import Anchor, Anchorage, Anchored
from bot.ports.door import Cards, Doorway, Homes, InboxRow, OutboxRow, Painted, Sending
from bot.ports.drawing import Drawing
from bot.ports.evidence import Kept, Reading, Shelf, Vault, Witness
from bot.ports.flows import FlowSource
from bot.ports.history import History
from bot.ports.outside import Changes, Objects, Progress, SharedSight, SharedThings, Sight, Spot, World
from bot.ports.people import Directory, Entropy
from bot.ports.playbooks import NoPlaybooks, Playbooks
from bot.ports.rows import (
    Captures,
    Contributions,
    Counts,
    FrozenAccounts,
    Gathering,
    Handovers,
    Incidents,
    Lanes,
    Parts,
    Requests,
    SelfTests,
    Sums,
    Tally,
    Votes,
)
from bot.ports.state import Inbox, Log, Note, Outbox, Store, Transaction
from bot.ports.suggestions import Suggestions

__all__ = [
    "Alerts",
    "Anchor",
    "Anchorage",
    "Anchored",
    "Captures",
    "Cards",
    "Changes",
    "Contributions",
    "Counts",
    "Directory",
    "Doorway",
    "Drawing",
    "Entropy",
    "FlowSource",
    "FrozenAccounts",
    "Gathering",
    "Handovers",
    "Hearing",
    "History",
    "Homes",
    "Inbox",
    "InboxRow",
    "Incidents",
    "Kept",
    "Lanes",
    "Log",
    "Misfits",
    "NoPlaybooks",
    "Note",
    "Objects",
    "Outbox",
    "OutboxRow",
    "Painted",
    "Parts",
    "Playbooks",
    "Progress",
    "Reading",
    "Requests",
    "SelfTests",
    "Sending",
    "SharedSight",
    "SharedThings",
    "Shelf",
    "Sight",
    "Spot",
    "Store",
    "Suggestions",
    "Sums",
    "Tally",
    "Transaction",
    "Vault",
    "Votes",
    "Witness",
    "World",
]
