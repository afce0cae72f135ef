"""
Files on their way to Slack: a URL is asked for, the bytes go there, the upload is completed into a conversation.

docs.slack.dev/messaging/working-with-files, "Uploading files"; the way of ``files.upload`` is retired.
"""

from collections.abc import Sequence
from typing import Final

from bot.adapters.slack.client import Slack
from bot.domain.errors import UnknownOutcomeError

LONGEST_NAME: Final = 200


async def upload(
    slack: Slack, channel: str, name: str, content: bytes, text: str = "", thread_ts: str = ""
) -> None:
    """Put one file into a conversation, as `upload_all` does."""
    await upload_all(slack, channel, [(name, content)], text, thread_ts)


async def upload_all(
    slack: Slack, channel: str, files: Sequence[tuple[str, bytes]], text: str = "", thread_ts: str = ""
) -> None:
    """
    Put files, each a name and its bytes, into a conversation as one message. An empty one has one byte: Slack takes none of zero.

    Raises the errors of ``client``. Nobody sees anything before the last call.
    """
    sent = [
        {"id": await _sent(slack, name, body or b"\n"), "title": name[:LONGEST_NAME]} for name, body in files
    ]
    await slack.post(
        "files.completeUploadExternal",
        files=sent,
        channel_id=channel,
        initial_comment=text or None,
        thread_ts=thread_ts or None,
    )


async def _sent(slack: Slack, name: str, body: bytes) -> str:
    asked = await slack.read("files.getUploadURLExternal", filename=name[:LONGEST_NAME], length=len(body))
    url, file_id = asked.get("upload_url"), asked.get("file_id")
    if not isinstance(url, str) or not isinstance(file_id, str):
        raise UnknownOutcomeError("odd_answer", "files.getUploadURLExternal named no address")
    await slack.send(url, body)
    return file_id
