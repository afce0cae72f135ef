"""conversations.create and conversations.invite."""

import re

from bot.sandbox.slack.api.access import PREFIX, scoped
from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.people import Channel
from bot.sandbox.slack.shapes import channel_json

NAME = re.compile(r"[a-z0-9_-]{1,80}")


def create(call: Call) -> Json:
    """conversations.create: the app is its first member."""
    world = call.core.world
    kind = "group" if call.flag("is_private") else "channel"
    call.allow(f"{PREFIX[kind]}:write" if kind == "group" else "channels:manage")
    name = call.text("name")
    if not name:
        raise ApiError("invalid_name_required")
    if not NAME.fullmatch(name):
        raise ApiError("invalid_name_specials" if len(name) <= 80 else "invalid_name_maxlength")
    if any(each.name == name for each in world.channels.values()):
        raise ApiError("name_taken")
    number = sum(each.kind == kind for each in world.channels.values()) + 1
    made = Channel(
        f"{'G' if kind == 'group' else 'C'}0MADE{number:04d}", name, kind=kind, creator=world.app.bot_user
    )
    return {"channel": channel_json(world, world.add_channel(made))}


def invite(call: Call) -> Json:
    """conversations.invite: people into a channel that the app is in."""
    world = call.core.world
    channel = scoped(call, "write")
    if world.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    users = [each for each in call.text("users").split(",") if each]
    if not users:
        raise ApiError("no_user")
    if any(user not in world.users for user in users):
        raise ApiError("user_not_found")
    if set(users) <= channel.members:
        raise ApiError("already_in_channel")
    return {"channel": channel_json(world, world.join(channel.id, *users))}
