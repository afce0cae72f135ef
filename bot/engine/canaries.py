"""
Canaries of a part: placed in its lane while it is measured, and removed again, whatever happens in between.

What is written is stored before it is written, and until it is seen to be gone; so whoever comes after a killed worker
knows what may stand. A row with canaries is always due.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import Create, Delete, invert
from bot.domain.errors import BusyError, ConflictError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.ladder.aiming import aimed
from bot.domain.ladder.catalogue import PACKETS
from bot.domain.ladder.packets import silent
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.probes import START
from bot.domain.reading import cut
from bot.domain.requests import PartRow
from bot.domain.states import Event, PartState
from bot.engine.planning import drive
from bot.engine.steps import Turn, pause, step

WAITABLE: Final = (BusyError, ThrottledError, UnknownOutcomeError)
STANDING: Final = frozenset({PartState.ROLLING_BACK, PartState.UNDOING})
"""States that do not end while a canary may stand."""


def until(row: PartRow, now: datetime) -> datetime | None:
    """Return until when the canaries of a part that is applied now are waited for; ``None`` where it has none."""
    longest = max((canary.seconds for canary in row.part.probes), default=None)
    return None if longest is None else now + timedelta(seconds=longest + START)


def awaited(row: PartRow) -> bool:
    """Whether canaries have still to tell something of what stands."""
    return row.state is PartState.APPLIED and row.trying_until is not None


def to_remove(row: PartRow) -> bool:
    """Whether canaries may stand that nobody waits for. Writing a containment again goes before clearing up."""
    return (
        bool(row.canaries) and not awaited(row) and row.state not in {PartState.EXECUTING, PartState.ACCEPTED}
    )


async def listen(turn: Turn, row: PartRow) -> tuple[PartRow, Proof | None]:
    """Place what is to be placed and read what it says; return the row and the proof, if anything was waited for."""
    if not awaited(row):
        return row, None
    if not row.canaries:
        found = await _aims(turn, row)
        if isinstance(found, str):
            return row, silent(found)
        row = await step(turn, row, partial(_intend, found), EventName.INTENT, "canaries")
    try:
        row = await _place(turn, row)
    except OutsideError as refused:
        given_up = not isinstance(refused, WAITABLE)
        row = await step(turn, row, _given_up, EventName.RESULT, refused.code) if given_up else row
        return row, silent(f"the canaries were not taken: {cut(str(refused))}")
    if not awaited(row) or len(row.canary_uids) < len(row.canaries):
        return row, None  # it moved on meanwhile
    try:
        return row, await turn.call(_ask(turn, row))
    except UnknownOutcomeError:
        return row, silent("it could not be read in time")


def trying_on(row: PartRow, proofs: tuple[Proof, ...], now: datetime, *, overdue: bool) -> datetime | None:
    """Return until when canaries are waited for: no longer once they have told, or nothing could be placed in time."""
    told = any(p.rung == PACKETS.name and (p.final or p.outcome is not Outcome.SILENT) for p in proofs)
    late = row.trying_until is None or now >= row.trying_until or (overdue and not row.canaries)
    return None if told or late else row.trying_until


def _given_up(fresh: PartRow, now: datetime) -> PartRow:
    """Refused for certain: there is nothing to wait for."""
    return msgspec.structs.replace(fresh, trying_until=now) if awaited(fresh) else fresh


async def _aims(turn: Turn, row: PartRow) -> tuple[Create, ...] | str:
    context = turn.context
    try:
        return await turn.call(drive(aimed(row.part), context.world, context.limits.call))
    except UnknownOutcomeError:
        return "its siblings could not be read in time"


async def _ask(turn: Turn, row: PartRow) -> Proof:
    context = turn.context
    asking = PACKETS.examine(row.part, row.canaries, row.canary_uids)
    return await drive(asking, context.world, context.limits.call)


def _intend(creates: tuple[Create, ...], fresh: PartRow, now: datetime) -> PartRow:
    """Decline what has moved on meanwhile."""
    del now
    if not awaited(fresh) or fresh.canaries:
        return fresh
    return msgspec.structs.replace(fresh, canaries=creates, canary_uids=())


async def _place(turn: Turn, row: PartRow) -> PartRow:
    """
    Make those whose identity is not known, and keep what the API called them. Raises ``OutsideError``.

    One that stands there already is never taken for ours, whoever wrote it: one whose answer was lost goes as well.
    """
    known = row.canary_uids
    for create in row.canaries[len(known) :]:
        made = await turn.call(turn.context.objects.apply(create))
        if made.adopted or not made.uid:
            await _gone(turn, create)
            raise BusyError("NotMade", f"{create.ref} stood there already, and was removed to be made anew")
        known = (*known, made.uid)
        row = await step(turn, row, partial(_made, row.canaries, known), EventName.RESULT, "canary-placed")
    return row


def _made(seen: tuple[Create, ...], uids: tuple[str, ...], fresh: PartRow, now: datetime) -> PartRow:
    del now
    return msgspec.structs.replace(fresh, canary_uids=uids) if fresh.canaries == seen else fresh


async def remove(turn: Turn, row: PartRow) -> PartRow:
    """Remove them and read back that they are gone; until then the part keeps them, and is due again."""
    try:
        for create in reversed(row.canaries):
            await _gone(turn, create)
    except OutsideError as error:
        return await _hindered(turn, row, error)
    return await step(turn, row, partial(_cleared, row.canaries), EventName.RESULT, "canaries-gone")


async def _gone(turn: Turn, create: Create) -> None:
    """Raise ``OutsideError`` unless nothing of it is left. What stands there without our mark never was ours."""
    objects, back = turn.context.objects, invert(create)
    assert isinstance(back, Delete)
    try:
        await turn.call(objects.restore(back))
    except ConflictError as error:
        if error.code != "NotOurs":
            raise
        return
    if not (await turn.call(objects.observe(back))).done:
        raise BusyError("NotGone", f"{create.ref} is still there")


def _cleared(seen: tuple[Create, ...], fresh: PartRow, now: datetime) -> PartRow:
    if fresh.canaries != seen:
        return fresh
    kept = msgspec.structs.replace(fresh, canaries=(), canary_uids=(), attempts=0)
    kept = msgspec.structs.replace(
        kept, trouble="" if fresh.trouble.startswith("waiting: ") else fresh.trouble
    )
    if fresh.state is not PartState.APPLIED:
        return msgspec.structs.replace(kept, due_at=None)
    trying = until(fresh, now) if _never_asked(fresh) else None  # they were those of an earlier write
    return msgspec.structs.replace(kept, trying_until=trying, due_at=now)


def _never_asked(row: PartRow) -> bool:
    return bool(row.part.probes) and not any(one.rung == PACKETS.name for one in row.evidence)


async def _hindered(turn: Turn, row: PartRow, error: OutsideError) -> PartRow:
    """Try again, as long as it takes; a rollback that cannot be finished for it asks for a person."""
    patient = isinstance(error, WAITABLE) and row.attempts + 1 < turn.context.limits.attempts

    def wait(fresh: PartRow, now: datetime) -> PartRow:
        return pause(turn.context, fresh, error, now)

    def stuck(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state not in STANDING:
            return wait(fresh, now)
        left = ", ".join(str(create.ref) for create in fresh.canaries)
        text = f"{error}. Canaries may be left: {left}. Delete them by hand with the commands on this card."
        return fresh.moved(Event.STUCK, now, trouble=text, attempts=0, due_at=None)

    return await step(turn, row, wait if patient else stuck, EventName.RESULT, error.code)
