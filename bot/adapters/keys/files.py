"""
The signing key as a file: PKCS #8 in PEM, readable by its owner and by nobody else.

One process may make its own at first start; in a cluster the key is given (two replicas that each make one
would sign two logs), so there `load` is called and nothing is ever generated.
"""

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.domain.errors import FirebreakError

LARGEST: Final = 16_384  # bytes; an Ed25519 key in PEM has 119
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(FirebreakError):
    """The signing key cannot be used. The text says what to do; it never holds anything of the file."""


def load_or_create(path: Path, name: str) -> Ed25519Signer:
    """
    Return the signer in the file, made now if there is none.

    Safe against two first starts at once: the file is linked into place whole, and only one can be first.
    Raises `KeyFileError`.
    """
    try:
        return load(path, name)
    except FileNotFoundError:
        _create(path)
    return load(path, name)


def load(path: Path, name: str, *, mounted: bool = False) -> Ed25519Signer:
    """
    Return the signer in the file; raises ``FileNotFoundError`` or `KeyFileError`.

    ``mounted`` allows the group to read: a Secret volume belongs to root, and a pod that is not root reads
    it only through its ``fsGroup``, for which the kubelet adds that bit.
    """
    raw = _read(path, stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP if mounted else _OTHERS)
    try:
        private = load_pem_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: the library's text may quote what it read.
        raise KeyFileError(
            f"{path} holds no unencrypted PEM private key: restore it from its backup"
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds another kind of key: the audit log needs Ed25519")
    return Ed25519Signer(name, private)


def _read(path: Path, forbidden: int) -> bytes:
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hold the start
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}; give this user the file") from error
    try:
        # On the open file, not on the path: what is checked is what is read.
        _refuse_unsafe(path, os.fstat(descriptor), forbidden)
        return os.read(descriptor, LARGEST)
    finally:
        os.close(descriptor)


def _refuse_unsafe(path: Path, found: os.stat_result, forbidden: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path} is not a file: point the setting at the signing key itself")
    if found.st_mode & forbidden:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyFileError(
            f"{path} is open to others (mode {mode:04o}): run chmod 600, and consider a new key"
        )
    if found.st_size > LARGEST:
        raise KeyFileError(f"{path} has {found.st_size} bytes: that is no signing key")


def _create(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        draft = _write_beside(path, pem)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return  # another start was first: its key is the key
        finally:
            draft.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        remedy = "give this user the folder, on a local disk"
        raise KeyFileError(f"cannot make the signing key {path}: {error.strerror}; {remedy}") from error


def _write_beside(path: Path, pem: bytes) -> Path:
    # Linked into place when whole: a start that dies half-way leaves no half key behind.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # O_EXCL, mode 0600
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a Path cannot be opened by descriptor
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    return Path(name)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
