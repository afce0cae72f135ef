"""What the pump and the sender are handed."""

from dataclasses import dataclass

from bot.adapters.slack.client import Slack
from bot.adapters.slack.directory import SlackDirectory
from bot.adapters.slack.installation import Installation
from bot.engine.context import Context
from bot.ports import Cards, Doorway, Sending


@dataclass(frozen=True)
class Desk:
    """The engine's context, Slack, and the rows of what came in and what must be said."""

    context: Context
    slack: Slack
    installation: Installation
    directory: SlackDirectory
    doorway: Doorway
    sending: Sending
    cards: Cards
