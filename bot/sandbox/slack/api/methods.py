"""Every method the emulator knows: who may call it, with which scope (docs.slack.dev/reference/methods)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.sandbox.slack.api import chat, conversations, modals, people, rooms, uploads
from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.errors import ApiError

Method = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Route:
    """A method, the scopes of which one suffices (none: no scope needed), and the kind of token that it takes."""

    run: Method
    scopes: tuple[str, ...] = ()
    app_level: bool = False


def auth_test(call: Call) -> Json:
    """auth.test."""
    world = call.core.world
    return {
        "url": f"https://{world.domain}.slack.com/",
        "team": world.domain,
        "user": world.app.name,
        "team_id": world.team,
        "user_id": world.app.bot_user,
        "bot_id": world.app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(call: Call) -> Json:
    """apps.connections.open: a websocket address that works once."""
    if call.core.sockets.disabled:
        raise ApiError("access_denied")
    return {"url": call.core.sockets.ticket(call.core.base)}


# The conversations of one kind need that kind's scope, which only the method itself can know: `access.scoped`.
METHODS: Mapping[str, Route] = {
    "apps.connections.open": Route(open_connection, ("connections:write",), app_level=True),
    "auth.test": Route(auth_test),
    "bots.info": Route(people.bot_info, ("users:read",)),
    "chat.delete": Route(chat.delete, ("chat:write",)),
    "chat.getPermalink": Route(chat.permalink),
    "chat.postEphemeral": Route(chat.post_ephemeral, ("chat:write",)),
    "chat.postMessage": Route(chat.post_message, ("chat:write",)),
    "chat.update": Route(chat.update, ("chat:write",)),
    "conversations.create": Route(rooms.create),
    "conversations.history": Route(conversations.history),
    "conversations.info": Route(conversations.info),
    "conversations.invite": Route(rooms.invite),
    "conversations.list": Route(conversations.listing),
    "conversations.members": Route(conversations.members),
    "conversations.open": Route(conversations.opening, ("im:write",)),
    "conversations.replies": Route(conversations.replies),
    "files.completeUploadExternal": Route(uploads.complete, ("files:write",)),
    "files.getUploadURLExternal": Route(uploads.upload_url, ("files:write",)),
    "usergroups.list": Route(people.group_list, ("usergroups:read",)),
    "usergroups.users.list": Route(people.group_users, ("usergroups:read",)),
    "users.info": Route(people.user_info, ("users:read",)),
    "users.list": Route(people.user_list, ("users:read",)),
    "views.open": Route(modals.open_view),
    "views.publish": Route(modals.publish_view),
    "views.push": Route(modals.push_view),
    "views.update": Route(modals.update_view),
}
