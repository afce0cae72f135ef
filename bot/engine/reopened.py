"""
Somebody opened what stands under an approval: ours is written again, a few times, and then a person is called.

The approval was for this very cut, and the lease runs on, so nobody is asked. Whoever opens it again and again is no
accident: then it rests as tampered, loudly, until a person writes it again, lets it stand, or rolls it back.
"""

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.ladder.rungs import Outcome
from bot.domain.requests import Difference, PartRow, Request
from bot.domain.states import Event, PartState
from bot.domain.tampering import MOST_REAPPLIED
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.release import again
from bot.engine.saying import call, notice
from bot.engine.steps import save
from bot.engine.verify import verdict_of
from bot.ports import Transaction


async def reopened(context: Context, seen: PartRow, drift: tuple[Difference, ...]) -> bool:
    """Write ours again, or call a person; return whether anything was done. A part that moved meanwhile is left alone."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(seen.request_id, lock=True)
        rows = await tx.parts.of(seen.request_id)
        row = rows[seen.index]
        if request is None or row.state is not PartState.APPLIED or row.drift != seen.drift:
            return False
        drifted = msgspec.structs.replace(row, drift=drift)
        done = _tampered if row.reapplied >= MOST_REAPPLIED else _again
        await done(context, tx, (request, rows), drifted)
    return True


async def _again(
    context: Context, tx: Transaction, held: tuple[Request, tuple[PartRow, ...]], row: PartRow
) -> None:
    request, rows = held
    count = row.reapplied + 1
    text = f"{_opened(request, row)} It is written again under the original approval ({count} of {MOST_REAPPLIED})."
    await append(context, tx, Entry(EventName.DRIFT, None, request, row, outcome="seen"))
    fresh = again(row, tx.now, count)
    await save(tx, request, rows, fresh)
    await tx.lanes.wake(row.part.lane, tx.now)
    await notice(tx, request, text, mention=True)
    await append(context, tx, Entry(EventName.INTENT, None, request, fresh, outcome="reapply"))


async def _tampered(
    context: Context, tx: Transaction, held: tuple[Request, tuple[PartRow, ...]], row: PartRow
) -> None:
    request, rows = held
    text = (
        f"{_opened(request, row)} It was written again {row.reapplied} times and is NOT written again now: it does not "
        f"stand. Find out who does this. Then: /ir reapply {request.id}, /ir adopt {request.id} or "
        f"/ir rollback {request.id}"
    )
    shown = tuple(e for e in row.evidence if e.rung == "L0" or (e.outcome != Outcome.HOLDS and not e.shown))
    amounts = verdict_of(row.part.forecast)
    fresh = row.moved(Event.TAMPER, tx.now, trouble=text, due_at=None, evidence=shown, verdict=amounts)
    await save(tx, request, rows, fresh)
    await notice(tx, request, text, mention=True)
    await call(tx, request, text, request.needs.escalation)
    await append(context, tx, Entry(EventName.DRIFT, None, request, fresh, outcome="tampered"))


def _opened(request: Request, row: PartRow) -> str:
    first = row.drift[0]
    return f"OPENED AGAIN: somebody changed what {request.id} wrote ({first.ref} {first.field})."
