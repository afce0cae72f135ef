"""
Drives the parts of a lane whose changes are objects of our own and named keys.

Per part: plan again and compare, store the inverse and the intent, write in order, store what was written.
A claim that finds a part half-way continues: each write is idempotent and adopts what is there already.
"""

from datetime import datetime
from functools import partial

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import OwnChange, undo
from bot.domain.errors import BusyError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.requests import PartRow, Request, Written
from bot.domain.states import DUE, Event, PartState
from bot.engine.canaries import remove, to_remove
from bot.engine.clear import clear
from bot.engine.measure import measure
from bot.engine.patience import held_until, tell_incomplete
from bot.engine.rollback import roll_back, undo_written
from bot.engine.steps import Step, Turn, pause, step, step_within
from bot.engine.verify import verify_objects
from bot.ports import Transaction

WAITABLE = (BusyError, ThrottledError, UnknownOutcomeError)


async def drive_objects(turn: Turn) -> datetime | None:
    """Work each due part of the lane as far as it goes; return when to look again."""
    async with turn.context.store.begin() as tx:
        rows, now = await tx.parts.in_lane(turn.lane.key), tx.now
    ends = [row if row.due_at and row.due_at > now else await _advance(turn, row) for row in rows]
    return min((row.due_at for row in ends if row.due_at is not None), default=None)


async def _advance(turn: Turn, row: PartRow) -> PartRow:
    """One part, until it rests or must wait."""
    stages = {
        PartState.APPROVED: start,
        PartState.EXECUTING: write,
        PartState.ACCEPTED: verify_objects,
        PartState.APPLIED: measure,
        PartState.UNDOING: undo_written,
        PartState.ROLLING_BACK: roll_back,
    }
    if to_remove(row):
        row = await remove(turn, row)
        if to_remove(row):
            return row
    while stage := stages.get(row.state):
        moved = await stage(turn, row)
        if moved.state is row.state:
            return moved
        row = moved
    return msgspec.structs.replace(row, due_at=None) if row.state not in DUE | {PartState.APPLIED} else row


async def start(turn: Turn, row: PartRow) -> PartRow:
    """Plan again and compare; with that, commit inverse and intent. The part stays where it is if it may not run."""
    held = await held_until(turn.context, row)
    if held is not None:
        return msgspec.structs.replace(row, due_at=held)  # not stored: the end of the capture may come first
    made = Step(row.index, _begin, EventName.INTENT, also=partial(_tell, turn, row))
    started: list[PartRow] = []

    async def then(tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
        started.append(await step_within(turn, tx, (request, rows), made))

    if not await clear(turn.context, row.request_id, then, row.index):
        return await _as_stored(turn, row)
    return started[0] if started else await step(turn, row, _begin, EventName.INTENT, also=made.also)


async def _tell(turn: Turn, row: PartRow, tx: Transaction) -> None:
    request = await tx.requests.get(row.request_id)
    if request is not None:
        await tell_incomplete(turn.context, tx, request, row)


def _begin(fresh: PartRow, now: datetime) -> PartRow:
    if fresh.state is not PartState.APPROVED:
        return fresh
    return fresh.moved(Event.START, now, inverse=undo(fresh.part.changes), attempts=0, due_at=None)


async def _as_stored(turn: Turn, row: PartRow) -> PartRow:
    async with turn.context.store.begin() as tx:
        return (await tx.parts.of(row.request_id))[row.index]


async def write(turn: Turn, row: PartRow) -> PartRow:
    """Make the changes in order; a failure is waited out, or undone."""
    written: list[Written] = []
    objects = turn.context.objects
    make = objects.restore if row.restoring else objects.apply
    try:
        for change in own(row):
            written.append(await turn.call(make(change)))  # noqa: PERF401 - the list outlives a failure
    except OutsideError as error:
        return await _stumble(turn, row, tuple(written), error)

    def accept(fresh: PartRow, now: datetime) -> PartRow:
        kept = msgspec.structs.replace(
            fresh, written=tuple(written), restoring=False, attempts=0, due_at=None
        )
        kept = msgspec.structs.replace(kept, trouble="")
        return kept.moved(Event.ACCEPT, now) if fresh.state is PartState.EXECUTING else kept

    return await step(turn, row, accept, EventName.RESULT, "accepted")


async def _stumble(turn: Turn, row: PartRow, written: tuple[Written, ...], error: OutsideError) -> PartRow:
    """Wait and try again, or give up: what may stand outside is undone, so that nothing is half there."""
    patient = isinstance(error, WAITABLE) and row.attempts + 1 < turn.context.limits.attempts
    may_stand = bool(written) or row.attempts > 0 or isinstance(error, UnknownOutcomeError)

    def give_up(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.EXECUTING:
            return fresh
        event = Event.UNDO if may_stand else Event.FAIL
        if fresh.restoring:  # the containment stands as far as it did: never undone because a re-apply failed
            event = Event.STUCK
        return fresh.moved(event, now, written=written, trouble=str(error), attempts=0, due_at=None)

    def wait(fresh: PartRow, now: datetime) -> PartRow:
        return pause(turn.context, fresh, error, now)

    return await step(turn, row, wait if patient else give_up, EventName.RESULT, error.code)


def own(row: PartRow) -> tuple[OwnChange, ...]:
    """
    Return a part's changes that are ours alone, without what a person let stand as others made it.

    That has left the inverse: writing it again would leave it behind when the part is rolled back.
    """
    return undo(row.inverse)
