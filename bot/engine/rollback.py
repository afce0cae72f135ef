"""
Undoes objects of our own: three-way check, then the inverse in reverse order, then read back.

What somebody undid by hand already is adopted and said. What somebody changed is drift: shown, never overwritten.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import OwnChange, Patch
from bot.domain.errors import BusyError, ConflictError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.ladder.returned import restored, returned
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.requests import Difference, Evidence, PartRow
from bot.domain.states import Event, PartState
from bot.engine.planning import drive
from bot.engine.steps import Move, Turn, pause, step
from bot.engine.waits import met
from bot.ports import Sight

WAITABLE = (BusyError, ThrottledError, UnknownOutcomeError)


@dataclass
class Undone:
    """What one pass over the inverse found and did."""

    adopted: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    drift: list[Difference] = field(default_factory=list)
    proof: Proof | None = None


async def roll_back(turn: Turn, row: PartRow) -> PartRow:
    """Undo a containment. Drift stops it before anything is touched: a person decides."""
    found = Undone()
    try:
        found.drift += [d for change in row.inverse for d in await _differs(turn, change)]
        if found.drift:
            return await step(turn, row, _drifted(found), EventName.DRIFT, "rollback-stopped")
        await _undo_all(turn, row.inverse, found)
        left = [d for change in row.inverse for d in await _left(turn, change)]
    except OutsideError as error:
        return await _hindered(turn, row, error)
    if left:
        gap = ConflictError("NotUndone", f"after the inverse there is still: {left[0]}")
        return await _hindered(turn, row, gap)
    found.proof = await _compared(turn, row)
    return await step(turn, row, _released(found), EventName.ROLLBACK, "rolled-back")


async def _compared(turn: Turn, row: PartRow) -> Proof | None:
    """Hold what is allowed now against what was before. It never hinders a rollback: what is not known is said."""
    if not restored(row.part):
        return None
    context = turn.context
    try:
        return await turn.call(drive(returned(row.part), context.world, context.limits.call))
    except OutsideError as error:
        return Proof("L1", Outcome.SILENT, f"what is allowed now could not be read: {error}")


async def undo_written(turn: Turn, row: PartRow) -> PartRow:
    """A part failed half-way: take back what it wrote, so that nothing is left; else name what is left."""
    found = Undone()
    try:
        await _undo_all(turn, row.inverse, found)
    except OutsideError as error:
        return await _hindered(turn, row, error)

    def clean(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.UNDOING:
            return fresh
        return fresh.moved(Event.FAIL, now, attempts=0, due_at=None)

    return await step(turn, row, clean, EventName.ROLLBACK, "undone-after-failure")


async def _undo_all(turn: Turn, inverse: tuple[OwnChange, ...], found: Undone) -> None:
    for change in inverse:
        sight = await turn.call(turn.context.objects.observe(change))
        if sight.gone or sight.done:
            why = "is gone" if sight.gone else "was undone already"
            found.adopted.append(f"{change.ref} {why}")
            continue
        keys = _undone_by_others(change, sight)
        if keys:
            found.adopted.append(f"{change.ref} {', '.join(keys)} was undone already")
        if told := await met(turn, change):
            found.told.append(told)
        await turn.call(turn.context.objects.apply(change))


def _undone_by_others(inverse: OwnChange, sight: Sight) -> tuple[str, ...]:
    """Return the keys of a patch that are as before already, while others are not: a patch of ours is never half made."""
    if not isinstance(inverse, Patch):
        return ()
    standing = {difference.field for difference in sight.differences}
    return tuple(key.name for key in inverse.keys if key.name not in standing)


async def _differs(turn: Turn, change: OwnChange) -> tuple[Difference, ...]:
    sight = await turn.call(turn.context.objects.observe(change))
    if sight.done or sight.undone or sight.gone:
        return ()
    ours = {key.name: key.before for key in change.keys} if isinstance(change, Patch) else {}
    return tuple(d for d in sight.differences if d.field not in ours or d.now != ours[d.field])


async def _left(turn: Turn, change: OwnChange) -> tuple[str, ...]:
    sight = await turn.call(turn.context.objects.observe(change))
    return () if sight.done or sight.gone else (str(change.ref),)


def _drifted(found: Undone) -> Move:
    def move(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.ROLLING_BACK:
            return fresh
        text = "Somebody changed what we wrote: compare, then re-apply ours or adopt theirs."
        return fresh.moved(Event.DRIFT, now, drift=tuple(found.drift), trouble=text, attempts=0, due_at=None)

    return move


def _released(found: Undone) -> Move:
    def move(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.ROLLING_BACK:
            return fresh
        told = [Evidence("L0", f"not by us: {text}", now) for text in found.adopted]
        told += [Evidence("L0", text, now) for text in found.told]
        told.append(Evidence("L0", "the inverse was read back: as before", now, Outcome.HOLDS))
        if found.proof:
            told.append(Evidence(found.proof.rung, found.proof.text, now, found.proof.outcome))
        return fresh.moved(
            Event.RELEASED,
            now,
            evidence=(*(e for e in fresh.evidence if e.rung == "L0"), *told),
            drift=(),
            trouble="",
            attempts=0,
            due_at=None,
        )

    return move


async def _hindered(turn: Turn, row: PartRow, error: OutsideError) -> PartRow:
    """Wait and try again, or ask for a person, naming every object that is left."""
    patient = isinstance(error, WAITABLE) and row.attempts + 1 < turn.context.limits.attempts

    def stuck(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state not in {PartState.ROLLING_BACK, PartState.UNDOING}:
            return fresh
        left = ", ".join(str(change.ref) for change in fresh.inverse)
        text = f"{error}. May be left: {left}. Undo by hand with the commands on this card."
        return fresh.moved(Event.STUCK, now, trouble=text, attempts=0, due_at=None)

    def wait(fresh: PartRow, now: datetime) -> PartRow:
        return pause(turn.context, fresh, error, now)

    return await step(turn, row, wait if patient else stuck, EventName.ROLLBACK, error.code)
