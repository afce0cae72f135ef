"""A file that belongs to an answer, handed to whoever asked in a direct conversation."""

import msgspec

from bot.adapters.slack.conversations import conversation_with
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.files import upload
from bot.adapters.slack.text import escape
from bot.domain.errors import DeniedError, UnknownOutcomeError
from bot.domain.people import Principal
from bot.domain.telling import Attached
from bot.engine.reading import may_read
from bot.ports import Note


async def attach(desk: Desk, note: Note) -> None:
    """
    Send one file, if its reader may still read. When its sending breaks off it is sent again.

    Raises the errors of ``client``.
    """
    try:
        to = Principal.parse(note.to)
        file = msgspec.json.decode(note.document, type=Attached)
    except (ValueError, msgspec.DecodeError) as error:
        raise DeniedError("odd_note", "a file for nobody, or without content") from error
    refusal = await may_read(desk.context, to)
    if refusal is not None:
        unclear = refusal.code.endswith(
            "-unknown"
        )  # Slack did not say: that is asked again, and is no answer
        raised = UnknownOutcomeError if unclear else DeniedError
        raise raised(refusal.code, f"not handed over: {refusal.text}"[:200])
    channel = await conversation_with(desk, to)
    await upload(desk.slack, channel, file.name, file.content.encode(), escape(note.text))
