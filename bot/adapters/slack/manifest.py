"""The app's manifest: what Slack must be told, and no more rights than the calls below need."""

from typing import Any, Final, Literal

from bot.adapters.slack.form import ids
from bot.adapters.slack.help import COMMAND

Transport = Literal["socket", "http"]

SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "commands": (),
    "chat:write": ("chat.postMessage", "chat.update", "chat.postEphemeral"),
    "users:read": ("users.info", "bots.info"),
    "usergroups:read": ("usergroups.users.list",),
    "channels:read": ("conversations.info",),
    "groups:read": ("conversations.info", "conversations.list"),
    "groups:write": ("conversations.create", "conversations.invite"),
    "channels:history": ("conversations.history", "conversations.replies"),
    "groups:history": ("conversations.history", "conversations.replies"),
    "im:history": ("conversations.history", "conversations.replies"),
    "im:write": ("conversations.open",),
    "files:write": ("files.getUploadURLExternal", "files.completeUploadExternal"),
}
"""
Each scope of the bot's token, with the methods that need it (docs.slack.dev/reference/methods).

``commands`` is what a slash command asks for. ``channels`` are public conversations, ``groups`` private ones:
reading tells whether one is shared with another organisation, history finds a card whose answer was lost. ``im``
are the bot's own conversations with one person each, where receipts go. ``groups:write`` makes the private channel of
an incident that is opened as private.
"""

SCOPELESS: Final = (
    "auth.test",
    "chat.getPermalink",
    "views.open",
    "views.publish",
    "views.update",
    "apps.connections.open",
)
"""Methods that need no scope of the bot's token; the last takes the app's own, with ``connections:write``."""

SHORTCUTS: Final = (
    {
        "name": "Contain…",
        "type": "global",
        "callback_id": ids.CONTAIN,
        "description": "Contain a pod or an address: see the plan, then ask for approval",
    },
    {
        "name": "Contain what it is about",
        "type": "message",
        "callback_id": ids.CONTAIN_THIS,
        "description": "Contain what this message names: see the plan, then ask for approval",
    },
)
"""Names of at most 24 characters; the message shortcut works in threads, where slash commands do not."""

URL: Final = "https://firebreak.example.com/slack/events"


def manifest(transport: Transport = "socket", url: str = URL) -> dict[str, Any]:
    """
    Return the manifest (docs.slack.dev/reference/app-manifest) for one transport.

    ``url`` is where Slack sends signed requests with ``http``. Raises ``ValueError`` for one that is not https.
    """
    if transport == "http" and not url.startswith("https://"):
        raise ValueError("Slack sends requests only to an https:// address")
    asked = {"url": url} if transport == "http" else {}
    answered = {"request_url": url, "message_menu_options_url": url} if transport == "http" else {}
    heard = {"request_url": url} if transport == "http" else {}
    slash = {
        "command": COMMAND,
        **asked,
        "description": "Contain a suspected compromise",
        "usage_hint": "quarantine | block | status | rollback | help",
        "should_escape": True,  # a person picked after @ comes as an id, which no two people share
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
            "shortcuts": list(SHORTCUTS),
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**heard, "bot_events": ["app_home_opened"]},
            "interactivity": {"is_enabled": True, **answered},
            "org_deploy_enabled": False,
            "socket_mode_enabled": transport == "socket",
            "token_rotation_enabled": False,
        },
    }
