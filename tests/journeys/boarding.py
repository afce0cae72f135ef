"""What tests do with the cards of alerts: have one come, find it, and send back what no form carried."""

from bot.adapters.slack.board.standing import BOARD
from bot.domain.suggestions import Board
from bot.sandbox.scene import CHANNEL
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.views import View
from tests.journeys.alerting import beacon, seen, send
from tests.journeys.stage import Stage


async def alerted(bot: Stage) -> Board:
    """Have the story's alert come, and return its board once it was looked at."""
    assert await send(bot, beacon(bot)) == 200
    return await seen(bot)


def tampered(form: View, carried: str) -> None:
    """Have a client send back what the form never carried."""
    assert isinstance(form.body, dict)
    form.body["private_metadata"] = carried


def cards(bot: Stage) -> list[Message]:
    """Return the cards of alerts that stand in the channel."""
    every = bot.scene.workspace.messages(CHANNEL)
    return [one for one in every if (one.metadata or {}).get("event_type") == BOARD]
