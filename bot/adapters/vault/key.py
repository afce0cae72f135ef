"""
The key of the evidence as a file: 32 random bytes as base64, readable by its owner and by nobody else.

One process with its own disk may make it at first start; replicas are given one. Who loses it has lost the evidence.
"""

import base64
import binascii
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from bot.domain.errors import VaultError

SIZE: Final = 32  # bytes: AES-256
_LARGEST: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MOUNTED: Final = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


class EvidenceKey:
    """The master key; never shown, never pickled. ``id`` names it: the beginning of its SHA-256."""

    __slots__ = ("_raw", "id")

    def __init__(self, raw: bytes) -> None:
        """Raise ``VaultError`` for anything but 32 bytes."""
        if len(raw) != SIZE:
            raise VaultError(f"the evidence key must be {SIZE} bytes as base64, and this one is not")
        self._raw = raw
        self.id = hashlib.sha256(b"firebreak evidence key\0" + raw).hexdigest()[:16]

    @property
    def raw(self) -> bytes:
        """The bytes, for deriving keys."""
        return self._raw

    def __repr__(self) -> str:
        """Return the id only."""
        return f"EvidenceKey({self.id})"

    def __reduce__(self) -> str:
        """Refuse: a pickle would carry the key."""
        raise TypeError("an evidence key is not copied or pickled")


def parsed(text: str) -> EvidenceKey:
    """Return the key that a text holds as base64. Raises ``VaultError``, which never quotes it."""
    try:
        return EvidenceKey(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise VaultError(f"the evidence key is no base64: give {SIZE} random bytes as base64") from None


def load(path: Path, *, mounted: bool = False) -> EvidenceKey:
    """
    Return the key in a file; raises ``FileNotFoundError`` or ``VaultError``.

    ``mounted`` allows the group to read, as a Secret volume needs it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise VaultError(f"cannot read {path}: {error.strerror}; give this user the file") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise VaultError(f"{path} is no key file: point evidence.key_file at the key itself")
        if found.st_mode & (_MOUNTED if mounted else _OTHERS):
            raise VaultError(
                f"{path} is open to others (mode {stat.S_IMODE(found.st_mode):04o}): run chmod 600"
            )
        return parsed(os.read(descriptor, _LARGEST).decode("ascii", "replace"))
    finally:
        os.close(descriptor)


def load_or_create(path: Path) -> EvidenceKey:
    """Return the key in the file, made now if there is none; two first starts get the same. Raises ``VaultError``."""
    try:
        return load(path)
    except FileNotFoundError:
        _create(path)
    return load(path)


def _create(path: Path) -> None:
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # O_EXCL, mode 0600
        draft = Path(name)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a Path cannot be opened by descriptor
                file.write(base64.b64encode(os.urandom(SIZE)) + b"\n")
                file.flush()
                os.fsync(descriptor)
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another start was first: its key is the key
        finally:
            draft.unlink()
    except OSError as error:
        raise VaultError(f"cannot make the evidence key {path}: {error.strerror}") from error
