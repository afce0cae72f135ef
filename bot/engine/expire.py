"""What the clock asks for: reminders, the end of an approval, the warning and the end of a lease."""

import logging
from datetime import timedelta

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import NewerVersionError
from bot.domain.leases import Due, next_due, noted
from bot.domain.requests import PartRow, Release, Request
from bot.domain.states import Event, allows
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import notice, warning
from bot.engine.steps import save
from bot.engine.suppressed import sum_up
from bot.ports import Transaction

BATCH = 20
log = logging.getLogger("firebreak.engine")


async def tick(context: Context) -> int:
    """Do what is due for up to ``BATCH`` requests; return for how many. Each is a transaction of its own."""
    async with context.store.begin() as tx:
        due, now = await tx.requests.due(BATCH), tx.now
    await sum_up(context, now)
    for request_id in due:
        try:
            async with context.store.begin() as tx:
                await _one(context, tx, request_id)
        except NewerVersionError as error:  # left alone and reported; the others go on
            log.warning("request_left_alone", extra={"request": request_id, "error": str(error)})
    if due:
        context.store.woke()
    return len(due)


async def _one(context: Context, tx: Transaction, request_id: str) -> None:
    request = await tx.requests.get(request_id, lock=True)
    rows = await tx.parts.of(request_id)
    if request is None:
        return
    owed = next_due(request, rows)
    if owed is None or owed[0] > tx.now:
        await tx.requests.put(msgspec.structs.replace(request, due_at=owed[0] if owed else None))
        return
    match owed[1]:
        case Due.REMIND:
            await _remind(tx, request, rows)
        case Due.EXPIRE:
            await _expire(context, tx, request, rows)
        case Due.WARN:
            await _warn(context, tx, request, rows)
        case Due.OVERDUE:
            await _overdue(context, tx, request, rows)
        case Due.RELEASE:
            await _release(context, tx, request, rows)


async def _remind(tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.REMIND, tx.now), rows)
    left = _minutes(request.expires_at - tx.now)
    await notice(
        tx, request, f"{request.id} still waits for approval; the question closes in {left}.", mention=True
    )


async def _expire(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, request, rows, *(row.moved(Event.EXPIRE, tx.now) for row in rows))
    await append(context, tx, Entry(EventName.DECIDED, None, request, outcome="expired"))


async def _warn(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.WARN, tx.now), rows)
    await warning(tx, request, _warning(request, tx))
    await append(context, tx, Entry(EventName.LEASE, None, request, outcome="warned"))


def _warning(request: Request, tx: Transaction) -> str:
    assert request.lease_until is not None
    left = _minutes(request.lease_until - tx.now)
    ends = "it stays cut and becomes OVERDUE" if request.terms.on_expiry == "hold" else "it is rolled back"
    return f"The lease of {request.id} ends in {left}: then {ends}. Longer: /ir extend {request.id} 1h"


async def _overdue(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.OVERDUE, tx.now), rows)
    text = f"OVERDUE: the lease of {request.id} is over and the target is still cut. Roll back or extend."
    await notice(tx, request, text, mention=True)
    await append(context, tx, Entry(EventName.LEASE, None, request, outcome="overdue"))


async def _release(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    """The lease's own end lets go, without anyone asking: that is what was approved."""
    ended = msgspec.structs.replace(request, release=Release(None, tx.now, "the lease ended"))
    moved = [
        row.moved(Event.RELEASE, tx.now, attempts=0, due_at=None)
        for row in rows
        if row.active and allows(row.state, Event.RELEASE)
    ]
    await save(tx, ended, rows, *moved)
    for lane in sorted({row.part.lane for row in moved}):
        await tx.lanes.wake(lane, tx.now)
    await append(context, tx, Entry(EventName.LEASE, None, request, outcome="ended"))


async def delivered(context: Context, request_id: str) -> None:
    """The warning before a lease's end has reached the channel: from now on the end may come."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(request_id, lock=True)
        rows = await tx.parts.of(request_id)
        if request is None or request.warned_at is not None:
            return
        warned = msgspec.structs.replace(request, warned_at=tx.now)
        await save(tx, warned, rows)


def _minutes(left: timedelta) -> str:
    minutes = max(0, round(left.total_seconds() / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"
