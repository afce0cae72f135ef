"""What the pump and the sender are handed."""

from dataclasses import dataclass, field

from bot.adapters.slack.client import Slack
from bot.adapters.slack.directory import SlackDirectory
from bot.adapters.slack.installation import Installation
from bot.engine.context import Context
from bot.engine.names import Names
from bot.ports import Cards, Doorway, Drawing, Homes, Sending


@dataclass(frozen=True)
class Desk:
    """
    The engine's context, Slack, the rows of what came in and what must be said, and names to choose from.

    ``conversations`` remembers the direct conversations that were opened, by user, ``links`` the addresses of
    cards: the only things here that change.
    """

    context: Context
    slack: Slack
    installation: Installation
    directory: SlackDirectory
    doorway: Doorway
    sending: Sending
    cards: Cards
    names: Names
    homes: Homes
    drawing: Drawing | None = None
    conversations: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
