"""chat.*: posting, repainting and taking away messages."""

from dataclasses import replace

from bot.sandbox.slack.api.access import own_message, visible, writable
from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.api.content import TEXT, message_json, read_content
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.messages import Message

UPDATE_TEXT = 4000


def post_message(call: Call) -> Json:
    """chat.postMessage: answers the channel's id and the ts."""
    channel = writable(call)
    content = read_content(call)
    thread = call.text("thread_ts")
    if thread and call.core.ledger.find(channel.id, thread) is None:
        raise ApiError("thread_not_found")
    new = Message(
        channel.id,
        "",
        call.core.world.app.bot_user,
        replace(content, metadata=content.metadata or None),
        thread,
    )
    made = call.core.ledger.post(replace(new, broadcast=call.flag("reply_broadcast")))
    answer: Json = {"channel": channel.id, "ts": made.ts, "message": message_json(call.core.world, made)}
    if len(call.text("text")) > TEXT:
        answer |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return answer


def update(call: Call) -> Json:
    """chat.update: blocks that are not sent again are gone, metadata stays unless `{}` clears it."""
    message = own_message(call, "cant_update_message")
    if call.core.world.channels[message.channel].archived:
        raise ApiError("is_inactive")
    content = read_content(call)
    if len(content.text) > UPDATE_TEXT:
        raise ApiError("msg_too_long")
    kept = message.metadata if content.metadata is None else content.metadata or None
    made = call.core.ledger.update(message.channel, message.ts, replace(content, metadata=kept))
    shown = message_json(call.core.world, made)
    return {"channel": made.channel, "ts": made.ts, "text": made.text, "message": shown}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral: seen by one member only, never in history; metadata is ignored."""
    channel = writable(call)
    content = replace(read_content(call), metadata=None)
    user = call.need("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    new = Message(
        channel.id, "", call.core.world.app.bot_user, content, call.text("thread_ts"), only_for=user
    )
    return {"message_ts": call.core.ledger.post(new).ts}


def delete(call: Call) -> Json:
    """chat.delete: own messages only."""
    message = own_message(call, "cant_delete_message")
    call.core.ledger.delete(message.channel, message.ts)
    return {"channel": message.channel, "ts": message.ts}


def permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel, ts = visible(call), call.need("message_ts")
    if call.core.ledger.find(channel.id, ts) is None:
        raise ApiError("message_not_found")
    link = f"https://{call.core.world.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}
