"""The tests' side of the programs: order a bot, learn of its end, signal it by a handle that is never reused."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
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

    async def ended(self, seconds: float = 20.0) -> None:
        """Wait for its end."""
        async with asyncio.timeout(seconds):
            while not self.dead:
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """End it as kill -9 does."""
        self.send(signal.SIGKILL)
        await self.ended()


class Nursery:
    """Makes bots out of one process that has imported everything."""

    def __init__(self, mother: asyncio.subprocess.Process) -> None:
        self._mother = mother
        self._turn = asyncio.Lock()
        self.born: list[Program] = []

    async def bear(self, order: Mapping[str, Any]) -> Program:
        """Start a bot; see ``tests.crash.bot`` for what an order holds."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        async with self._turn:
            self._mother.stdin.write(json.dumps(order).encode() + b"\n")
            pid = int(await asyncio.wait_for(self._mother.stdout.readline(), 60))
            program = Program(pid, os.pidfd_open(pid))
        self.born.append(program)
        return program


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Start the process that bears the bots; at the end of the block all of them are gone."""
    mother = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.bot", str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        limit=1 << 20,
    )
    bots = Nursery(mother)
    try:
        yield bots
    finally:
        for program in bots.born:
            await program.kill()
            os.close(program.handle)
        mother.kill()
        await mother.wait()
        if mother.stdin is not None:
            mother.stdin.close()
