r"""
Streams encrypted in frames, so that neither writing nor reading holds a content in memory.

    content = "FBEV1\n", key id (8 bytes), salt (32 bytes), frames
    frame   = length of its cipher text (4 bytes, big-endian), cipher text with its 16 bytes of tag

Each content has a key of its own: HKDF-SHA256 (RFC 5869) of the master key with a random salt and the place as its
info, so that no nonce can ever meet another under one key. A frame's nonce is 7 zero bytes, its number in 4 bytes,
and 1 in the last frame, else 0 (STREAM, Hoang, Reyhanitabar, Rogaway and Vizar 2015): what is cut, swapped,
repeated or moved to another place does not open. AES-256-GCM by NIST SP 800-38D.
"""

import hashlib
import os
import struct
from collections.abc import AsyncIterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.adapters.vault.key import EvidenceKey
from bot.domain.errors import VaultError
from bot.ports import Kept, Shelf

MAGIC: Final = b"FBEV1\n"
FRAME: Final = 64 * 1024  # bytes of the original in one frame
_SALT, _ID, _TAG, _LENGTH = 32, 8, 16, 4
_HEADER: Final = len(MAGIC) + _ID + _SALT
_MOST_FRAMES: Final = 2**32 - 1


class SealedVault:
    """``ports.Vault`` over a shelf."""

    def __init__(self, shelf: Shelf, key: EvidenceKey) -> None:
        self._shelf, self._key = shelf, key

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> Kept:
        """Keep a stream as it comes. The hash is over the original bytes."""
        tally = _Tally()
        await self._shelf.put(place, self._sealed(place, tally.counted(chunks)))
        return Kept(tally.hash.hexdigest(), tally.size, self._key.id)

    async def get(self, place: str) -> AsyncIterator[bytes]:
        """Yield the original bytes. Raises ``VaultError`` for another key, and for bytes that were tampered with."""
        incoming = _Incoming(self._shelf.get(place))
        box, header = self._opened(place, await incoming.take(_HEADER))
        number, ended = 0, False
        while not ended:
            (length,) = struct.unpack(">I", await incoming.take(_LENGTH))
            if not _TAG <= length <= FRAME + _TAG:
                raise _tampered(place)
            cipher = await incoming.take(length)
            ended = await incoming.over()
            try:
                yield box.decrypt(_nonce(number, last=ended), cipher, header)
            except InvalidTag:
                raise _tampered(place) from None
            number += 1

    async def drop(self, prefix: str) -> None:
        """Remove all places below a path, for good."""
        await self._shelf.drop(prefix)

    async def _sealed(self, place: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        header = MAGIC + bytes.fromhex(self._key.id) + os.urandom(_SALT)
        box = AESGCM(_derived(self._key, place, header[-_SALT:]))
        yield header
        held, number = bytearray(), 0
        async for chunk in chunks:
            held += chunk
            while len(held) > FRAME:  # one byte at least is left for the last frame
                yield _frame(box, header, number, bytes(held[:FRAME]))
                del held[:FRAME]
                number += 1
        yield _frame(box, header, number, bytes(held), last=True)

    def _opened(self, place: str, header: bytes) -> tuple[AESGCM, bytes]:
        if not header.startswith(MAGIC):
            raise _tampered(place)
        named = header[len(MAGIC) : len(MAGIC) + _ID].hex()
        if named != self._key.id:
            raise VaultError(
                f"{place} is under the key {named}, and the one in force is {self._key.id}: restore that key"
            )
        return AESGCM(_derived(self._key, place, header[-_SALT:])), header


class _Tally:
    def __init__(self) -> None:
        self.hash, self.size = hashlib.sha256(), 0

    async def counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self.hash.update(chunk)
            self.size += len(chunk)
            yield chunk


class _Incoming:
    """A stream of pieces, read by length."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces, self._held = pieces, bytearray()

    async def take(self, length: int) -> bytes:
        while len(self._held) < length and await self._more():
            pass
        if len(self._held) < length:
            raise VaultError("the end of a captured content is gone: it was cut or tampered with")
        taken = bytes(self._held[:length])
        del self._held[:length]
        return taken

    async def over(self) -> bool:
        while not self._held:
            if not await self._more():
                return True
        return False

    async def _more(self) -> bool:
        piece = await anext(self._pieces, None)
        if piece is not None:
            self._held += piece
        return piece is not None


def _frame(box: AESGCM, header: bytes, number: int, piece: bytes, *, last: bool = False) -> bytes:
    if number > _MOST_FRAMES:
        raise VaultError("a captured content is too long")
    cipher = box.encrypt(_nonce(number, last=last), piece, header)
    return struct.pack(">I", len(cipher)) + cipher


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(7) + struct.pack(">I?", number, last)


def _derived(key: EvidenceKey, place: str, salt: bytes) -> bytes:
    info = b"firebreak evidence v1\0" + place.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key.raw)


def _tampered(place: str) -> VaultError:
    return VaultError(f"{place} is not what was kept: it was damaged or tampered with")
