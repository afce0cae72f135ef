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
MOST_BLOCKS: Final = 50  # of a form
MOST_CHOSEN: Final = 100  # in one of its fields

COMMAND: Final = "command"
CLICK: Final = "click"
FORM: Final = "form"
SHORTCUT: Final = "shortcut"
HOME: Final = "home"
SLIP: Final = "slip"


class Inbound(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    One thing that a person did.

    ``team`` is the acting person's own (``user.team_id``), never the host's, and empty where the payload does
    not say it: slash commands. ``value`` is a button's or a form's, ``reason`` what was filled in. A message
    shortcut has the message's words in ``text``. ``view`` and ``hash`` name the form that was submitted or pressed
    in, ``carried`` what it carries beside a button, ``filled`` what stands in it: block id and values.
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
    place: str = ""
    view: str = ""
    hash: str = ""
    carried: str = ""
    filled: tuple[tuple[str, tuple[str, ...]], ...] = ()

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
    container, user, view = _part(body, "container"), _part(body, "user"), _part(body, "view")
    trigger = _name(body, "trigger_id")
    made = Inbound(
        CLICK,
        _name(user, "id"),
        team=_name(user, "team_id"),
        channel=_text(container, "channel_id"),
        message_ts=_text(container, "message_ts"),
        ephemeral=container.get("is_ephemeral") is True,
        name=_name(actions[0], "action_id"),
        value=_text(actions[0], "value") or _text(_part(actions[0], "selected_option"), "value"),
        trigger_id=trigger,
        response_url=_text(body, "response_url"),
        place=_text(view, "type"),
        view=_text(view, "id"),
        hash=_text(view, "hash"),
        carried=_text(view, "private_metadata"),
        filled=_filled(view),
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
        view=_name(view, "id"),
        hash=_name(view, "hash"),
        filled=_filled(view),
    )
    return _key(FORM, f"{made.view}:{made.hash}"), made


def slip(body: Mapping[str, Any], inbound: Inbound) -> tuple[str, Inbound]:
    """
    Return a form that is sent back to its person, as a row that is only recorded, and its key.

    The form stays as it is, with its hash, so the key of what is at last sent right must be another one.
    """
    typed = msgspec.json.encode(inbound.filled)
    unique = _text(body, "trigger_id") or f"{inbound.view}:{inbound.hash}:{hashlib.sha256(typed).hexdigest()}"
    return _key(SLIP, unique), msgspec.structs.replace(inbound, kind=SLIP, filled=(), reason="")


def shortcut(body: Mapping[str, Any]) -> tuple[str, Inbound]:
    """Return a chosen shortcut and its key. Raises ``MalformedError``."""
    user, trigger = _part(body, "user"), _name(body, "trigger_id")
    made = Inbound(
        SHORTCUT,
        _name(user, "id"),
        team=_name(user, "team_id"),
        channel=_text(_part(body, "channel"), "id"),
        text=_quoted(_part(body, "message").get("text")),
        name=_name(body, "callback_id"),
        trigger_id=trigger,
        response_url=_text(body, "response_url"),
    )
    return _key(SHORTCUT, trigger), made


def opened(body: Mapping[str, Any]) -> tuple[str, Inbound] | None:
    """Return who opened the Home, and the event's key; ``None`` for any other event. Raises ``MalformedError``."""
    event = _part(body, "event")
    if event.get("type") != "app_home_opened" or event.get("tab", "home") != "home":
        return None
    return _key(HOME, _name(body, "event_id")), Inbound(HOME, _name(event, "user"))


def searcher(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return who types into a search box (user, team) and what. Raises ``MalformedError``."""
    user = _part(body, "user")
    return _name(user, "id"), _text(user, "team_id"), _text(body, "value", LONGEST_TEXT)


def encoded(inbound: Inbound) -> bytes:
    """Return the row's payload."""
    return msgspec.json.encode(inbound)


def decoded(payload: bytes) -> Inbound:
    """Read a row's payload. Raises ``MalformedError``."""
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedError("the row's payload") from None


def _filled(view: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Choose what stands in a form, whatever its fields are: one element in each block, text or options."""
    values = _part(_part(view, "state"), "values")
    if len(values) > MOST_BLOCKS:
        raise MalformedError("state")
    return tuple((block[:LONGEST_KEY], _values(_first(values, block))) for block in values)


def _first(values: Mapping[str, Any], block: str) -> Mapping[str, Any]:
    found = next(iter(_part(values, block).values()), None)
    return found if isinstance(found, dict) else {}


def _values(element: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = element.get("selected_options")
    if not isinstance(chosen, list):
        chosen = [element.get("selected_option")]
    options = [option for option in chosen if isinstance(option, dict)]
    if len(options) > MOST_CHOSEN:
        raise MalformedError("selected_options")
    found = [_text(element, "value"), *(_text(option, "value") for option in options)]
    return tuple(value for value in found if value)


def _quoted(text: object) -> str:
    """Return the words of somebody's message: cut, and never a reason to refuse what was chosen about it."""
    kept = text[:LONGEST_TEXT] if isinstance(text, str) else ""
    return "".join(c for c in kept if not "\ud800" <= c <= "\udfff")


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
