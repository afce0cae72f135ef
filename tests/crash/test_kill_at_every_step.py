"""
SIGKILL right before and right after every commit and every call that changes the outside, in both journeys.

A few journeys are walked unharmed to learn what they pass. Then several towns walk side by side, each killed once in
each phase of each journey, until the bot was killed at everything that was passed.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.crash.boundaries import SELDOM, Chart, Make, Plan, Point, Toll, charted, every, one_of_each_kind
from tests.crash.invariants import log_signed
from tests.crash.journeys import block, quarantine
from tests.crash.programs import Nursery
from tests.crash.town import town
from tests.postgres import NewDatabase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TOWNS = 4
FEWEST = 30  # kinds of boundaries: fewer, and the switch is not wired up
EXHAUSTIVE = "TESTS_EVERY_STEP"  # 1: kill at everything on PostgreSQL as well, which takes minutes


@pytest.mark.parametrize("make", [quarantine, block])
async def test_wherever_it_is_killed_nothing_is_lost_or_done_twice(
    tmp_path: Path, bots: Nursery, new_database: NewDatabase, make: Make
) -> None:
    toll, databases = Toll(), [new_database() for _ in range(TOWNS)]
    async with town(tmp_path / "town-0", bots, database=databases[0]) as place:
        await place.settle_in()
        chart = await charted(place, make, toll)
        plan = Plan(_points(chart, databases[0]))
        async with asyncio.TaskGroup() as group:
            group.create_task(plan.work(place, make, toll))
            for number, database in enumerate(databases[1:], 1):
                group.create_task(_beside(tmp_path / f"town-{number}", bots, database, plan, make, toll))
        await place.end()
        await log_signed(place)

    _tell(make, toll)
    assert [point for point in toll.missed if not point.varies] == []
    kinds = {point.where for point in every(chart) if not any(each in point.where for each in SELDOM)}
    assert kinds <= {where.partition(": ")[2] for where in toll.where}
    assert len(kinds) >= FEWEST


async def _beside(folder: Path, bots: Nursery, database: str, plan: Plan, make: Make, toll: Toll) -> None:
    async with town(folder, bots, database=database) as place:
        await place.settle_in()
        await plan.work(place, make, toll)
        await place.end()
        await log_signed(place)


def _points(chart: Chart, database: str) -> list[Point]:
    """Each boundary on SQLite; on PostgreSQL, whose engine is the same, each kind once, at random."""
    if not database or os.environ.get(EXHAUSTIVE) == "1":
        return every(chart)
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"\nseed {seed}")
    return one_of_each_kind(chart, random.Random(seed))


def _tell(make: Make, toll: Toll) -> None:
    print(f"\n{make.__name__}: {toll}")
    for where, count in sorted(toll.where.items()):
        print(f"  {count:4} {where}")
    print(f"  not met: {toll.missed}")
