"""Start a program that can't outlive the test run, however that ends: also by Ctrl-C, a timeout or SIGKILL.

The program gets a small parent of its own (this file, run as a script) that holds one end of a pipe. The kernel
closes the other end when the test run is gone, and the small parent then kills its whole process group.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def leashed(
    command: Sequence[str | Path], log: Path, *, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program, its output appended to `log`, until the block ends; then kill it and all that it started.

    What is yielded stands for the program: its `poll()` tells whether it still runs.
    """
    with log.open("ab") as output:
        parent = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=env,
        )
    with parent:
        try:
            yield parent
        finally:
            assert parent.stdin is not None
            parent.stdin.close()
            parent.wait()


def _leave_with(child: subprocess.Popen[bytes]) -> None:
    os._exit(child.wait() & 0xFF)


def _hold(command: Sequence[str]) -> None:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_leave_with, args=(child,), daemon=True).start()
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    _hold(sys.argv[1:])
