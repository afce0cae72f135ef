"""What tests do with the cards of alerts: read what a button carries, and send what no card does."""

from bot.adapters.slack.board.standing import BOARD
from bot.domain.suggestions import Board
from bot.sandbox.scene import ALICE, CHANNEL
from bot.sandbox.slack.answers import Answer, texts
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.views import View
from tests.journeys.alerting import (
    beacon,
    seen,
    send,
)
from tests.journeys.stage import PATIENCE, Stage


async def alerted(bot: Stage) -> Board:
    """Have the story's alert come, and return its board once it was looked at."""
    assert await send(bot, beacon(bot)) == 200
    return await seen(bot)


def value_of(message: Message, button: str) -> str:
    """Return what a button of a card carries."""
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return next(str(one["value"]) for row in rows for one in row if one["action_id"] == button)


async def said(bot: Stage, answer: Answer) -> str:
    """Return what the person was told."""
    assert answer.acked, (answer.status, answer.error)
    posts = await bot.scene.workspace.until(lambda: answer.posts, PATIENCE)
    return "\n".join(line for post in posts for line in (post.text, *texts(list(post.blocks))))


def tampered(form: View, carried: str) -> None:
    """Have a client send back what the form never carried."""
    assert isinstance(form.body, dict)
    form.body["private_metadata"] = carried


def cards(bot: Stage) -> list[Message]:
    """Return the cards of alerts that stand in the channel."""
    every = bot.scene.workspace.messages(CHANNEL)
    return [one for one in every if (one.metadata or {}).get("event_type") == BOARD]


async def forged(bot: Stage, message: Message, button: str, value: str, user: str = ALICE) -> str:
    """Click what no card carries, in a truly signed request."""
    answer = await bot.scene.workspace.click(user, CHANNEL, message.ts, button, value=value, forged=True)
    return await said(bot, answer)
