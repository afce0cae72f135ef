"""A moment held still: one request to the cluster waits until the test lets it go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.sandbox.kubernetes.faults import Match, Slow
from tests.journeys.stage import PATIENCE, Stage


class Gate:
    """`reached` is set when the request stands before it."""

    def __init__(self) -> None:
        self.reached, self._open = asyncio.Event(), asyncio.Event()

    def open(self) -> None:
        """Let the request go on."""
        self._open.set()

    async def wait(self, _seconds: float) -> None:
        """Stand in for the double's sleep."""
        self.reached.set()
        await self._open.wait()


@asynccontextmanager
async def held(bot: Stage, verb: str, resource: str) -> AsyncIterator[Gate]:
    """Hold the next true write of this verb before the cluster sees it; the block begins armed and ends open."""
    gate, cluster = Gate(), bot.scene.cluster
    ordinary, cluster._server._sleep = cluster._server._sleep, gate.wait
    cluster.faults.arm(Slow(1), Match(verb=verb, resource=resource, dry_run=False))
    try:
        yield gate
    finally:
        gate.open()
        cluster._server._sleep = ordinary


async def reached(gate: Gate) -> None:
    """Wait until the request stands before the gate."""
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
