"""Direct conversations between the bot and one person of our own."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.adapters.slack.desk import Desk
from bot.domain.errors import DeniedError, UnknownOutcomeError
from bot.domain.findings import Refusal
from bot.domain.people import Principal, standing
from bot.domain.queries import Unavailable

DIRECT: Final = "D"
GONE: Final = "channel_not_found"


async def conversation(desk: Desk, user: str) -> str:
    """
    Return the id of the direct conversation with a user; asked once, and again after `reopened` or `kept_open`.

    Raises the errors of ``client``.
    """
    known = desk.conversations.get(user)
    if known is None:
        opened = (await desk.slack.put("conversations.open", users=user)).get("channel")
        found: Any = opened.get("id") if isinstance(opened, dict) else None
        if not isinstance(found, str) or not found:
            raise DeniedError("no_conversation", "no direct conversation could be opened")
        known = desk.conversations[user] = found
    return known


def let_in(refusal: Refusal | None) -> None:
    """
    Raise where somebody may not be handed a file.

    ``UnknownOutcomeError`` where Slack did not say: that is asked again, and is no answer. ``DeniedError`` otherwise.
    """
    if refusal is not None:
        raised = UnknownOutcomeError if refusal.code.endswith("-unknown") else DeniedError
        raise raised(refusal.code, f"not handed over: {refusal.text}"[:200])


async def reopened(desk: Desk, user: str) -> str:
    """Forget what was remembered and ask anew. Raises the errors of ``client``."""
    desk.conversations.pop(user, None)
    return await conversation(desk, user)


async def kept_open(desk: Desk, user: str, say: Callable[[], Awaitable[None]]) -> None:
    """
    Say what goes to a user directly; a remembered conversation that is gone is forgotten, and it is said once more.

    Raises the errors of ``say``, which asks for the conversation itself.
    """
    remembered = user in desk.conversations
    try:
        await say()
    except DeniedError as error:
        if error.code != GONE or desk.conversations.pop(user, None) is None or not remembered:
            raise
        await say()


async def conversation_with(desk: Desk, to: Principal) -> str:
    """
    Return the direct conversation with one of our own people, of good standing now.

    Raises ``DeniedError`` for anybody else, and ``UnknownOutcomeError`` while Slack does not say who that is.
    """
    person = await desk.directory.person(to)
    if isinstance(person, Unavailable):
        raise UnknownOutcomeError("person_unknown", f"it is not known whom to tell: {person.why}")
    refusal = standing(person, desk.context.home_teams())
    if refusal is not None or person.principal != to:
        raise DeniedError("not_ours", "that person is not of this workspace any more, or may not act in it")
    return await conversation(desk, to.user)
