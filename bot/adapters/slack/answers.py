"""
What is taken from a payload of Slack, and under which key it counts once.

A payload is chosen from, never kept whole: the message that it quotes, state, names and the verification token are
left. The keys: a slash command and a click have a ``trigger_id`` of their own; a submitted form has its view's id
and hash (docs.slack.dev/reference/interaction-payloads). bolt removes no duplicates.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

LONGEST_TEXT: Final = 12_000  # characters: Slack cuts a command far below
LONGEST_NAME: Final = 3000  # of a value or an address; Slack's own limits are 2000 to 3000
LONGEST_KEY: Final = 200

COMMAND: Final = "command"
CLICK: Final = "click"
FORM: Final = "form"
SHORTCUT: Final = "shortcut"


class Inbound(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One thing that a person did.

    ``team`` is the acting person's own (``user.team_id``), never the host's, and empty where the payload does
    not say it: slash commands. ``value`` is a button's or a form's, ``reason`` what was filled in.
    """

    kind: str
    user: str
    team: str = ""
    channel: str = ""
    message_ts: str = ""
    ephemeral: bool = False
    text: str = ""
    name: str = ""
    value: str = ""
    reason: str = ""
    trigger_id: str = msgspec.field(default="")
    response_url: str = ""

    def __repr__(self) -> str:
        """Say what it is without what it carries: the addresses in it are rights."""
        return f"Inbound({self.kind} {self.name} by {self.team}:{self.user})"


class MalformedError(ValueError):
    """A payload that Slack would not send. The text names the field, never its value."""


def belongs(body: Mapping[str, Any], team: str, app_id: str) -> bool:
    """
    Whether a payload is for our installation: our app (where its id is known), our workspace.

    In a channel shared with another organisation the workspace is still the host; who acts says ``user.team_id``.
    """
    named = body.get("api_app_id")
    if app_id and named != app_id:
        return False
    view = body.get("view")
    told = _part(body, "team").get("id") or body.get("team_id")
    installed = view.get("app_installed_team_id", told) if isinstance(view, dict) else told
    return bool(installed == team)


def legible(body: Mapping[str, Any]) -> bool:
    """Whether bolt can look at a payload without stumbling: it takes the first of ``actions`` for granted."""
    actions = body.get("actions", [{}])
    return isinstance(actions, list) and bool(actions) and all(isinstance(each, dict) for each in actions)


def command(body: Mapping[str, Any]) -> tuple[str, Inbound]:
    """Return a slash command and its key. Raises ``MalformedError``."""
    trigger = _name(body, "trigger_id")
    made = Inbound(
        COMMAND,
        _name(body, "user_id"),
        channel=_name(body, "channel_id"),
        name=_name(body, "command"),
        text=_text(body, "text", LONGEST_TEXT),
        trigger_id=trigger,
        response_url=_text(body, "response_url"),
    )
    return _key(COMMAND, trigger), made


def click(body: Mapping[str, Any]) -> tuple[str, Inbound]:
    """Return a pressed button and its key. Raises ``MalformedError``, also for several at once."""
    actions = body.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        raise MalformedError("actions")
    container, user = _part(body, "container"), _part(body, "user")
    trigger = _name(body, "trigger_id")
    made = Inbound(
        CLICK,
        _name(user, "id"),
        team=_name(user, "team_id"),
        channel=_text(container, "channel_id"),
        message_ts=_text(container, "message_ts"),
        ephemeral=container.get("is_ephemeral") is True,
        name=_name(actions[0], "action_id"),
        value=_text(actions[0], "value"),
        trigger_id=trigger,
        response_url=_text(body, "response_url"),
    )
    return _key(CLICK, trigger), made


def form(body: Mapping[str, Any]) -> tuple[str, Inbound]:
    """Return a submitted form and its key. Raises ``MalformedError``."""
    view, user = _part(body, "view"), _part(body, "user")
    values = _part(_part(view, "state"), "values")
    made = Inbound(
        FORM,
        _name(user, "id"),
        team=_name(user, "team_id"),
        name=_name(view, "callback_id"),
        value=_text(view, "private_metadata"),
        reason=_text(_part(_part(values, "reason"), "text"), "value"),
    )
    return _key(FORM, f"{_name(view, 'id')}:{_name(view, 'hash')}"), made


def shortcut(body: Mapping[str, Any]) -> tuple[str, Inbound]:
    """Return a chosen shortcut and its key. Raises ``MalformedError``."""
    user, trigger = _part(body, "user"), _name(body, "trigger_id")
    made = Inbound(
        SHORTCUT,
        _name(user, "id"),
        team=_name(user, "team_id"),
        channel=_text(_part(body, "channel"), "id"),
        name=_name(body, "callback_id"),
        trigger_id=trigger,
        response_url=_text(body, "response_url"),
    )
    return _key(SHORTCUT, trigger), made


def encoded(inbound: Inbound) -> bytes:
    """Return the row's payload."""
    return msgspec.json.encode(inbound)


def decoded(payload: bytes) -> Inbound:
    """Read a row's payload. Raises ``MalformedError``."""
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedError("the row's payload") from None


def _key(kind: str, unique: str) -> str:
    if len(unique) > LONGEST_KEY or not unique.isascii() or not unique.isprintable():
        unique = hashlib.sha256(unique.encode(errors="surrogatepass")).hexdigest()
    return f"{kind}:{unique}"


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _name(body: Mapping[str, Any], name: str) -> str:
    found = _text(body, name)
    if not found:
        raise MalformedError(name)
    return found


def _text(body: Mapping[str, Any], name: str, longest: int = LONGEST_NAME) -> str:
    found = body.get(name)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > longest or any("\ud800" <= c <= "\udfff" for c in found):
        raise MalformedError(name)
    return found


_decoder = msgspec.json.Decoder(Inbound)
