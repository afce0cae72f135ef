"""Rows of requests, parts, votes, lanes and contributions, within one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from bot.domain.lanes import Contribution, Lane
from bot.domain.requests import PartRow, Request, Vote


class Requests(Protocol):
    """Rows of requests."""

    async def add(self, request: Request, parts: Sequence[PartRow]) -> bool:
        """Insert; return False when the id is taken."""

    async def get(self, request_id: str, *, lock: bool = False) -> Request | None:
        """Return one request; ``lock`` holds its row until the transaction ends."""

    async def put(self, request: Request) -> None:
        """Save."""

    async def due(self, limit: int) -> tuple[str, ...]:
        """Return ids whose ``due_at`` has come, oldest first."""

    async def recent(self, *, open_only: bool, limit: int) -> tuple[Request, ...]:
        """Return requests, newest first; ``open_only`` leaves out those whose parts are all final."""


class Parts(Protocol):
    """Rows of parts."""

    async def of(self, request_id: str) -> tuple[PartRow, ...]:
        """Return a request's parts in order. Lock the request first: it guards them."""

    async def in_lane(self, lane: str) -> tuple[PartRow, ...]:
        """Return the lane's parts whose state asks for work, oldest first; their ``due_at`` may lie ahead."""

    async def page(self, prefix: str, after: str, limit: int) -> tuple[PartRow, ...]:
        """Return applied parts of lanes that begin with ``prefix``, by id, from beyond ``after``."""

    async def put(self, row: PartRow) -> None:
        """Save."""


class Votes(Protocol):
    """Rows of votes, one for each person and digest."""

    async def add(self, vote: Vote) -> bool:
        """Insert; return False when this person has already voted on this digest."""

    async def of(self, request_id: str, digest: str) -> tuple[Vote, ...]:
        """Return the votes on one digest, in order."""


class Lanes(Protocol):
    """Rows of lanes."""

    async def wake(self, key: str, at: datetime) -> None:
        """Have the lane worked at ``at`` or earlier; a new one is made."""

    async def claim(self, owner: str, lease: timedelta) -> Lane | None:
        """
        Take one lane that is due and free: lease set, fence raised. ``None`` when there is none.

        A lane whose row is of a newer version is passed over.
        """

    async def hold(self, lane: Lane) -> Lane:
        """
        Lock the claimed lane's row for this transaction and return it as stored.

        Raises ``FencedError`` when somebody else has claimed it since.
        """

    async def put(self, lane: Lane) -> None:
        """Save a lane that this transaction holds."""

    async def get(self, key: str) -> Lane | None:
        """Read a lane, without any claim to it."""


class Contributions(Protocol):
    """Rows of entries in shared things."""

    async def in_lane(self, lane: str) -> tuple[Contribution, ...]:
        """Return all contributions of a lane that are wanted or not yet settled out."""

    async def put(self, contribution: Contribution) -> None:
        """Insert or save."""

    async def drop(self, contribution_id: str) -> None:
        """Remove one that is settled out."""


class Tally(msgspec.Struct, frozen=True):
    """How many parts of one place are approved, on their way or active."""

    cluster: str
    namespace: str
    parts: int


class Sums(msgspec.Struct, frozen=True):
    """Rows that came in and are not finished, notes that are not said yet, and records in the audit log."""

    inbox: int
    outbox: int
    records: int


class Counts(Protocol):
    """What is counted by the database, so that ten thousand rows cost nothing here."""

    async def tally(self) -> tuple[Tally, ...]:
        """Count the parts that take room under the policy's caps, by cluster and namespace."""

    async def asked_since(self, requester: str, since: datetime) -> int:
        """Count the requests of one person (``team:user``) since then."""

    async def states(self) -> dict[str, int]:
        """Count all parts by state, for the metrics."""

    async def sums(self) -> Sums:
        """Count what waits to be worked, and the audit log, for the metrics."""

    async def lanes(self, prefix: str) -> tuple[str, ...]:
        """Return the keys of the lanes that begin with ``prefix``."""
