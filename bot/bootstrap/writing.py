"""A file that is there whole or not at all, and never in the place of another."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bot.bootstrap.believing import UsageError
from bot.bootstrap.plainly import ReaderGoneError

ELSEWHERE = ": name a file in a folder where this user may write"


@contextmanager
def whole_file(path: Path | None) -> Iterator[BinaryIO]:
    """
    Open a file for writing, readable by its owner only; standard output for ``None``.

    It takes its name when all of it is on disk. Raises `UsageError` where something of that name is there, or it
    cannot be written.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    _refuse_existing(path)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # O_EXCL, mode 0600
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}{ELSEWHERE}") from error
    draft = Path(name)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a Path cannot be opened by descriptor
            yield file
            with _told():
                file.flush()
                os.fsync(descriptor)
        _name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_lines(file: BinaryIO, lines: Iterable[bytes]) -> None:
    """
    Write all lines.

    Raises `UsageError` where the file cannot take them, `ReaderGoneError` where nobody reads on; what fails in
    making the lines is left as it is.
    """
    for line in lines:
        with _told():
            file.write(line)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise UsageError(f"cannot write the export: {error.strerror}{ELSEWHERE}") from error


def _name(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)  # unlike a rename it never replaces what came in between
    except FileExistsError:
        _refuse_existing(path)
        raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}{ELSEWHERE}") from error


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise UsageError(f"{path} is there already: choose another name, nothing is overwritten")
