"""Evidence: who reads it outside, and where it is kept."""

from collections.abc import AsyncIterator
from typing import Protocol

import msgspec

from bot.domain.evidence import Want


class Reading(Protocol):
    """A stream of original bytes. ``cut`` says, once it has ended, what was left out; empty for nothing."""

    @property
    def cut(self) -> str:
        """What was left out, in words."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come. Raises ``OutsideError``; what came before is true."""


class Witness(Protocol):
    """Reads what is to be captured, as it stands outside, without holding it in memory."""

    def read(self, want: Want, most: int) -> Reading:
        """Return a stream of at most ``most`` bytes; nothing is asked before it is iterated."""


class Kept(msgspec.Struct, frozen=True):
    """What a vault keeps: SHA-256 in hex and length of the original bytes, and the id of the key it is under."""

    sha256: str
    size: int
    key_id: str


class Vault(Protocol):
    """
    Keeps original bytes, encrypted. A place is a path of ours like ``FB-7K3Q.0/1/03``, used once.

    Every method raises ``VaultError``, or the error of whatever lies below.
    """

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> Kept:
        """Keep a stream as it comes; what it raises is raised, and nothing usable stands at the place."""

    def get(self, place: str) -> AsyncIterator[bytes]:
        """Yield the original bytes. Raises ``VaultError`` where they are not those that were put."""

    async def drop(self, prefix: str) -> None:
        """Remove all places below a path, for good; what is not there is gone already."""


class Shelf(Protocol):
    """Where a vault puts its cipher text. The same calls, of bytes that say nothing."""

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> None:
        """Keep a stream at a place that was never used."""

    def get(self, place: str) -> AsyncIterator[bytes]:
        """Yield what is kept. Raises ``VaultError`` where nothing is."""

    async def drop(self, prefix: str) -> None:
        """Remove all below a path."""
