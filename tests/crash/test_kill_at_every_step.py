"""
SIGKILL right before and right after every commit and every call that changes the outside, in both journeys.

Several towns walk side by side, each its share of the boundaries, until a journey comes to its end unharmed.
"""

import asyncio
import random
from pathlib import Path

import pytest

from tests.crash.boundaries import Make, Toll, every, walk
from tests.crash.invariants import log_signed
from tests.crash.journeys import block, quarantine
from tests.crash.programs import Nursery
from tests.crash.town import SPEED, town
from tests.postgres import NewDatabase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TOWNS = 3
AT_ONCE = 1e6  # an operation of Azure is over at its first poll, in some of the towns: both ways are walked
FEWEST = 80  # boundaries of the shorter journey


async def _share(folder: Path, bots: Nursery, database: str, make: Make, points: range, toll: Toll) -> None:
    speed = AT_ONCE if points.start % 2 else SPEED
    async with town(folder, bots, database=database, speed=speed) as place:
        await place.settle_in()
        assert await walk(place, make, points, toll), "the journey has no end"
        await place.end()
        await log_signed(place)


@pytest.mark.parametrize("make", [quarantine, block])
async def test_wherever_it_is_killed_nothing_is_lost_or_done_twice(
    tmp_path: Path, bots: Nursery, new_database: NewDatabase, make: Make
) -> None:
    tolls = [Toll() for _ in range(TOWNS)]
    step, first = _sampled(new_database())
    async with asyncio.TaskGroup() as group:
        for place, toll in enumerate(tolls):
            points = every(step * TOWNS, first + step * place)
            folder = tmp_path / f"town-{place}"
            group.create_task(_share(folder, bots, new_database(), make, points, toll))

    whole = sum(tolls, start=Toll())
    print(f"\n{make.__name__}: {whole}")
    for where, count in sorted(whole.where.items()):
        print(f"  {count:4} {where}")
    assert whole.kills * step >= FEWEST


def _sampled(database: str) -> tuple[int, int]:
    """Each boundary on SQLite; on PostgreSQL, whose code is the same, every third from a random one on."""
    if not database:
        return 1, 1
    first = random.SystemRandom().randint(1, 3)
    print(f"\nevery third boundary from {first} on")
    return 3, first
