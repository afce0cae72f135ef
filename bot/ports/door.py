"""The front door: what came in, and what must be said. Each call is a transaction of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from bot.domain.people import Principal
from bot.ports.state import Note


class InboxRow(msgspec.Struct, frozen=True):
    """What came in, as it came. ``attempts`` counts how often it was taken; ``done`` once a use case finished it."""

    key: str
    kind: str
    payload: bytes
    received_at: datetime
    attempts: int = 0
    done: bool = False


class Doorway(Protocol):
    """What came in, surviving the process. Each call is a transaction of its own."""

    async def accept(self, key: str, kind: str, payload: bytes) -> bool:
        """Keep it; return False when the key is known already. All that happens before an ``ack``."""

    async def accept_all(self, rows: Sequence[tuple[str, str, bytes]]) -> tuple[bool, ...]:
        """
        Keep several (key, kind, payload) or none; return for each what ``accept`` would.

        Alerts that were finished ``posts.AGAIN`` ago are new again.
        """

    async def take(
        self, owner: str, lease: timedelta, limit: int, *, alerts: bool = False
    ) -> tuple[InboxRow, ...]:
        """
        Return rows that are not finished, oldest first; nobody else is given them before the lease ends.

        ``alerts`` are taken apart from all else: a storm of them does not hold up a person. Their sources take turns, the
        oldest of each first, so that none holds up another; of one that sends much fewer than ``limit`` are taken at once.
        """

    async def get(self, key: str) -> InboxRow | None:
        """Return one row, finished or not."""


class OutboxRow(msgspec.Struct, frozen=True):
    """A note that is being said. ``attempts`` counts from 1 and fences: only its newest taker may close the row."""

    id: int
    note: Note
    owner: str
    attempts: int
    created_at: datetime


class Sending(Protocol):
    """The sender's side of the outbox. Each call is a transaction of its own."""

    async def take(self, owner: str, lease: timedelta) -> OutboxRow | None:
        """
        Return the note that is due for longest, a board only where nothing else is due.

        One that waits holds back the later ones of its topic.
        """

    async def done(self, row: OutboxRow) -> bool:
        """It was said; return False when the lease was over and another sender has it."""

    async def later(self, row: OutboxRow, at: datetime) -> bool:
        """Have it said again at ``at``; return False when another sender has it."""

    async def crowd(self) -> int:
        """Count the groups of alerts that waited for their first card and were put back."""

    async def note(self, number: int) -> Note | None:
        """Return a note by its row's number, said or not; ``None`` once it is forgotten."""


class Painted(msgspec.Struct, frozen=True):
    """Where a request's card is, and the hash of what it shows."""

    channel: str
    ts: str
    hash: str = ""


class Homes(Protocol):
    """Who opened their Home, and the seal of what it shows. Each call is a transaction of its own."""

    async def put(self, person: Principal, at: datetime | None, seal: str) -> None:
        """Remember what a Home shows, and when it was opened, if it was."""

    async def recent(self, since: datetime, most: int) -> Sequence[tuple[Principal, str]]:
        """Return who opened theirs since then, the latest first, and what each shows."""


class Cards(Protocol):
    """Where the cards are. Each call is a transaction of its own."""

    async def get(self, request_id: str) -> Painted | None:
        """Return where a request's card is, if it was posted."""

    async def put(self, request_id: str, painted: Painted) -> None:
        """Insert or save."""
