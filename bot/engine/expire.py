"""What the clock asks for: reminders, the end of an approval, the warning and the end of a lease."""

import logging
from datetime import timedelta

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import NewerVersionError
from bot.domain.findings import Refusal
from bot.domain.leases import Due, next_due, noted
from bot.domain.policy.governing import governing
from bot.domain.requests import Mode, PartRow, Release, Request
from bot.domain.states import Event
from bot.engine.alone import reviewers
from bot.engine.asking import ask_again
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.release import Wish, moved
from bot.engine.saying import call, direct, notice, warning
from bot.engine.steps import save
from bot.engine.suppressed import sum_up
from bot.ports import Transaction

BATCH = 20
_HOW = {Mode.QUORUM: "on a vote that its owner disowned,", Mode.AUTO: "auto, by a playbook without a person,"}
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
    await _do(context, tx, owed[1], (request, rows))


async def _do(
    context: Context, tx: Transaction, owed: Due, held: tuple[Request, tuple[PartRow, ...]]
) -> None:
    request, rows = held
    match owed:
        case Due.REMIND:
            await _remind(tx, request, rows)
        case Due.ESCALATE:
            await _escalate(tx, request, rows)
        case Due.EXPIRE:
            await _expire(context, tx, request, rows)
        case Due.WARN:
            await _warn(context, tx, request, rows)
        case Due.OVERDUE:
            await _overdue(context, tx, request, rows)
        case Due.RELEASE:
            await _release(context, tx, request, rows)
        case Due.REVIEW:
            await _review(context, tx, request, rows)


async def _remind(tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.REMIND, tx.now), rows)
    left = _minutes(request.expires_at - tx.now)
    await notice(
        tx, request, f"{request.id} still waits for approval; the question closes in {left}.", mention=True
    )


async def _escalate(tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.ESCALATE, tx.now), rows)
    waits, left = _minutes(tx.now - request.created_at), _minutes(request.expires_at - tx.now)
    text = f"Nobody has decided on {request.id} for {waits}; the question closes in {left}."
    await call(tx, request, text, request.needs.escalation)


async def _expire(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, request, rows, *(row.moved(Event.EXPIRE, tx.now) for row in rows))
    await append(context, tx, Entry(EventName.DECIDED, None, request, outcome="expired"))


async def _warn(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.WARN, tx.now), rows)
    await warning(tx, request, _warning(request, tx))
    if request.held_by is not None:
        await direct(tx, request.held_by, _warning(request, tx), request_id=request.id)
    else:
        text = f"Nobody holds {request.id}, which a playbook did by itself: its lease ends soon. Decide what becomes of it."
        await call(tx, request, text, reviewers(context.policy, request))
    await append(context, tx, Entry(EventName.LEASE, None, request, outcome="warned"))


def _warning(request: Request, tx: Transaction) -> str:
    assert request.lease_until is not None
    left = _minutes(request.lease_until - tx.now)
    ends = "it stays cut and becomes OVERDUE" if request.terms.on_expiry == "hold" else "it is rolled back"
    return f"The lease of {request.id} ends in {left}: then {ends}. Longer: /ir extend {request.id} 1h"


async def _overdue(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.OVERDUE, tx.now), rows)
    text = f"OVERDUE: the lease of {request.id} is over and the target is still cut. Roll back or extend."
    await call(tx, request, text, _answerable(context, request))
    await append(context, tx, Entry(EventName.LEASE, None, request, outcome="overdue"))


def _answerable(context: Context, request: Request) -> tuple[str, ...]:
    """Who holds it, and who may let it go; without a rule that says so any more, who might have approved it."""
    found = governing(context.policy, ask_again(request))
    groups = request.needs.mention if isinstance(found, Refusal) else [g for r in found for g in r.release]
    if request.held_by is None:
        return tuple(dict.fromkeys([*reviewers(context.policy, request), *groups]))
    return (request.held_by.key, *dict.fromkeys(groups))


async def _release(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    """The lease's own end lets go, without anyone asking: that is what was approved."""
    ended = msgspec.structs.replace(request, release=Release(None, tx.now, "the lease ended"))
    changed = moved(Wish.ROLLBACK, rows, tx.now)  # what waits for its turn is called off, too
    await save(tx, ended, rows, *changed)
    for lane in sorted({row.part.lane for row in changed}):
        await tx.lanes.wake(lane, tx.now)
    await append(context, tx, Entry(EventName.LEASE, None, request, outcome="ended"))


async def _review(context: Context, tx: Transaction, request: Request, rows: tuple[PartRow, ...]) -> None:
    await save(tx, noted(request, Due.REVIEW, tx.now), rows)
    how = _HOW.get(request.mode, f"{request.mode.value}, on one person's word,")
    text = (
        f"{request.id} ran {how} and nobody has signed it off yet. "
        f"Look at it, then: /ir review {request.id} because <what you looked at>"
    )
    await call(tx, request, text, reviewers(context.policy, request))
    await append(context, tx, Entry(EventName.REVIEWED, None, request, outcome="reminded"))


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
