"""Runs a printed command in a real POSIX shell, with a program of that name that only writes down its call."""

import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

RECORDER = """{program}() {{
  {{ for word in "$@"; do printf '%s\\0' "$word"; done; printf '\\1\\0'; {stdin} printf '\\2\\0'; }} >> "$CALLS"
  printf '%s' "$SAYS"
}}
"""


class Call(NamedTuple):
    """One call: its words, and what it was fed."""

    words: tuple[str, ...]
    stdin: str


def ran(command: str, program: str, says: str = "") -> tuple[Call, ...]:
    """
    Return the calls of ``program`` that a command makes, in order; each of them prints ``says``.

    The shell has no other program in reach, so anything else that a command starts fails the test.
    """
    feeds = 'while IFS= read -r line; do printf "%s\\n" "$line"; done;' if "<<" in command else ""
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder, "calls")
        script = RECORDER.format(program=program, stdin=feeds) + command
        environment = {"PATH": folder, "CALLS": str(calls), "SAYS": says, "HOME": folder}
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", script], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return tuple(_call(text) for text in calls.read_text().split("\2\0")[:-1])


def _call(text: str) -> Call:
    words, stdin = text.split("\1\0")
    return Call(tuple(words.split("\0")[:-1]), stdin)
