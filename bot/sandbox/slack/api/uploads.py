"""files.*: the two calls around an upload."""

from dataclasses import replace

from bot.sandbox.slack.api.access import visible
from bot.sandbox.slack.api.call import Call, Json, bad_arguments
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.messages import Content, Message


def upload_url(call: Call) -> Json:
    """files.getUploadURLExternal."""
    length = call.need("length")
    if not length.isdecimal() or int(length) == 0:
        raise bad_arguments("invalid length")
    made = call.core.files.expect(call.need("filename"), int(length), call.text("alt_txt"))
    return {"upload_url": f"{call.core.base}/upload/{made.id}", "file_id": made.id}


def complete(call: Call) -> Json:
    """files.completeUploadExternal: into a channel, when one is named, as a message of the app."""
    wanted = call.json("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise bad_arguments("missing required field: files")
    channel = visible(call, "channel_id") if call.text("channel_id") else None
    if channel and call.core.world.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    home = channel.id if channel else ""
    done = [call.core.files.share(str(each.get("id")), str(each.get("title") or ""), home) for each in wanted]
    if channel:
        text = call.text("initial_comment") or ", ".join(file.title for file in done)
        new = Message(channel.id, "", call.core.world.app.bot_user, Content(text), call.text("thread_ts"))
        call.core.ledger.post(replace(new, via="file", files=tuple(file.id for file in done)))
    return {"files": [{"id": file.id, "title": file.title, "name": file.name} for file in done]}
