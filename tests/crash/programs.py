"""The tests' side of the programs: order a bot, learn of its end, signal it by a handle that is never reused."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Program:
    """One running bot. ``handle`` is a pidfd: readable once it has ended."""

    pid: int
    handle: int

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        try:
            signal.pidfd_send_signal(self.handle, 0)
        except ProcessLookupError:
            return True
        return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to one that has ended, nothing."""
        if not self.dead:
            signal.pidfd_send_signal(self.handle, number)

    async def ended(self, seconds: float = 60.0) -> None:
        """Wait for its end."""
        async with asyncio.timeout(seconds):
            while not self.dead:
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End it as kill -9 does."""
        self.send(signal.SIGKILL)
        await self.ended()


class Nursery:
    """Makes bots out of ``mother``, a process that has imported everything."""

    def __init__(self, mother: Popen[bytes]) -> None:
        self._mother = mother
        self._turn = asyncio.Lock()
        self.migrating = asyncio.Lock()
        self.born: list[Program] = []

    async def bear(self, order: Mapping[str, Any]) -> Program:
        """Start a bot; see ``tests.crash.bot`` for what an order holds."""
        async with self._turn:
            pid = await asyncio.to_thread(self._ask, json.dumps(order).encode() + b"\n")
            program = Program(pid, os.pidfd_open(pid))
        self.born.append(program)
        return program

    def _ask(self, line: bytes) -> int:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(line)
        self._mother.stdin.flush()
        return int(self._mother.stdout.readline())

    async def close(self) -> None:
        """End all bots that were born here."""
        for program in self.born:
            await program.kill()
            os.close(program.handle)


@contextmanager
def mothering() -> Iterator[Popen[bytes]]:
    """Start the process that bears the bots; it ends with the block, and all bots with it."""
    command = [sys.executable, "-m", "tests.crash.bot", str(os.getpid())]
    with Popen(command, stdin=PIPE, stdout=PIPE, cwd=ROOT) as mother:
        try:
            yield mother
        finally:
            mother.kill()
