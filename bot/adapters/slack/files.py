"""
Files on their way to Slack: a URL is asked for, the bytes go there, the upload is completed into a conversation.

docs.slack.dev/messaging/working-with-files, "Uploading files"; the way of ``files.upload`` is retired.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.adapters.slack.client import Slack
from bot.adapters.slack.text import visible
from bot.domain.errors import UnknownOutcomeError

LONGEST_NAME: Final = 200
LONGEST_ALT: Final = 1000


class Upload(msgspec.Struct, frozen=True):
    """One file; ``alt`` says what a picture shows, for those who do not see it."""

    name: str
    content: bytes
    alt: str = ""


async def upload(
    slack: Slack, channel: str, name: str, content: bytes, text: str = "", thread_ts: str = ""
) -> None:
    """Put one file into a conversation, as `upload_all` does."""
    await upload_all(slack, channel, [Upload(name, content)], text, thread_ts)


async def upload_all(
    slack: Slack, channel: str, files: Sequence[Upload], text: str = "", thread_ts: str = ""
) -> None:
    """
    Put files into a conversation as one message. An empty one has one byte: Slack takes none of zero.

    Raises the errors of ``client``. Nobody sees anything before the last call.
    """
    sent = [{"id": await _sent(slack, file), "title": file.name[:LONGEST_NAME]} for file in files]
    await slack.post(
        "files.completeUploadExternal",
        files=sent,
        channel_id=channel,
        initial_comment=text or None,
        thread_ts=thread_ts or None,
    )


async def _sent(slack: Slack, file: Upload) -> str:
    body = file.content or b"\n"
    asked = await slack.read(
        "files.getUploadURLExternal",
        filename=file.name[:LONGEST_NAME],
        length=len(body),
        alt_txt=visible(file.alt, LONGEST_ALT) or None,
    )
    url, file_id = asked.get("upload_url"), asked.get("file_id")
    if not isinstance(url, str) or not isinstance(file_id, str):
        raise UnknownOutcomeError("odd_answer", "files.getUploadURLExternal named no address")
    await slack.send(url, body)
    return file_id
