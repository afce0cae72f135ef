"""The log at rest, as whoever signs it reads it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.audit.check import Row, Words
from bot.domain.audit.merkle import CompactRange


class History(Protocol):
    """
    The audit log as it stands, and the checkpoints signed over it. Each call is a transaction of its own.

    The log only grows: what was read of it once stays true, so calls may follow one another without a snapshot.
    """

    async def tree(self) -> CompactRange:
        """Return the head. Raises ``AuditError`` where it is missing or damaged."""

    async def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf hashes of the records ``start`` to ``stop`` - 1 in order; fewer where some are missing."""

    async def bodies(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the bodies of the records ``start`` to ``stop`` - 1 in order."""

    async def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return the records ``start`` to ``stop`` - 1 in order, with their leaf hashes; nothing is checked."""

    async def words(self, start: int, stop: int) -> Sequence[Words]:
        """Return the disclosures of these records, in order of the records."""

    async def about(self, marks: Sequence[str], start: int, stop: int) -> Sequence[int]:
        """Return which of these records hold one of the marks anywhere: whoever asks looks closer."""

    async def blobs(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is kept under these SHA-256 in hex, unchecked; what is gone is left out."""

    async def notes(self) -> Sequence[str]:
        """Return all signed checkpoints, the smallest first, unverified."""

    async def newest(self) -> str | None:
        """Return the signed checkpoint of the largest size, unverified."""

    async def add(self, size: int, note: str) -> None:
        """Keep a signed checkpoint; of two of one size the first is kept."""
