"""Many requests at once, while the bot is killed again and again at moments that nobody chose."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.domain.requests import Request
from tests.crash.invariants import Before, afterwards, intended, log_intact, log_signed, repeated
from tests.crash.journeys import Journey, block, quarantine
from tests.crash.programs import Nursery
from tests.crash.town import Town, town
from tests.postgres import NewDatabase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
KILLS = 10  # until then new requests are made
SHORTEST, LONGEST = (
    1.0,
    6.0,
)  # a bot's life, in the time that one took to start: it does its work in a like time


async def _keep_killing(place: Town, seed: int) -> None:
    choose, loop = random.Random(seed), asyncio.get_running_loop()
    start = 0.0
    while place.deaths < KILLS:
        await asyncio.sleep(start * choose.uniform(SHORTEST, LONGEST))
        began = loop.time()
        assert place.bot is not None
        await place.bot.kill()
        await place.revive()
        start = loop.time() - began


async def _keep_asking(
    place: Town, make: Callable[[Town, str, str], Journey], targets: Iterator[tuple[str, str]]
) -> list[tuple[Journey, Request]]:
    """One person after another: each journey of a lane of this test is over before the next begins."""
    done: list[tuple[Journey, Request]] = []
    while not done or place.deaths < KILLS:
        name, target = next(targets)
        journey = make(place, name, target)
        request = await journey.ask()
        await journey.approve()
        await journey.undo()
        done.append((journey, request))
    return done


def _pods(place: Town, pod: str) -> Iterator[tuple[str, str]]:
    number = 0
    while number := number + 1:
        yield f"pod {pod} round {number}", pod


def _addresses(lane: int) -> Iterator[tuple[str, str]]:
    number = 0
    while number := number + 1:
        yield f"address {lane} round {number}", f"203.0.113.{10 + 20 * lane + number % 20}"


async def test_killed_at_random_it_finishes_everything_that_was_asked(
    tmp_path: Path, bots: Nursery, new_database: NewDatabase
) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"\nseed {seed}")
    async with town(tmp_path / "town", bots, database=new_database()) as place:
        await place.settle_in()
        before = Before.of(place)
        place.watched = lambda: _while_dead(place, before)
        incident = place.scene.incident
        killing = asyncio.create_task(_keep_killing(place, seed))
        lanes = [
            _keep_asking(place, quarantine, _pods(place, p)) for p in (incident.pod, *incident.siblings[:1])
        ]
        lanes += [_keep_asking(place, block, _addresses(n)) for n in range(4)]
        done = [pair for lane in await asyncio.gather(*lanes) for pair in lane]
        await killing
        await done[0][0].rest()
        await afterwards(place, done, before)
        await place.end()
        finding = await log_signed(place)
        print(f"{len(done)} journeys, {place.deaths} kills, {repeated(place, before)}, {finding}")

    assert place.deaths >= KILLS


async def _while_dead(place: Town, before: Before) -> None:
    await intended(place, before)
    await log_intact(place)
