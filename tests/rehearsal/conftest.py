"""Runs of the command line as a person starts it: another program, in another folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-W", "error::ResourceWarning", "-m", "bot")
LONGEST = 100  # seconds until a run is given up


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def surroundings(temporary: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing asks for colour, and temporary folders can be counted."""
    asking = ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "CLICOLOR_FORCE")
    kept = {name: value for name, value in os.environ.items() if name not in asking}
    root = str(Path(__file__).parents[2])
    return kept | {"TMPDIR": str(temporary), "PYTHONPATH": root, "PYTHONUTF8": "1", "BROWSER": "true"} | more


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def firebreak(tmp_path: Path, temporary: Path) -> Run:
    def run(*words: str, **more: str) -> Ran:
        done = subprocess.run(
            [*COMMAND, *words],
            cwd=tmp_path,
            env=surroundings(temporary, **more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LONGEST,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
