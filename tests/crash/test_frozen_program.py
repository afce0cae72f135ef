"""
Two programs on PostgreSQL: one freezes past its lease while it holds a lane, the other finishes the whole journey.

What the frozen one does when it thaws must change nothing: its fence is gone, and its call is over time.
"""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.domain.audit.record import Record
from bot.domain.requests import Request
from tests.crash.boundaries import Make
from tests.crash.invariants import Before, contained, finished, intended, log_signed, undone
from tests.crash.journeys import Journey, block, quarantine
from tests.crash.programs import Nursery, Program
from tests.crash.town import POLL, Town, town
from tests.postgres import NewDatabase

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(600)]
LEASE, CALL = 5.0, 2.0  # seconds


class Freeze(NamedTuple):
    """At which boundary of which journey: the n-th of this name."""

    make: Make
    point: int
    where: str


FREEZES = (
    Freeze(quarantine, 1, "before apply"),  # nothing is written yet
    Freeze(quarantine, 2, "before apply"),  # the policy stands, the label is about to be set
    Freeze(quarantine, 2, "after apply"),  # both stand, and are not recorded
    Freeze(quarantine, 1, "before chat.update"),  # the card is about to be painted as it was
    Freeze(block, 1, "before start"),
    Freeze(block, 1, "after start"),
)


async def _frozen(place: Town) -> None:
    """Wait until the first program has stopped itself."""

    async def told() -> bool:
        return bool(place.told)

    await place.until(told, "it freezes")


async def _second(place: Town) -> Program:
    """Start another program beside the frozen one, whose connection Slack gives up, as it does without pongs."""
    stale = list(place.scene.workspace.sockets.connections)
    frozen = place.bot
    assert frozen is not None
    place.disarm()
    await place.start()
    for connection in stale:
        await place.scene.workspace.sockets.drop(connection)
    return frozen


async def _come_to_life(place: Town, thawed: Program, make: Make, name: str) -> None:
    """The thawed program does a whole journey alone: what it was frozen in is behind it then."""
    second = place.bot
    assert second is not None
    thawed.send(signal.SIGCONT)
    sockets = place.scene.workspace.sockets
    known = set(map(id, sockets.connections))

    async def reconnected() -> bool:
        return any(id(each) not in known for each in sockets.connections)

    await place.until(reconnected, "the thawed program connects again")
    second.send(signal.SIGTERM)
    await second.ended()
    place.bot = thawed
    before = Before.of(place)
    again = make(place, name)
    await undone(again, await again.walk(), before)


@pytest.mark.parametrize("make", [quarantine, block])
async def test_a_program_that_was_frozen_past_its_lease_changes_nothing_when_it_thaws(
    tmp_path: Path, bots: Nursery, postgres_url: NewDatabase, make: Make
) -> None:
    async with asyncio.TaskGroup() as group:
        for number, freeze in enumerate(each for each in FREEZES if each.make is make):
            folder = tmp_path / f"town-{number}"
            group.create_task(_freeze_and_thaw(folder, bots, postgres_url(), freeze))


async def _freeze_and_thaw(folder: Path, bots: Nursery, database: str, freeze: Freeze) -> None:
    async with town(folder, bots, database=database, lease=LEASE, call=CALL) as place:
        await place.settle_in()
        before, journey = Before.of(place), freeze.make(place, "frozen")
        place.arm("freeze", freeze.point, freeze.where, signal.SIGSTOP)
        request = await journey.ask()
        async with asyncio.TaskGroup() as approving:
            approving.create_task(journey.approve())
            await _frozen(place)
            frozen = await _second(place)
            await place.records.end_leases_of_talk()
        contained(journey, request)
        await journey.undo()
        await journey.rest()
        over = len(place.scene.cluster.journal.applied())
        rows, told = await place.records.parts(request.id), await _told(journey, request)
        await _come_to_life(place, frozen, freeze.make, "thawed")

        await _nothing_new(journey, request, before, over)
        assert await place.records.parts(request.id) == rows
        assert await _told(journey, request) == told
        await place.end()  # by then it has said whatever it was about to say
        await place.start()
        await journey.rest()
        await finished(journey, request)
        await place.end()
        await log_signed(place)


async def _told(journey: Journey, request: Request) -> list[Record]:
    return [record for record in await journey.town.records.log() if record.request == request.id]


async def _nothing_new(journey: Journey, request: Request, before: Before, over: int) -> None:
    place = journey.town
    await asyncio.sleep(POLL)
    mine = [e for e in place.scene.cluster.journal.applied()[over:] if request.id.lower() in str(e).lower()]
    assert mine == [], "the thawed program wrote after the rollback"
    wrote = len(place.scene.cluster.journal.applied()) - before.written
    assert wrote == (8 if request.action == "quarantine-pod" else 0), (
        "the two journeys, and nothing beside them"
    )
    assert len(before.put_since(place)) == (4 if request.action == "block-address" else 0)
    now = Before.of(place)
    assert replace(now, written=0, put=0) == replace(before, written=0, put=0)
    await intended(place, before)
