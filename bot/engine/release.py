"""Ask for the rollback, or choose what to do with drift: re-apply ours, or adopt theirs."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.changes import forget
from bot.domain.findings import GONE, Done, Refusal, Reply, no_such_request
from bot.domain.people import Principal
from bot.domain.refs import KubeRef
from bot.domain.requests import PartRow, Release, Request
from bot.domain.states import Event, PartState, allows, worded
from bot.engine.asking import ask_again, frozen_refusal, membership, person_refusal
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, answer, refuse_attempt
from bot.engine.steps import save
from bot.ports import Transaction


class Wish(StrEnum):
    """What somebody wants done with an active containment."""

    ROLLBACK = "rollback"
    ADOPT = "adopt"
    REAPPLY = "reapply"


class Ask(msgspec.Struct, frozen=True):
    """Who wants what done with which request, and why; ``together`` is the id of the command that named many at once."""

    person: Principal
    request_id: str
    wish: Wish
    reason: str = ""
    together: str = ""


async def release(context: Context, ask: Ask, origin: str) -> Reply:
    """Start the rollback (or settle drift) if this person may; refused attempts are recorded."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(ask.request_id)
    refusal: Refusal | None
    if request is None:
        refusal = no_such_request(ask.request_id)
    else:
        refusal = await person_refusal(context, ask.person)
    if refusal is None and request is not None:
        known = await membership(context, ask_again(request))
        reply = await _start(context, ask, known, origin)
        if isinstance(reply, Done):
            context.store.woke()
            return reply
        refusal = reply
    assert refusal is not None
    attempt = Attempt(ask.wish, request, ask.request_id[:40])
    return await refuse_attempt(context, origin, ask.person, refusal, attempt)


async def _start(context: Context, ask: Ask, known: rules.Membership, origin: str) -> Reply:
    async with context.store.begin() as tx:
        request = await tx.requests.get(ask.request_id, lock=True)
        rows = await tx.parts.of(ask.request_id)
        if request is None:
            return GONE
        frozen = await frozen_refusal(tx, ask.person)
        if frozen is not None:
            return frozen
        refusal = not_permitted(context, request, ask.person, known, tx.now)
        if refusal is not None:
            return refusal
        changed = moved(ask.wish, rows, tx.now)
        if not changed:
            return _nothing(ask, request, rows)
        reply = Done(_TOLD[ask.wish].format(id=request.id, parts=len(changed)), request.id)
        if await answer(tx, origin, reply):
            await start(context, tx, ask, (request, rows), changed)
        return reply


def not_permitted(
    context: Context, request: Request, person: Principal, known: rules.Membership, now: datetime
) -> Refusal | None:
    """Return why this person may not let go of what a request holds."""
    since = (now - request.accepted_at).total_seconds() if request.accepted_at else 0.0
    wish = rules.Release(ask_again(request), request.requester, since, request.holder)
    decision = rules.may_release(context.policy, wish, person, known)
    return decision if isinstance(decision, Refusal) else None


def moved(wish: Wish, rows: tuple[PartRow, ...], now: datetime) -> list[PartRow]:
    """Return the parts that a wish moves, as they are then."""
    after = tuple(_MOVES[wish](row, now) for row in rows)
    return [new for old, new in zip(rows, after, strict=True) if new != old]


async def start(
    context: Context,
    tx: Transaction,
    ask: Ask,
    held: tuple[Request, tuple[PartRow, ...]],
    changed: list[PartRow],
) -> None:
    """
    Have the lanes do what is wished, and record who wished it.

    The caller has locked the request and asked `not_permitted`.
    """
    request, rows = held
    if ask.wish is Wish.ROLLBACK:
        asked = Release(ask.person, tx.now, ask.reason)
        request = msgspec.structs.replace(request, release=asked, let_go_at=tx.now)
    await save(tx, request, rows, *changed)
    for row in changed:
        await _contributions(tx, ask.wish, row)
    for lane in sorted({row.part.lane for row in changed}):
        await tx.lanes.wake(lane, tx.now)
    event = EventName.ADOPTED if ask.wish is Wish.ADOPT else EventName.ROLLBACK
    details = {"together": ask.together} if ask.together else {}
    entry = Entry(event, ask.person, request, outcome=f"{ask.wish}-asked", reason=ask.reason, details=details)
    await append(context, tx, entry)


async def _contributions(tx: Transaction, wish: Wish, row: PartRow) -> None:
    """An entry that others took out is asked for again, or given up. Rollback is the lane's own work."""
    if wish is Wish.ROLLBACK:
        return
    for contribution in await tx.contributions.in_lane(row.part.lane):
        if contribution.part != row.id:
            continue
        if wish is Wish.REAPPLY:
            await tx.contributions.put(msgspec.structs.replace(contribution, settled=False, missing=False))
        else:
            await tx.contributions.drop(contribution.id)


def _roll_back(row: PartRow, now: datetime) -> PartRow:
    if row.state is PartState.APPROVED:
        return row.moved(Event.CANCEL, now)
    return row.moved(Event.RELEASE, now, attempts=0, due_at=None) if allows(row.state, Event.RELEASE) else row


def _adopt(row: PartRow, now: datetime) -> PartRow:
    """Theirs stands: we neither show it as drift nor undo it any more."""
    theirs = frozenset((d.ref, d.field) for d in row.drift if isinstance(d.ref, KubeRef))
    kept = forget(row.inverse, theirs)
    if not row.drift:
        return row
    if row.state is PartState.TAMPERED:
        row = row.moved(Event.APPLY, now)
    return msgspec.structs.replace(row, inverse=kept, drift=(), trouble="", reapplied=0)


def _reapply(row: PartRow, now: datetime) -> PartRow:
    return again(row, now, 0) if row.drift and allows(row.state, Event.REAPPLY) else row


def again(row: PartRow, now: datetime, reapplied: int) -> PartRow:
    """Return a part with drift, about to be written again over what others did."""
    cleared = msgspec.structs.replace(row, drift=(), trouble="", reapplied=reapplied, restoring=True)
    return cleared.moved(Event.REAPPLY, now, attempts=0, due_at=None)


def _nothing(ask: Ask, request: Request, rows: tuple[PartRow, ...]) -> Refusal:
    states = worded(row.state for row in rows)
    text = f"{request.id} is {states}: there is nothing for {ask.wish} to do."
    return Refusal("nothing-to-do", text, f"Look at /ir status {request.id}.")


_MOVES: dict[Wish, Callable[[PartRow, datetime], PartRow]] = {
    Wish.ROLLBACK: _roll_back,
    Wish.ADOPT: _adopt,
    Wish.REAPPLY: _reapply,
}
_TOLD = {
    Wish.ROLLBACK: "Rolling back {id}: {parts} part(s).",
    Wish.ADOPT: "What stands there now is accepted for {id}: {parts} part(s).",
    Wish.REAPPLY: "Writing ours again for {id}: {parts} part(s).",
}
