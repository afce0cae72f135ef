"""Sums up, in one record each, the refusals that were counted and not written."""

from datetime import datetime

from bot.domain.audit.events import Event as EventName
from bot.domain.people import Principal
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.refusals import Tally


async def sum_up(context: Context, now: datetime | None = None) -> None:
    """Record what is ripe at ``now``; without it everything, because the program ends."""
    waiting = list(context.refusals.ended(now))
    try:
        while waiting:
            async with context.store.begin() as tx:
                await append(context, tx, _entry(waiting[0]))
            waiting.pop(0)
    finally:
        for tally in waiting:
            context.refusals.again(tally)


def _entry(tally: Tally) -> Entry:
    details = {
        "refusals": tally.suppressed,
        "since": tally.since.isoformat(),
        "until": tally.until.isoformat(),
        "codes": {code: count for code, count in sorted(tally.codes.items()) if count},
    }
    if isinstance(tally.who, Principal):
        return Entry(EventName.SUPPRESSED, tally.who, outcome="counted", details=details)
    return Entry(EventName.SUPPRESSED, outcome="counted", details={**details, "user": tally.who[:32]})
