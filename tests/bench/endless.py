"""A relay that never ends: what is held of it while it tells many times as much, and how soon a command is acknowledged meanwhile."""

import asyncio
import resource
from datetime import timedelta
from pathlib import Path

import msgspec

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.flows.hubble import Hubble, Relay
from bot.adapters.store import migrate
from bot.bootstrap.house import Laboratory, house
from bot.bootstrap.serving import keep_quick
from bot.bootstrap.staging import settings_for
from bot.domain.flows.merging import merge
from bot.domain.flows.summing import summary
from bot.domain.flows.taken import Truncated
from bot.sandbox.scene import scene
from tests.bench.beside import beside
from tests.bench.figures import Figure, figure, median, p99
from tests.bench.flows import ASKED, relay
from tests.bench.front import acks
from tests.bench.stream import START

DIFFERENT = 5_000
LIMIT = 2_000
SHORT = 4.0
"""Seconds in which the limit is reached."""
TIMES = 5
TURNS = 3


async def hold(folder: Path, short: float = SHORT, turns: int = TURNS) -> list[Figure]:
    """Compare the peak of memory after a short stretch of such a stream with that after one that is longer by far."""
    async with relay(DIFFERENT, "endless") as port:
        hubble = Hubble(Relay("prod", f"127.0.0.1:{port}"), lambda: START + timedelta(hours=1))
        await _whole(hubble, short)
        first = _peak()
        await _whole(hubble, short * TIMES)
        name = f"peak memory after {TIMES} times as long an endless stream, MB"
        held = figure(name, _peak(), first, 1.1)
        return [held, await _ack(folder, port, hubble, turns)]


async def _ack(folder: Path, port: int, hubble: Hubble, turns: int) -> Figure:
    """In turns, as ``front.ack``: while we are idle another program takes the stream."""
    home = folder / "endless"
    home.mkdir()
    idle: list[float] = []
    busy: list[float] = []
    async with scene(home) as staged:
        settings = settings_for(staged, home)
        await migrate(settings.database)
        lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
        async with house(settings, lab) as built:
            await built.desk.installation.learn()
            keep_quick()
            await acks(built, "warm")
            for turn in range(turns):
                async with beside("listener", str(port)):
                    idle.append(p99(await acks(built, f"quiet{turn}")))
                asking = asyncio.create_task(_again(hubble))
                busy.append(p99(await acks(built, f"endless{turn}")))
                asking.cancel()
                (ended,) = await asyncio.gather(asking, return_exceptions=True)
                assert isinstance(ended, asyncio.CancelledError), ended
    return figure("ack during an endless stream of flows, p99 ms", median(busy), median(idle), 1.5)


async def _again(hubble: Hubble) -> None:
    while True:
        await _whole(hubble, 2.0)


async def _whole(hubble: Hubble, within: float) -> None:
    taken = await hubble.ask(msgspec.structs.replace(ASKED, limit=LIMIT), within)
    assert any(isinstance(loss, Truncated) for loss in taken.losses), "more was told than is held"
    found = await asyncio.to_thread(lambda: summary(merge([taken]), ASKED))
    assert found.peers


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
