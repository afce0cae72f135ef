"""People, groups and channels as the Web API answers them (docs.slack.dev/reference/objects)."""

from typing import Any

from bot.sandbox.slack.people import Channel, Group, User
from bot.sandbox.slack.world import World

Json = dict[str, Any]

FLAGS = (
    "is_admin",
    "is_owner",
    "is_primary_owner",
    "is_restricted",
    "is_ultra_restricted",
    "is_bot",
    "is_app_user",
    "is_workflow_bot",
    "is_connector_bot",
    "is_email_confirmed",
)
ABSENT_WHEN_FOREIGN = frozenset(("is_admin", "is_owner", "is_primary_owner", "is_email_confirmed"))


def user_json(world: World, user: User, scopes: frozenset[str]) -> Json:
    """Show a user; a stranger lacks the flags that only their own workspace knows, a deactivated one nearly all."""
    foreign = user.team != world.team
    shown: Json = {"id": user.id, "team_id": user.team, "name": user.name, "deleted": user.deleted}
    shown["real_name"] = user.real_name or user.name
    shown["updated"] = 1
    profile = {"real_name": shown["real_name"], "display_name": user.name, "team": user.team}
    if user.email and "users:read.email" in scopes:
        profile["email"] = user.email
    shown["profile"] = profile
    if foreign:
        shown["is_stranger"] = True
    kept = ("is_bot", "is_app_user") if user.deleted else FLAGS
    shown |= {flag: getattr(user, flag) for flag in kept if not (foreign and flag in ABSENT_WHEN_FOREIGN)}
    if user.is_invited_user:
        shown["is_invited_user"] = True
    if user.enterprise_user is not None:
        shown["enterprise_user"] = dict(user.enterprise_user)
    return shown


def group_json(world: World, group: Group, *, with_users: bool = False) -> Json:
    """Show a user group."""
    shown: Json = {
        "id": group.id,
        "team_id": world.team,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.handle,
        "handle": group.handle,
        "is_external": False,
        "date_delete": 1 if group.disabled else 0,
        "user_count": len(group.users),
    }
    return shown | ({"users": list(group.users)} if with_users else {})


def channel_json(world: World, channel: Channel) -> Json:
    """Show a conversation as conversations.info does for one in which the app may look."""
    if channel.kind == "im":
        return {
            "id": channel.id,
            "is_im": True,
            "user": channel.im_user,
            "is_org_shared": False,
            "created": 1,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": 1,
        "creator": channel.creator or world.app.bot_user,
        "context_team_id": world.team,
        "is_channel": not channel.private,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_general": False,
        "is_member": world.app.bot_user in channel.members,
        "is_shared": channel.ext_shared or channel.org_shared,
        "is_ext_shared": channel.ext_shared,
        "is_org_shared": channel.org_shared,
        "is_pending_ext_shared": channel.pending_ext_shared,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "shared_team_ids": [world.team, *channel.connected_teams],
        "connected_team_ids": list(channel.connected_teams),
        "internal_team_ids": [],
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
