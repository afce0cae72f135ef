"""
How long a newcomer waits: from ``git clone`` to the page, the alert's card and the first request's, and from Ctrl-C on.

``python -m tests.browser.first_card`` clones what is committed here into a fresh folder, runs ``make demo`` at a terminal of
its own, presses the tour's first button in Chromium, and at last Ctrl-C. What pip has in its cache is not asked for again:
the number is that of a second clone, unless ``PIP_NO_CACHE_DIR=1`` is set.
"""

import asyncio
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.browser.chromium import launched, visiting
from tests.browser.touring import WHOLE

HERE: Final = Path(__file__).parents[2]
ADDRESS: Final = re.compile(r"six\s+steps:\s+(http://127\.0\.0\.1:\d+/)")
INK: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CTRL_C: Final = b"\x03"
LONGEST: Final = 900.0
"""Seconds until it is given up: an installation over a slow line is part of it."""

ENDING: Final = 30.0
CARD: Final = "[data-action-id=ir_approve]"


class Terminal:
    """What runs at a terminal of its own, and what it has written there."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid, self._descriptor = pid, descriptor
        self._written, self._over = "", False
        self._more = asyncio.Event()

    def listen(self) -> None:
        """Read whatever comes, so that nobody waits to be read."""
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            got = os.read(self._descriptor, 65536)
        except OSError:  # how a terminal says that nobody is at its other end
            got = b""
        if not got:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._over = True
        self._written += got.decode(errors="replace")
        self._more.set()

    async def shows(self, wanted: re.Pattern[str]) -> str:
        """Wait until it has written this; return the first group. Raises SystemExit where it ends without."""
        while not (found := wanted.search(INK.sub("", self._written))):
            if self._over:
                raise SystemExit(f"it ended before:\n{self._written[-2000:]}")
            self._more.clear()
            await self._more.wait()
        return found[1]

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal sends SIGINT to all that runs in its foreground."""
        os.write(self._descriptor, CTRL_C)

    async def ended(self) -> int:
        """Wait for its end; return its exit code, negative for a signal."""
        _, status = await asyncio.to_thread(os.waitpid, self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def left(self) -> list[int]:
        """Return the processes of this terminal that still run."""
        return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _session(each) == self.pid]


def _session(process: Path) -> int:
    """Return the session of a process, 0 if it is gone (proc_pid_stat(5), field 6)."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def main() -> int:
    """Measure and print; return 1 if something was left running. An argument names another repository to clone."""
    with TemporaryDirectory(prefix="firebreak-first-card-") as folder:
        began = time.monotonic()
        checkout = Path(folder, "firebreak")
        subprocess.run(["git", "clone", "--quiet", *(sys.argv[1:] or [str(HERE)]), str(checkout)], check=True)

        def since() -> float:
            return time.monotonic() - began

        print(f"cloned           {since():6.1f} s", flush=True)
        pid, descriptor = pty.fork()
        if pid == 0:
            _become_make(checkout)
        return asyncio.run(_visit(Terminal(pid, descriptor), since))


def _become_make(checkout: Path) -> None:
    os.chdir(checkout)
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(name, None)
    os.execvp("make", ["make", "demo"])


async def _visit(terminal: Terminal, since: Callable[[], float]) -> int:
    terminal.listen()
    try:
        async with asyncio.timeout(LONGEST), launched() as browser, visiting(browser) as page:
            await page.goto(await terminal.shows(ADDRESS))
            await page.wait_for_selector("#do-step[data-step='0']")
            print(f"page             {since():6.1f} s", flush=True)
            await page.wait_for_selector(WHOLE)
            print(f"alert's card     {since():6.1f} s", flush=True)
            await page.click("#do-step")
            await page.wait_for_selector(CARD)
            print(f"first card       {since():6.1f} s", flush=True)
        pressed = since()
        terminal.interrupt()
        async with asyncio.timeout(ENDING):
            code = await terminal.ended()
        print(
            f"ended by Ctrl-C  {since() - pressed:6.1f} s later, exit code {code}; left: {terminal.left() or 'nothing'}"
        )
    finally:
        for each in terminal.left():
            os.kill(each, signal.SIGKILL)
    return int(bool(terminal.left()))


if __name__ == "__main__":
    sys.exit(main())
