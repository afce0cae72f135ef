"""Durable state: transactions in which a change, its record and what is said of it stand together."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import msgspec

from bot.domain.audit.disclosure import Disclosure
from bot.domain.audit.record import Draft
from bot.ports.alerts import Alerts
from bot.ports.anchors import Anchorage
from bot.ports.rows import (
    Captures,
    Contributions,
    Counts,
    FrozenAccounts,
    Handovers,
    Incidents,
    Lanes,
    Parts,
    Requests,
    SelfTests,
    Votes,
)
from bot.ports.suggestions import Suggestions


class Note(msgspec.Struct, frozen=True):
    """
    Something to say, as a row. ``topic`` orders: notes of one topic are said one after the other.

    ``kind`` is ``card`` (repaint the request's card), ``whisper`` (privately to whoever sent the inbox row
    ``answer_to``), ``notice`` (in the thread of the request's card), ``call`` (the same, mentioning those who
    may approve) or ``warning`` (a notice whose delivery is told to the engine). ``text`` is plain text;
    whoever shows it escapes it. A whisper shows beside its text the card of ``request_id``, or that of the
    unstored request that ``document`` holds as JSON. A ``direct`` note goes to the person ``to`` (``team:user``) by
    direct message; its ``document``, if any, is a ``letters.Letter`` that is painted in its place. An ``alarm`` is a
    message of its own in the channel of the request. ``mention`` names whom a ``call`` or an ``alarm`` mentions:
    groups of the policy, and people as ``team:user``; empty for a ``call`` means those who may approve. A ``board`` is the
    card of a group of alerts: its ``document`` is the group's id, its topic ``alert:`` and that id.
    """

    topic: str
    kind: str
    request_id: str = ""
    text: str = ""
    answer_to: str = ""
    document: str = ""
    to: str = ""
    mention: tuple[str, ...] = ()


class Outbox(Protocol):
    """What must be said, surviving the process."""

    async def put(self, note: Note) -> None:
        """Queue; a card that is queued already is not queued twice."""

    async def paced(self, note: Note, at: datetime) -> datetime:
        """
        Queue a ``board``, to be said at ``at`` or later, and return when.

        One of its topic that waits already, and that no sender has taken, stays as it is and is not joined by another.
        """


class Inbox(Protocol):
    """Rows of what came in."""

    async def finish(self, key: str) -> bool:
        """Mark as done in this transaction; return False when it was done before."""


class Log(Protocol):
    """The audit log. Append is the last thing in a transaction: its head row is locked last."""

    async def append(
        self, draft: Draft, disclosures: Sequence[Disclosure] = (), blobs: Sequence[bytes] = ()
    ) -> int:
        """
        Append one record with the time taken under the head's lock; return its sequence number.

        ``blobs`` are kept by their SHA-256, which the draft names. Raises ``AuditError``: then nothing of this
        transaction may stand.
        """


class Transaction(Protocol):
    """
    One transaction: all of it stands or none. ``now`` is the database's clock on PostgreSQL.

    Lock order: request, part, lane, audit head.
    """

    @property
    def now(self) -> datetime:
        """The time of this transaction, UTC."""

    @property
    def requests(self) -> Requests:
        """Rows of requests."""

    @property
    def parts(self) -> Parts:
        """Rows of parts."""

    @property
    def votes(self) -> Votes:
        """Rows of votes."""

    @property
    def frozen(self) -> FrozenAccounts:
        """Rows of accounts that may do nothing."""

    @property
    def handovers(self) -> Handovers:
        """Rows of offers to hand over."""

    @property
    def incidents(self) -> Incidents:
        """Rows of incidents."""

    @property
    def lanes(self) -> Lanes:
        """Rows of lanes."""

    @property
    def contributions(self) -> Contributions:
        """Rows of contributions."""

    @property
    def inbox(self) -> Inbox:
        """Rows of what came in."""

    @property
    def outbox(self) -> Outbox:
        """Rows of what must be said."""

    @property
    def log(self) -> Log:
        """The audit log."""

    @property
    def captures(self) -> Captures:
        """Rows of evidence captures."""

    @property
    def self_tests(self) -> SelfTests:
        """Rows of self-tests."""

    @property
    def anchors(self) -> Anchorage:
        """Rows of what is anchored where."""

    @property
    def alerts(self) -> Alerts:
        """Rows of alerts and of their groups."""

    @property
    def suggestions(self) -> Suggestions:
        """Rows of suggestions, of what was seen of groups of alerts, and of muted rules."""

    @property
    def counts(self) -> Counts:
        """What is only counted."""


class Store(Protocol):
    """Durable state."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; leaving the block commits, an exception undoes all of it."""

    async def wait(self, seconds: float) -> None:
        """Return when something may be due, or after ``seconds`` at the latest."""

    def woke(self) -> None:
        """Tell local workers that something may be due. The poll is the truth; this saves its second."""
