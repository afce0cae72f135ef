"""
No audit, no action: a log that takes no record stops everything, and what was asked is done once it takes some again.

The full disk is a trigger that refuses what SQLite would refuse then, with its words.
"""

from pathlib import Path

import pytest

from bot.domain.audit.events import Event
from bot.domain.states import PartState
from bot.sandbox.scene import BOB, CHANNEL
from tests.crash.invariants import Before, log_intact, undone
from tests.crash.journeys import Journey, quarantine
from tests.crash.programs import Nursery
from tests.crash.town import Town, town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FULL = "database or disk is full"


async def _fill(place: Town, event: Event) -> None:
    """Let the log take no record of this kind."""
    await place.records.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON audit"
        f" WHEN json_extract(NEW.body, '$.event') = '{event}'"
        f" BEGIN SELECT RAISE(ABORT, '{FULL}'); END"
    )


async def _make_room(place: Town) -> None:
    """Let it take all again, and the time pass until a row that failed is tried once more."""
    await place.records.execute("DROP TRIGGER full_disk")
    assert place.bot is not None
    await place.bot.kill()
    await place.revive()


async def _failed(place: Town, seen: int, times: int) -> None:
    async def told() -> bool:
        return place.printed.count(FULL, seen) >= times

    await place.until(told, "the full disk is met")


async def _finish(journey: Journey, before: Before) -> None:
    await journey.approve()
    await journey.undo()
    await journey.rest()
    [request] = await journey.town.records.requests(journey.name)
    await undone(journey, request, before)


async def _stopped(place: Town, tag: str, event: Event, times: int) -> tuple[Journey, Before, PartState]:
    """Approve while the log takes no record of this kind; return the part's state when that was met so often."""
    await place.settle_in()
    before, journey = Before.of(place), quarantine(place, tag)
    request = await journey.ask()
    await journey.rest()
    await _fill(place, event)
    card = journey.cards(request.id)[0]
    await place.scene.workspace.click(BOB, CHANNEL, card.ts, "ir_approve")
    await _failed(place, 0, times)
    assert before.written_since(place) == []
    await log_intact(place)
    return journey, before, await journey.state()


async def test_a_vote_that_cannot_be_recorded_does_not_count_and_is_counted_once_it_can(
    tmp_path: Path, bots: Nursery
) -> None:
    async with town(tmp_path / "town", bots) as place:
        journey, before, state = await _stopped(place, "vote", Event.VOTE, 2)

        assert state is PartState.PROPOSED
        assert not [r for r in await place.records.log() if r.event is Event.VOTE]
        await _make_room(place)
        await _finish(journey, before)


async def test_an_approved_change_whose_intent_cannot_be_recorded_is_not_made(
    tmp_path: Path, bots: Nursery
) -> None:
    async with town(tmp_path / "town", bots) as place:
        journey, before, state = await _stopped(place, "intent", Event.INTENT, 1)

        assert state is PartState.APPROVED
        await _make_room(place)
        await _finish(journey, before)
