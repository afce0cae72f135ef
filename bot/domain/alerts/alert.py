"""
One alert, whoever sent it.

All text in it is from outside and hostile: it is cut and on one line, with hidden characters spelt out, and whoever
shows it escapes it. It suggests; it never asks for anything.
"""

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.alerts.subjects import Subject, SubjectKind

SCHEMA: Final = 1
MOST_LABELS: Final = 64
MOST_LINKS: Final = 8


class Severity(StrEnum):
    """How bad, as the sender sees it, in our words."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """Whether it is still so."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Link(msgspec.Struct, frozen=True):
    """A page of the sender's, ``https`` or ``http``. ``title`` says which, in our words."""

    title: str
    url: str


class Alert(msgspec.Struct, frozen=True):
    """
    One alert.

    ``source`` is the name of the intake in our settings (it is proved), ``kind`` the sender's format (``alertmanager``).
    ``rule`` is what fired, ``fingerprint`` the sender's identity of it, ``group`` the sender's own grouping if any.
    ``subjects`` have names that could be names; what could not be one is told in ``unread``, for people. ``labels`` are
    the sender's, sorted by key. ``started`` and ``ended`` are UTC. ``said`` is when this was said: as its sender tells it,
    otherwise when it was received; ``None`` until then. ``left_out``: so many more alerts its post should have held.
    """

    source: str
    kind: str
    rule: str
    severity: Severity
    status: Status
    started: datetime
    fingerprint: str
    title: str
    summary: str = ""
    ended: datetime | None = None
    group: str = ""
    subjects: tuple[Subject, ...] = ()
    unread: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    said: datetime | None = None
    left_out: int = 0
    schema: int = SCHEMA

    @property
    def firing(self) -> bool:
        """Whether it is still so, as far as the sender has said."""
        return self.status is Status.FIRING

    @property
    def id(self) -> str:
        """The name of this occurrence, the same while firing and once resolved: by source, fingerprint and start."""
        start = self.started.astimezone(UTC).isoformat()
        return "a-" + digest(self.source, self.kind, self.fingerprint, start)[:20]

    @property
    def key(self) -> str:
        """What is told once: this occurrence in this status."""
        return f"{self.id}:{self.status.value}"

    def label(self, name: str) -> str:
        """Return one of the sender's labels; empty where there is none."""
        return next((value for key, value in self.labels if key == name), "")

    def of(self, kind: SubjectKind) -> tuple[Subject, ...]:
        """Return the subjects of one kind, in the sender's order."""
        return tuple(each for each in self.subjects if each.kind is kind)


def digest(*texts: str) -> str:
    """Return the SHA-256 of several texts, each with its length before it, so that none runs into the next."""
    told = hashlib.sha256()
    for text in texts:
        raw = text.encode(errors="replace")
        told.update(len(raw).to_bytes(8, "big") + raw)
    return told.hexdigest()
