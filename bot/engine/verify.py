"""Reads back what was accepted and says what is known. No evidence is INCONCLUSIVE, never success."""

from datetime import datetime

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import undo
from bot.domain.errors import BusyError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.findings import Forecast, Verdict
from bot.domain.ladder.rungs import Outcome
from bot.domain.requests import Evidence, PartRow
from bot.domain.states import Event, PartState
from bot.engine.canaries import until
from bot.engine.snapshots import follow
from bot.engine.steps import Move, Turn, pause, step
from bot.ports import Sight, Transaction

WAITABLE = (BusyError, ThrottledError, UnknownOutcomeError)
GONE = "The target is gone: a replacement, if any, runs uncontained."


async def verify_objects(turn: Turn, row: PartRow) -> PartRow:
    """Hold each change of the part against the world; applied means: read back as written."""
    try:
        sights = [await turn.call(turn.context.objects.observe(change)) for change in undo(row.inverse)]
    except WAITABLE as error:
        late = error

        def wait(fresh: PartRow, now: datetime) -> PartRow:
            return pause(turn.context, fresh, late, now)

        return await step(turn, row, wait, EventName.EVIDENCE, error.code)
    except OutsideError as error:
        return await step(turn, row, _unreadable(error), EventName.EVIDENCE, error.code)

    def applied(fresh: PartRow, now: datetime) -> PartRow:
        return judged(fresh, sights, now)

    async def also(tx: Transaction) -> None:
        await follow(turn.context, tx, row)

    return await step(turn, row, applied, EventName.EVIDENCE, "read-back", also)


def _unreadable(error: OutsideError) -> Move:
    """Refused for certain, so waiting does not help: a person must know that nobody looks any more."""

    def stuck(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.ACCEPTED:
            return fresh
        text = f"accepted, but it cannot be read back: {error}. Whether it stands as written is not known."
        return fresh.moved(Event.STUCK, now, trouble=text, attempts=0, due_at=None)

    return stuck


def judged(row: PartRow, sights: list[Sight], now: datetime) -> PartRow:
    """Return the part with what the read-back showed: applied, or applied with drift to look at."""
    if row.state is not PartState.ACCEPTED:
        return row
    drift = tuple(d for sight in sights for d in sight.differences)
    gone = any(sight.gone for sight in sights)
    told = [Evidence("L0", f"all {len(sights)} writes accepted by the API", now)]
    if not drift and not gone:
        told.append(Evidence("L0", "read back exactly as written", now, Outcome.HOLDS))
    return row.moved(
        Event.APPLY,
        now,
        verdict=verdict_of(row.part.forecast),
        evidence=tuple(told),
        drift=drift,
        trouble=GONE if gone else "",
        attempts=0,
        due_at=now if row.part.proving and not gone else None,
        trying_until=None if gone or drift or row.canaries else until(row, now),
    )


def verdict_of(forecast: Forecast) -> Verdict:
    """
    Return the best verdict that read-back alone supports.

    What is known not to be enforced is said so; everything else stays inconclusive until there is evidence.
    """
    return Verdict.NOT_ENFORCED if forecast is Forecast.NOT_ENFORCED else Verdict.INCONCLUSIVE
