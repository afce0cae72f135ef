"""The app's manifest: what Slack must be told, and no more rights than the calls below need."""

from typing import Any, Final, Literal

from bot.adapters.slack.help import COMMAND

Transport = Literal["socket", "http"]

SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "commands": (),
    "chat:write": ("chat.postMessage", "chat.update", "chat.postEphemeral"),
    "users:read": ("users.info", "bots.info"),
    "usergroups:read": ("usergroups.users.list",),
    "channels:read": ("conversations.info",),
    "groups:read": ("conversations.info",),
    "channels:history": ("conversations.history", "conversations.replies"),
    "groups:history": ("conversations.history", "conversations.replies"),
    "im:write": ("conversations.open",),
}
"""
Each scope of the bot's token, with the methods that need it (docs.slack.dev/reference/methods).

``commands`` is what a slash command asks for. ``channels`` are public conversations, ``groups`` private ones:
reading tells whether one is shared with another organisation, history finds a card whose answer was lost.
"""

SCOPELESS: Final = ("auth.test", "views.open", "views.update", "apps.connections.open")
"""Methods that need no scope of the bot's token; the last takes the app's own, with ``connections:write``."""

URL: Final = "https://firebreak.example.com/slack/events"


def manifest(transport: Transport = "socket", url: str = URL) -> dict[str, Any]:
    """
    Return the manifest (docs.slack.dev/reference/app-manifest) for one transport.

    ``url`` is where Slack sends signed requests with ``http``. Raises ``ValueError`` for one that is not https.
    """
    if transport == "http" and not url.startswith("https://"):
        raise ValueError("Slack sends requests only to an https:// address")
    asked = {"url": url} if transport == "http" else {}
    answered = {"request_url": url} if transport == "http" else {}
    slash = {
        "command": COMMAND,
        **asked,
        "description": "Contain a suspected compromise",
        "usage_hint": "quarantine | block | status | rollback | help",
        "should_escape": False,
    }
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Firebreak",
            "description": "Contains a suspected compromise, with approval and an exact way back",
        },
        "features": {
            "bot_user": {"display_name": "firebreak", "always_online": True},
            "slash_commands": [slash],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "interactivity": {"is_enabled": True, **answered},
            "org_deploy_enabled": False,
            "socket_mode_enabled": transport == "socket",
            "token_rotation_enabled": False,
        },
    }
