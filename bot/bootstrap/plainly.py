"""Text from outside made fit for a terminal, and what is said there."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

CUT = 400  # characters of one value


class ReaderGoneError(Exception):
    """Whoever reads our output has read enough. Not an ``OSError``: nothing outside of us failed."""


@contextmanager
def plain_output(gone: int) -> Iterator[None]:
    """
    Never fail over a character that the terminal lacks, nor when whoever reads has read enough.

    ``gone`` is the exit code of the latter.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
        sys.stdout.flush()
    except (ReaderGoneError, BrokenPipeError):
        # Or the interpreter would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(gone) from None


def say(line: str) -> None:
    """Write a line of the result to standard output; raises `ReaderGoneError`."""
    try:
        sys.stdout.write(line + "\n")
    except BrokenPipeError as error:
        raise ReaderGoneError from error


def remark(line: str) -> None:
    """Write a line about the result to standard error, where no program takes it for a part of it."""
    sys.stderr.write(line + "\n")


def printable(text: str) -> str:
    """
    Return one line in which nothing can move the cursor, hide, or turn the reading direction.

    Control characters, bidirectional marks, other invisible ones and line ends become escapes, so a backslash is
    doubled to tell them apart.
    """
    return _escaped(text.replace("\\", "\\\\"))


def visible(text: str) -> str:
    """
    Return one line in which nothing can hide, as `printable` does, with every backslash as it is: to be copied.

    For text of files that their reader wrote, where nobody gains by what looks like an escape.
    """
    return _escaped(text)


def field(name: str, value: str) -> str:
    """Return ``name=value``, quoted where it could be taken for more than one; nothing for an empty value."""
    if not value:
        return ""
    told = printable(value if len(value) <= CUT else value[:CUT] + "\u2026")
    plain = not any(mark in told for mark in ' "=')
    return f"{name}={told}" if plain else f'{name}="{told.replace(chr(34), chr(92) + chr(34))}"'


def json_line(value: Any) -> str:
    """Return a value as JSON on one line, fit for a terminal."""
    return _escaped(msgspec.json.encode(value).decode())


def _escaped(text: str) -> str:
    # `isprintable` is false for the Unicode categories Other and Separator, the space apart.
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
