"""users.*, bots.info and usergroups.*: who someone is, and who is in which group."""

from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.shapes import group_json, user_json


def user_info(call: Call) -> Json:
    """users.info."""
    user = call.core.world.users.get(call.need("user"))
    if user is None:
        raise ApiError("user_not_found")
    if not user.visible:
        raise ApiError("user_not_visible")
    return {"user": user_json(call.core.world, user, call.scopes)}


def bot_info(call: Call) -> Json:
    """bots.info: the app behind a bot user."""
    world = call.core.world
    if call.need("bot") != world.app.bot_id:
        raise ApiError("bot_not_found")
    app = world.app
    return {
        "bot": {
            "id": app.bot_id,
            "deleted": False,
            "name": app.name,
            "updated": 1,
            "app_id": app.id,
            "user_id": app.bot_user,
        }
    }


def user_list(call: Call) -> Json:
    """users.list: everyone of this workspace, the deactivated included."""
    world = call.core.world
    found = [user_json(world, user, call.scopes) for user in world.users.values() if user.team == world.team]
    page, cursor = call.page(found)
    return {"members": page, "cache_ts": 1, "response_metadata": {"next_cursor": cursor}}


def group_list(call: Call) -> Json:
    """usergroups.list."""
    _plan(call)
    found = [
        group_json(call.core.world, group, with_users=call.flag("include_users"))
        for group in call.core.world.groups.values()
        if call.flag("include_disabled") or not group.disabled
    ]
    return {"usergroups": found}


def group_users(call: Call) -> Json:
    """usergroups.users.list: a disabled group is as if there were none, unless asked for."""
    _plan(call)
    group = call.core.world.groups.get(call.need("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}


def _plan(call: Call) -> None:
    if not call.core.world.plan_has_groups:
        raise ApiError("plan_upgrade_required")
