"""What is kept of a post: its alerts until they are worked, or its head where it did not fit, for a person to see."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.alerts.alert import SCHEMA, Alert, digest
from bot.domain.alerts.texts import line

KIND: Final = "alert"
"""What the inbox calls such a row."""

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
    """Return the key of a post, the same for the same alerts in whatever order: what is sent again is known by it."""
    return "alert:" + digest(*sorted({each.key for each in alerts}))


def head_of(body: bytes) -> str:
    """Return how a body begins, for people."""
    return line(body[: 4 * HEAD].decode(errors="replace"), HEAD)
