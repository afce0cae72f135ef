"""Checkpoints in a file that only grows: one JSON line each, on disk before it counts. Keep it on another disk."""

import asyncio
import errno
import os
from pathlib import Path
from typing import Final

import msgspec

from bot.domain.errors import DeniedError

TAIL: Final = 256 * 1024  # bytes read from the end: hundreds of checkpoints


class Line(msgspec.Struct, frozen=True):
    """One checkpoint: how many records, and the signed note."""

    size: int
    note: str


class FileAnchor:
    """``ports.Anchor`` over a file, made readable for its owner only. A torn last line is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def place(self) -> str:
        """``file``: there is one."""
        return "file"

    async def keep(self, size: int, note: str) -> str:
        """Append a line and bring it to disk. Raises ``DeniedError`` where the system does not let us."""
        return await asyncio.to_thread(self._append, Line(size, note))

    async def newest(self) -> str:
        """Return the note of the last whole line. Raises ``DeniedError`` for a file that cannot be read."""
        return await asyncio.to_thread(self._last)

    def _append(self, line: Line) -> str:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # A line of its own even behind one that a full disk or a crash has torn.
                whole = b"\n" * self._torn() + msgspec.json.encode(line) + b"\n"
                if os.write(descriptor, whole) != len(whole):
                    raise OSError(errno.ENOSPC, "only a part of the line could be written")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._told(error) from error
        return str(self._path.name)

    def _torn(self) -> bool:
        end = self._tail(1)
        return bool(end) and end != b"\n"

    def _last(self) -> str:
        try:
            lines = self._tail(TAIL).split(b"\n")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._told(error) from error
        for raw in reversed(lines):
            try:
                return _line.decode(raw).note
            except msgspec.DecodeError:
                continue
        return ""

    def _tail(self, most: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - most))
            return file.read(most)

    def _told(self, error: OSError) -> DeniedError:
        return DeniedError("file", f"{self._path.name}: {error.strerror or type(error).__name__}")


_line = msgspec.json.Decoder(Line)
