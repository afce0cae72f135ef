"""
Ten thousand alerts, and again: one group, a memory that stays as it is, and commands that are acknowledged meanwhile.

What an acknowledgement takes in a storm is held against what it takes while another program takes the same posts, keeps
one row for each, and computes as long for them as the bot does: the machine is as busy, and the bot has nothing to do.
"""

import asyncio
import os
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from bot.sandbox.scene import ALICE, CHANNEL
from tests.alerts.senders import TOKEN, bearer
from tests.crash.alerts import groups, taking_alerts
from tests.crash.programs import Nursery
from tests.crash.town import Town, town
from tests.journeys.test_alert_storm import IN_EACH, PODS, POSTS, storm

TURNS: Final = 3
FLAT: Final = 8_000_000  # bytes that another ten thousand alerts may add
UNHARMED: Final = 3.0  # times; both are medians on a machine that is busy to the brim
PAUSE: Final = 0.02  # seconds between two commands
CLOCK: Final = os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Return the bytes of a program that are in memory (proc(5), statm)."""
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def computed(pid: int) -> float:
    """Return the seconds that a program has had of the processors (proc(5), stat)."""
    told = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / CLOCK


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_alerts_are_one_group_and_harm_neither_memory_nor_acknowledgements(
    tmp_path: Path, bots: Nursery
) -> None:
    async with town(tmp_path / "town", bots) as place:
        place.settings = taking_alerts(place.settings)
        await place.settle_in()
        assert place.bot is not None
        port, pid = (place.folder / "port").read_text("utf-8"), place.bot.pid
        await _flood(port, 0)
        await _worked(place)
        sizes, storms, bares = [resident(pid)], list[float](), list[float]()
        for turn in range(1, TURNS + 1):
            began = computed(pid)
            storms.append(await _acknowledged(place, port, turn))
            await _worked(place)
            sizes.append(resident(pid))
            async with _burning(tmp_path / f"{turn}.db", (computed(pid) - began) / POSTS) as other:
                bares.append(await _acknowledged(place, other, turn))
        (group,) = await groups(place)

    assert group.total == (TURNS + 1) * POSTS * IN_EACH
    assert len(group.named) == PODS
    assert sizes[1] - sizes[0] < FLAT, sizes
    assert statistics.median(storms) <= UNHARMED * statistics.median(bares), (storms, bares)


async def _flood(port: str, number: int) -> None:
    """Send ten thousand alerts that nobody sent before."""
    gate = asyncio.Semaphore(16)
    address = f"http://127.0.0.1:{port}/alerts/alertmanager"

    async def one(web: aiohttp.ClientSession, each: int) -> None:
        async with gate, web.post(address, data=storm(each), headers=bearer(TOKEN)) as got:
            assert got.status == 200

    async with aiohttp.ClientSession() as web, asyncio.TaskGroup() as sending:
        for each in range(number * POSTS, (number + 1) * POSTS):
            sending.create_task(one(web, each))


async def _acknowledged(place: Town, port: str, number: int) -> float:
    """Return what the acknowledgement of a command takes while a flood goes to a port: the median, in seconds."""
    flood = asyncio.create_task(_flood(port, number))
    took: list[float] = []
    while not flood.done():
        began = time.perf_counter()
        answer = await place.scene.workspace.slash(ALICE, CHANNEL, "/ir list")
        took.append(time.perf_counter() - began)
        assert answer.acked
        await asyncio.sleep(PAUSE)
    await flood
    return statistics.median(took)


async def _worked(place: Town) -> None:
    await place.until(place.records.heard, "all that was sent is worked")


@asynccontextmanager
async def _burning(file: Path, seconds: float) -> AsyncIterator[str]:
    """Run the other program, which takes so many seconds for a post; yield its port."""
    command = (sys.executable, "-m", "tests.alerts.burning", str(file), str(seconds))
    program = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        assert program.stdout is not None
        yield (await program.stdout.readline()).decode().strip()
    finally:
        program.kill()
        await program.wait()
