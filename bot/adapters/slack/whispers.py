"""
What is said to one person: by the response_url while it lives, else in the channel for their eyes only, else directly.

A response_url takes five posts within thirty minutes, and needs no membership of the channel
(docs.slack.dev/interactivity/handling-user-interaction).
"""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.adapters.slack import answers
from bot.adapters.slack.answers import Inbound, MalformedError
from bot.adapters.slack.card import paint, paint_preview
from bot.adapters.slack.card.buttons import confirming
from bot.adapters.slack.card.kit import unfolded
from bot.adapters.slack.card.painted import Page
from bot.adapters.slack.clicks import Pressed
from bot.adapters.slack.conversations import conversation, kept_open
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.letters import letter
from bot.adapters.slack.posting import mentions
from bot.adapters.slack.spoken import spoken
from bot.domain.errors import DeniedError
from bot.domain.letters import Letter, in_whisper
from bot.engine.reading import show
from bot.ports import InboxRow, Note

URL_LIVES: Final = timedelta(minutes=25)  # of the thirty that Slack gives
MOST_BLOCKS: Final = 50
Message = dict[str, Any]


async def whisper(desk: Desk, note: Note, number: int = 0) -> None:
    """
    Say a note to whoever sent the row that it answers; ``number`` is the note's, for buttons that mean what it holds.

    Raises the errors of ``client``: ``DeniedError`` only when no way led to that person.
    """
    row = await desk.doorway.get(note.answer_to)
    if row is None:
        raise DeniedError("no_origin", "nobody is known to have asked")
    try:
        inbound = answers.decoded(row.payload)
    except MalformedError:
        raise DeniedError("no_origin", "the row does not say who asked") from None
    message = await _message(desk, note, inbound.user, number)
    async with desk.context.store.begin() as tx:
        now = tx.now
    plainer = message | {"blocks": list(unfolded(message["blocks"]))}
    for said in (message, plainer) if plainer != message else (message,):
        if await _by_url(desk, row, inbound, said, now) or await _in_channel(desk, inbound, said):
            return
    await _directly(desk, inbound.user, plainer)


async def tell_directly(desk: Desk, user: str, text: str) -> None:
    """Say something in a direct conversation. Raises the errors of ``client``."""
    said = spoken(text)
    await _directly(desk, user, {"text": said.text, "blocks": list(said.blocks)})


async def _message(desk: Desk, note: Note, user: str, number: int) -> Message:
    beside = in_whisper(note.document) if note.document else None
    if isinstance(beside, Letter):
        picture = letter(note.text, beside, number=number)
        return {"text": picture.text, "blocks": list(picture.blocks)}
    said = spoken(note.text)
    blocks = paint_preview(beside).blocks if beside else await _card(desk, note, user)
    return {"text": said.text, "blocks": [*said.blocks, *blocks][:MOST_BLOCKS]}


async def _card(desk: Desk, note: Note, user: str) -> list[Message]:
    """The card of a request, without its buttons: those are only on the card in the channel."""
    shown = await show(desk.context.store, note.request_id) if note.request_id else None
    if shown is None:
        return []
    card = [b for b in paint(shown, mentions(desk, shown.request)).blocks if b.get("type") != "actions"]
    asker = shown.request.requester
    return [*(confirming(Page(shown)) if asker is not None and user == asker.user else []), *card]


async def _by_url(desk: Desk, row: InboxRow, inbound: Inbound, message: Message, now: datetime) -> bool:
    if not inbound.response_url or now - row.received_at >= URL_LIVES:
        return False
    body = {"response_type": "ephemeral", "replace_original": False, **message}
    try:
        await desk.slack.respond(inbound.response_url, body)
    except DeniedError:
        return False
    return True


async def _in_channel(desk: Desk, inbound: Inbound, message: Message) -> bool:
    channel = inbound.channel or await _of_card(desk, inbound)
    if not channel:
        return False
    try:
        await desk.slack.post("chat.postEphemeral", channel=channel, user=inbound.user, **message)
    except DeniedError:
        return False
    return True


async def _of_card(desk: Desk, inbound: Inbound) -> str:
    """A submitted form has no channel; what it is about has."""
    pressed = Pressed.of(inbound.value)
    card = await desk.cards.get(pressed.request_id) if pressed else None
    return card.channel if card else ""


async def _directly(desk: Desk, user: str, message: Message) -> None:
    async def say() -> None:
        channel = await conversation(desk, user)
        await desk.slack.post(
            "chat.postMessage", channel=channel, unfurl_links=False, unfurl_media=False, **message
        )

    await kept_open(desk, user, say)
