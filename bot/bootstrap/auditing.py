"""
``firebreak audit``: verify, show, export.

Exit codes: 0 sound (or done), 1 a finding, or nothing that was proven, 2 it could not be looked at: a wrong
option, no such file, no database.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.bootstrap.exporting import export
from bot.bootstrap.plainly import ReaderGoneError
from bot.bootstrap.showing import show
from bot.bootstrap.verifying import verify

VERBS = {"verify": verify, "show": show, "export": export}


async def audit(given: argparse.Namespace) -> int:
    """Run one verb and return its exit code."""
    with _plain_output():
        return await VERBS[given.verb](given)


@contextmanager
def _plain_output() -> Iterator[None]:
    """Never fail over a character that the terminal lacks, nor when whoever reads has read enough."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
        sys.stdout.flush()
    except (ReaderGoneError, BrokenPipeError):
        # Or the interpreter would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
