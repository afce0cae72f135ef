"""
Look again at what nobody could finish or judge, because a person asks: gathered anew, recorded, and told.

What is left is named object by object. Where a person cleaned up by hand and nothing of ours is left, the part is
rolled back, by them and not by us; where what could not be read stands as written after all, it is applied. Nothing
is written outside, but that canaries which the plan was approved with try it anew, in the part's own lane. Whoever may
read may ask: what follows is decided by what is seen, and the record says who asked.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import GONE, Done, Refusal, Reply, Verdict, no_such_request
from bot.domain.ladder.rungs import Proof
from bot.domain.ladder.verdicts import reason
from bot.domain.ladder.weighing import weighed
from bot.domain.people import Principal
from bot.domain.reading import cut
from bot.domain.requests import Evidence, PartRow, Request
from bot.domain.states import Event, PartState, worded
from bot.engine.asking import frozen_refusal
from bot.engine.canaries import until
from bot.engine.context import Context
from bot.engine.looking import Look, look
from bot.engine.measure import gathered
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.remeasure import Once, measurable
from bot.engine.saying import Attempt, answer, notice, refuse_attempt
from bot.engine.steps import save
from bot.engine.verify import verdict_of
from bot.ports import Transaction

AT_ONCE = 8
LONGEST = 2000
AGAIN = "checked again: "
TO_DO = "Undo it by hand with the commands on this card, then check again."
STARTED = frozenset({PartState.EXECUTING, PartState.ACCEPTED})


class Recheck(msgspec.Struct, frozen=True):
    """Who wants which request looked at again."""

    person: Principal
    request_id: str


class Found(msgspec.Struct, frozen=True):
    """A part as it stands after a look, what is said of it, and how the record calls that."""

    row: PartRow
    said: str
    outcome: str


class Seen(msgspec.Struct, frozen=True):
    """A look at a part, and what the rungs of the ladder said of it."""

    look: Look
    proofs: tuple[Proof, ...] = ()


def open_to_doubt(row: PartRow) -> bool:
    """Whether another look may tell more: a person is needed, or nothing shows that the traffic has stopped."""
    if row.state in {PartState.NEEDS_HUMAN, PartState.TAMPERED}:
        return True
    return row.state is PartState.APPLIED and row.verdict is not Verdict.CONTAINED


async def recheck(context: Context, wanted: Recheck, origin: str) -> Reply:
    """Look again and tell what is seen; refused attempts are recorded."""
    refusal = await may_read(context, wanted.person)
    async with context.store.begin() as tx:
        request = await tx.requests.get(wanted.request_id)
        rows = await tx.parts.of(wanted.request_id) if request else ()
    refusal = refusal or _nothing(wanted, request, rows)
    if refusal is None:
        looks = await _looks(context, [row for row in rows if open_to_doubt(row)])
        async with context.store.begin() as tx:
            reply = await _settle(context, tx, wanted, looks, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    attempt = Attempt("recheck", request, wanted.request_id[:40])
    return await refuse_attempt(context, origin, wanted.person, refusal, attempt)


def _nothing(wanted: Recheck, request: Request | None, rows: tuple[PartRow, ...]) -> Refusal | None:
    if request is None:
        return no_such_request(wanted.request_id)
    if any(open_to_doubt(row) for row in rows):
        return None
    states = worded(row.state for row in rows)
    text = f"There is nothing of {request.id} to check again: it is {states}."
    return Refusal("nothing-to-recheck", text, f"Look at /ir status {request.id}.")


async def _looks(context: Context, rows: Sequence[PartRow]) -> list[Seen]:
    """Look at all of them, and measure those that stand."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with aclosing(Once(context.world)) as world:

        async def one(row: PartRow) -> Seen:
            async with gate:
                seen = await look(context, row)
                measured = measurable(row) and not seen.unread
                return Seen(seen, await gathered(context, row, world) if measured else ())

        return list(await asyncio.gather(*(one(row) for row in rows)))


async def _settle(
    context: Context, tx: Transaction, wanted: Recheck, looks: Sequence[Seen], origin: str
) -> Reply:
    """Rows, card, thread, answer and records stand together or not at all. A part that moved meanwhile is left alone."""
    request = await tx.requests.get(wanted.request_id, lock=True)
    rows = await tx.parts.of(wanted.request_id)
    frozen = await frozen_refusal(tx, wanted.person)
    if request is None or frozen is not None:
        return frozen or GONE
    found = [_judged(seen, tx.now) for seen in looks if rows[seen.look.row.index] == seen.look.row]
    if not found:
        text = f"{request.id} moved on while it was looked at."
        return Refusal("moved-meanwhile", text, f"Look at /ir status {request.id}.")
    lines = [f"{one.row.part.target.title}: {one.said}" for one in found]
    told = cut(f"{request.id} was checked again. {' '.join(lines)}", LONGEST)
    reply = Done(told, request.id)
    if await answer(tx, origin, reply):
        fresh = await save(tx, request, rows, *(one.row for one in found))
        for one in found:
            await _contributions(tx, one.row)
            if one.row.due_at is not None:
                await tx.lanes.wake(one.row.part.lane, tx.now)
        await notice(tx, fresh, told)
        for one in found:
            await _record(context, tx, Entry(EventName.EVIDENCE, wanted.person, fresh, one.row), one)
    return reply


async def _contributions(tx: Transaction, row: PartRow) -> None:
    """An entry that is out for good is asked for no more; one that was read back is settled."""
    for contribution in await tx.contributions.in_lane(row.part.lane):
        if contribution.part != row.id:
            continue
        if row.state is PartState.ROLLED_BACK:
            await tx.contributions.drop(contribution.id)
        elif row.state is PartState.APPLIED and not contribution.settled:
            await tx.contributions.put(msgspec.structs.replace(contribution, settled=True))


async def _record(context: Context, tx: Transaction, entry: Entry, one: Found) -> None:
    seen = {"seen": cut(one.said, LONGEST)}
    await append(context, tx, msgspec.structs.replace(entry, outcome=one.outcome, details=seen))
    if one.row.state is PartState.ROLLED_BACK:
        settled = msgspec.structs.replace(entry, event=EventName.ROLLBACK, outcome="undone-by-hand")
        await append(context, tx, settled)
    elif one.row.verdict is not None and one.outcome != "unread":
        verdict = one.row.verdict.value
        await append(context, tx, msgspec.structs.replace(entry, event=EventName.VERDICT, outcome=verdict))


def _judged(made: Seen, now: datetime) -> Found:
    seen = made.look
    row = seen.row
    if seen.unread:
        said = f"it could not be looked at: {seen.unread}"
        return Found(_noted(row, said, now), f"{said}.", "unread")
    if row.state in {PartState.APPLIED, PartState.TAMPERED}:
        return _active(made, now)
    if not seen.left:
        said = "nothing of ours is left; not by us: it was undone by hand"
        return Found(_ended(_noted(row, said, now), now), f"{said}. It counts as rolled back.", "gone")
    if seen.whole and row.moments[-2].state in STARTED:
        said = "it stands as written"
        return Found(
            _applied(_noted(row, said, now), now), f"{said}, which is not yet proof of an effect.", "whole"
        )
    left = ", ".join(seen.left)
    said = f"still left: {left}"
    text = f"Still left: {left}. {TO_DO}"
    return Found(msgspec.structs.replace(_noted(row, said, now), trouble=text), f"{said}. {TO_DO}", "left")


def _active(made: Seen, now: datetime) -> Found:
    """What differs is drift, for a person to choose: something missing is no rollback while it is wanted."""
    seen, row = made.look, made.look.row
    measured = weighed(row, made.proofs, now) if made.proofs else row
    amounts = measured.verdict if made.proofs or row.due_at else verdict_of(row.part.forecast)
    told = f"{amounts}{f' ({why})' if (why := reason(amounts, measured.evidence)) else ''}"
    if seen.whole:
        said, outcome = f"it stands as written; whether the traffic stopped: {told}", "whole"
    else:
        differs = ", ".join(f"{d.ref} {d.field}" for d in seen.drift)
        said, outcome = f"it does NOT stand as written{f' ({differs})' if differs else ''}: {told}", "differs"
    noted = _noted(row, cut(said, LONGEST), now)
    fresh = weighed(noted, made.proofs, now) if made.proofs else noted
    fresh = msgspec.structs.replace(fresh, drift=seen.drift, verdict=amounts)
    if made.proofs and seen.whole and fresh.part.probes and not fresh.canaries:
        fresh = msgspec.structs.replace(fresh, trying_until=until(fresh, now), due_at=now)
        said = f"{said}. Canaries try it anew; what they say follows"
    return Found(fresh, f"{said}.", outcome)


def _noted(row: PartRow, said: str, now: datetime) -> PartRow:
    """The newest look takes the place of the one before: however often somebody asks, the card stays a card."""
    kept = tuple(proof for proof in row.evidence if not proof.text.startswith(AGAIN))
    return msgspec.structs.replace(row, evidence=(*kept, Evidence("L0", cut(f"{AGAIN}{said}", LONGEST), now)))


def _ended(row: PartRow, now: datetime) -> PartRow:
    clean = row.moved(Event.RELEASE, now).moved(Event.RELEASED, now)
    return msgspec.structs.replace(
        clean, drift=(), trouble="", attempts=0, due_at=None, canaries=(), canary_uids=()
    )


def _applied(row: PartRow, now: datetime) -> PartRow:
    verdict = verdict_of(row.part.forecast)
    return row.moved(Event.APPLY, now, verdict=verdict, drift=(), trouble="", attempts=0, due_at=None)
