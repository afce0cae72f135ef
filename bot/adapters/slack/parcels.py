"""Evidence handed over as a file, in a direct conversation with whoever asked for it."""

import msgspec

from bot.adapters.slack.conversations import conversation_with, let_in
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.files import upload
from bot.adapters.slack.text import escape
from bot.domain.errors import DeniedError, FirebreakError, OutsideError
from bot.domain.people import Principal
from bot.engine.handing import Parcel, barred, contents
from bot.ports import Note


async def deliver(desk: Desk, note: Note) -> None:
    """
    Send one parcel. Its access was recorded with the note; when its sending breaks off it is sent again.

    Raises the errors of ``client``; ``DeniedError`` too where the bytes are not those that were captured.
    """
    try:
        to = Principal.parse(note.to)
        parcel = msgspec.json.decode(note.document, type=Parcel)
    except (ValueError, msgspec.DecodeError) as error:
        raise DeniedError("odd_note", "a parcel that names nobody or nothing") from error
    let_in(await barred(desk.context, to, parcel))
    channel = await conversation_with(desk, to)
    try:
        body = await contents(desk.context, parcel)
    except OutsideError:
        raise
    except FirebreakError as error:
        text = escape(f"{parcel.item.title} cannot be handed over: {error}")
        await desk.slack.post("chat.postMessage", channel=channel, text=text)
        raise DeniedError("evidence-not-sound", str(error)[:200]) from error
    await upload(desk.slack, channel, f"{parcel.name}.bin", body, escape(note.text))
