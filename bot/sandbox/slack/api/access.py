"""Which conversations a token may see: members only for private ones, and a scope for each kind."""

from bot.sandbox.slack.api.call import Call
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import Channel

PREFIX = {"channel": "channels", "group": "groups", "im": "im"}


def visible(call: Call, name: str = "channel") -> Channel:
    """Find the channel that an argument names, as the app may know of it."""
    world = call.core.world
    channel = world.channels.get(call.need(name))
    if channel is None or (channel.private and world.app.bot_user not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def scoped(call: Call, right: str) -> Channel:
    """Find a channel and hold the token to the scope of its kind; `right` is read or history."""
    channel = visible(call)
    call.allow(f"{PREFIX[channel.kind]}:{right}")
    return channel


def writable(call: Call) -> Channel:
    """Find the conversation that a post goes to: by id, by name, or a person's direct one."""
    world = call.core.world
    wanted = call.need("channel")
    if wanted in world.users:
        return world.direct(wanted)
    named = [each for each in world.channels.values() if each.name and each.name == wanted.removeprefix("#")]
    channel = named[0] if named else visible(call)
    if world.app.bot_user in channel.members:
        return _open(channel)
    if channel.private:
        raise ApiError("channel_not_found")
    if "chat:write.public" not in call.scopes:
        raise ApiError("not_in_channel")
    return _open(channel)


def own_message(call: Call, refusal: str) -> Message:
    """Find a message of the app's own; a foreign one is refused with `refusal`, an ephemeral is never found."""
    channel = visible(call)
    message = call.core.ledger.find(channel.id, call.need("ts"))
    if message is None or message.ephemeral:
        raise ApiError("message_not_found")
    if message.author != call.core.world.app.bot_user:
        raise ApiError(refusal)
    return message


def _open(channel: Channel) -> Channel:
    if channel.archived:
        raise ApiError("is_archived")
    return channel
