"""
Checkpoints in a Blob container, best one whose immutability policy is locked.

Then nobody, its owner included, can take them back before the policy's time (learn.microsoft.com/azure/storage/blobs/immutable-storage-overview).
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final

from bot.adapters.azure.blobs import BlobShelf
from bot.domain.errors import VaultError

PREFIX: Final = "checkpoints"
LATEST: Final = 10**17  # microseconds: names count down from here, so that the newest is listed first
LONGEST: Final = 16 * 1024  # bytes of a note


class BlobAnchor:
    """``ports.Anchor`` over a container. ``clock`` orders what was kept."""

    def __init__(self, shelf: BlobShelf, clock: Callable[[], datetime]) -> None:
        self._shelf, self._clock = shelf, clock

    @property
    def place(self) -> str:
        """``azure-blob``: there is one."""
        return "azure-blob"

    async def keep(self, size: int, note: str) -> str:
        """Write a new blob, never over another. Raises ``OutsideError``."""
        name = f"{PREFIX}/{LATEST - int(self._clock().timestamp() * 1_000_000):017d}-{size}"
        await self._shelf.put(name, _once(note.encode()))
        return name

    async def newest(self) -> str:
        """Return the note that was kept last. Raises ``OutsideError``."""
        name = await self._shelf.first(PREFIX)
        if not name:
            return ""
        held = bytearray()
        try:
            async for piece in self._shelf.get(name):
                held += piece[:LONGEST]
        except VaultError:
            return ""
        return held[:LONGEST].decode("utf-8", "replace")


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
