"""A file that belongs to an answer, and its picture, handed to whoever asked in a direct conversation."""

import asyncio

import msgspec

from bot.adapters.slack.conversations import conversation_with, let_in
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.files import Upload, upload_all
from bot.adapters.slack.text import escape
from bot.domain.errors import DeniedError
from bot.domain.flows.picturing import Sketch
from bot.domain.people import Principal
from bot.domain.queries import Unavailable
from bot.domain.telling import Attached
from bot.engine.flowing import may_still
from bot.engine.reading import may_read
from bot.ports import Note

NO_PICTURE = "The picture could not be drawn"


async def attach(desk: Desk, note: Note) -> None:
    """
    Send one file, if its reader may still read, and see the flows in it. When its sending breaks off it is sent again.

    A picture that could not be drawn is said to be missing: the file comes without it. Raises the errors of ``client``.
    """
    try:
        to = Principal.parse(note.to)
        file = await asyncio.to_thread(msgspec.json.decode, note.document, type=Attached)  # megabytes
    except (ValueError, msgspec.DecodeError) as error:
        raise DeniedError("odd_note", "a file for nobody, or without content") from error
    let_in(await may_read(desk.context, to))
    let_in(await may_still(desk.context, to, file.places))
    channel = await conversation_with(desk, to)
    text, files = escape(note.text), [Upload(file.name, file.content.encode())]
    if file.sketch is not None:
        drawn = await _drawn(desk, file.sketch)
        if isinstance(drawn, Unavailable):
            text = f"{text}\n{escape(f'{NO_PICTURE}: {drawn.why}.')}"
        else:
            name = f"{file.name.rpartition('.')[0] or file.name}.png"
            files.insert(0, Upload(name, drawn, file.sketch.alt))
    await upload_all(desk.slack, channel, files, text)


async def _drawn(desk: Desk, sketch: Sketch) -> bytes | Unavailable:
    if desk.drawing is None:
        return Unavailable("nothing that draws is set up")
    return await desk.drawing.draw(sketch)
