"""
A folder as a shelf: one file for each content, ours alone, there whole or not at all.

A folder may be a mount that hangs. So everything here is done in threads of its own: never in the loop, and never in
those threads in which a containment is planned.
"""

import asyncio
import os
import re
import shutil
import stat
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

from bot.domain.errors import VaultError

PIECE: Final = 256 * 1024  # bytes
_THREADS: Final = ThreadPoolExecutor(4, "evidence-folder")
_STEP: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class FolderShelf:
    """``ports.Shelf`` over a folder of mode 0700 that only this program uses."""

    def __init__(self, root: Path) -> None:
        """Make the folder, or refuse one that others can look into. Raises ``VaultError``."""
        self._root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = stat.S_IMODE(root.stat().st_mode)
        except OSError as error:
            raise VaultError(f"cannot use the folder {root}: {error.strerror}") from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise VaultError(f"{root} is open to others (mode {mode:04o}): run chmod 700")

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> None:
        """Write beside, flush to disk, and give it its name. Raises ``VaultError``."""
        path = self._path(place)
        draft = path.with_name(f".{path.name}.part")
        try:
            await _aside(path.parent.mkdir, 0o700, parents=True, exist_ok=True)
            await _written(draft, chunks)
            await _aside(_named, draft, path)
        except OSError as error:
            raise VaultError(f"cannot write the evidence {place}: {error.strerror}") from error
        finally:
            await _aside(draft.unlink, missing_ok=True)

    async def get(self, place: str) -> AsyncIterator[bytes]:
        """Yield what is kept. Raises ``VaultError``."""
        try:
            file = await _aside(_opened, self._path(place), os.O_RDONLY, "rb")
        except FileNotFoundError:
            raise VaultError(f"nothing is kept at {place}") from None
        except OSError as error:
            raise VaultError(f"cannot read the evidence {place}: {error.strerror}") from error
        try:
            while piece := await _aside(file.read, PIECE):
                yield piece
        finally:
            await _aside(file.close)

    async def drop(self, prefix: str) -> None:
        """Remove all below a path. Raises ``VaultError``."""
        try:
            await _aside(shutil.rmtree, self._path(prefix))
        except FileNotFoundError:
            return
        except OSError as error:
            raise VaultError(f"cannot erase the evidence {prefix}: {error.strerror}") from error

    def _path(self, place: str) -> Path:
        steps = place.split("/")
        if not all(_STEP.fullmatch(step) for step in steps):
            raise VaultError("a place in the folder is named oddly: refused")
        return self._root.joinpath(*steps)


async def _aside(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, partial(call, *given, **named))


async def _written(draft: Path, chunks: AsyncIterator[bytes]) -> None:
    file = await _aside(_opened, draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "wb")
    try:
        async for chunk in chunks:
            await _aside(file.write, chunk)
        await _aside(_synced, file)
    finally:
        await _aside(file.close)


def _opened(path: Path, flags: int, mode: str) -> IO[bytes]:
    """A file object and no descriptor: its close waits for a call that was given up and still runs."""
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    return cast("IO[bytes]", open(descriptor, mode))  # noqa: PTH123 - a Path cannot be opened by descriptor


def _synced(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _named(draft: Path, path: Path) -> None:
    path.hardlink_to(draft)  # unlike a rename it never replaces what was kept before
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
