"""What is kept of a post: its alerts until they are worked, or its head where it did not fit, for a person to see."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.domain.alerts.alert import SCHEMA, Alert, digest
from bot.domain.alerts.texts import line

KIND: Final = "alert:"
"""What the inbox calls such a row, with the source behind it: sources are taken by turns."""

AGAIN: Final = timedelta(minutes=1)
"""So long after it was worked the same post is known and nothing comes of it; later it is worked again."""

HEAD: Final = 1000
"""So many characters are kept of what did not fit."""


class Post(msgspec.Struct, frozen=True):
    """The alerts of one post."""

    alerts: tuple[Alert, ...]
    schema: int = SCHEMA


class Misfit(msgspec.Struct, frozen=True):
    """A post that did not fit: where, why, and how it began. All of it is hostile text on one line."""

    source: str
    path: str
    why: str
    head: str
    at: datetime


def key_of(alerts: Iterable[Alert]) -> str:
    """
    Return the key of a post: the same for the same alerts in whatever order, and another once any of them says more.

    It spares work, for ``AGAIN``. That an alert is counted once is not its part: that is ``occurrence``, by what is known.
    """
    return "alert:" + digest(*sorted({msgspec.json.encode(each).decode() for each in alerts}))


def kind_of(source: str) -> str:
    """Return what the inbox calls a post of this source."""
    return f"{KIND}{source}"


def is_kind(kind: str) -> bool:
    """Whether the inbox calls a post of alerts so."""
    return kind.startswith(KIND)


def received(post: Post, at: datetime) -> tuple[Alert, ...]:
    """Return the alerts of a post that was received then: nothing was said later than that."""
    return tuple(replace(each, said=min(each.said or at, at)) for each in post.alerts)


def head_of(body: bytes) -> str:
    """Return how a body begins, for people."""
    return line(body[: 4 * HEAD].decode(errors="replace"), HEAD)
