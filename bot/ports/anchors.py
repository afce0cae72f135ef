"""Places outside the database that keep signed checkpoints, so that an older database can be told from the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class Anchor(Protocol):
    """One place. What it gives back is believed only for its signature."""

    @property
    def place(self) -> str:
        """What people call it, like ``file`` or ``slack:C0AUDIT``: the same after each start."""

    async def keep(self, size: int, note: str) -> str:
        """
        Keep a signed checkpoint for good; keeping one of the same size again is harmless. Return where it is.

        Raises ``OutsideError`` when it could not be kept, or nobody can say.
        """

    async def newest(self) -> str:
        """
        Return the newest checkpoint kept, unverified, or nothing where none is.

        Raises ``OutsideError`` when the place cannot be asked.
        """


class Anchored(msgspec.Struct, frozen=True):
    """
    One checkpoint of so many records kept at a place.

    ``accepted``: an operator let a shorter log go on beside it, as this record of the log says; ``seal`` is the signed
    note of that, without which it does not count.
    """

    place: str
    size: int
    hash: str
    where: str
    at: datetime
    accepted: int | None = None
    seal: str = ""


class Anchorage(Protocol):
    """Rows of what is anchored where."""

    async def put(self, anchored: Anchored) -> None:
        """Insert or replace the row of this place and size."""

    async def newest(self, place: str) -> Anchored | None:
        """Return the newest row of a place."""

    async def all(self) -> Sequence[Anchored]:
        """Return the newest row of each place."""

    async def accepted(self, note_hash: str) -> Anchored | None:
        """Return the row under which an operator accepted that the log is shorter than a checkpoint of this hash."""
