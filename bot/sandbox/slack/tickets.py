"""What an interaction hands to the app for a short time: a trigger_id and a response_url.

docs.slack.dev/interactivity/handling-user-interaction: a trigger lives 3 s and opens one view; a response_url takes
5 posts within 30 minutes.
"""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.slack.errors import ApiError

TRIGGER_SECONDS = 3.0
URL_SECONDS = 30 * 60.0
URL_POSTS = 5


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an interaction came from: who, in which channel, at which message (none for a slash command)."""

    user: str
    channel: str
    message_ts: str = ""


@dataclass(slots=True)
class _Trigger:
    user: str
    until: float
    view: str
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """One response_url and what is left of it."""

    path: str
    origin: Origin
    until: float
    left: int = URL_POSTS
    posted: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Tickets:
    """Issues and redeems both kinds, on the emulator's clock."""

    seconds: Callable[[], float]
    _triggers: dict[str, _Trigger] = field(default_factory=dict)
    _urls: dict[str, ResponseUrl] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def trigger(self, user: str, view: str = "") -> str:
        """Issue a trigger_id; `view` is the view from which it came, which views.push puts the next one upon."""
        made = f"{next(self._ids)}.{next(self._ids)}.{secrets.token_hex(8)}"
        self._triggers[made] = _Trigger(user, self.seconds() + TRIGGER_SECONDS, view)
        return made

    def exchange(self, trigger_id: str) -> tuple[str, str]:
        """Use a trigger up; answers (user, view). Raises `ApiError` as views.open does."""
        found = self._triggers.get(trigger_id)
        if found is None:
            raise ApiError("invalid_trigger_id")
        if found.used:
            raise ApiError("exchanged_trigger_id")
        if self.seconds() >= found.until:
            raise ApiError("expired_trigger_id")
        found.used = True
        return found.user, found.view

    def response_url(self, kind: str, origin: Origin) -> ResponseUrl:
        """Issue a response_url; its `path` is relative to the server."""
        path = f"/{kind}/{next(self._ids)}/{secrets.token_hex(12)}"
        self._urls[path] = ResponseUrl(path, origin, self.seconds() + URL_SECONDS)
        return self._urls[path]

    def spend(self, path: str) -> ResponseUrl:
        """Use one post of a response_url. Raises `ApiError` when there is none left."""
        found = self._urls.get(path)
        if found is None or self.seconds() >= found.until:
            raise ApiError("expired_url")
        if found.left == 0:
            raise ApiError("used_url")
        found.left -= 1
        return found
