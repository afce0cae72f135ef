"""Parts whose changes are contributions: taken in, accepted, settled by the read-back, or told why not."""

from datetime import datetime

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.changes import Contribute
from bot.domain.errors import DeniedError, OutsideError
from bot.domain.lanes import Contribution, normal
from bot.domain.refs import ArmRef
from bot.domain.requests import Evidence, PartRow, Request
from bot.domain.states import Event, PartState, allows
from bot.engine.clear import clear
from bot.engine.snapshots import follow as follow_flows
from bot.engine.steps import Also, Move, Turn, step
from bot.engine.verify import verdict_of
from bot.ports import SharedSight, Transaction


async def take_in(turn: Turn) -> None:
    """Turn approved parts into contributions, and parts that are released into withdrawals."""
    async with turn.context.store.begin() as tx:
        now = tx.now
        rows = [r for r in await tx.parts.in_lane(turn.lane.key) if r.due_at is None or r.due_at <= now]
        approved = [r for r in rows if r.state is PartState.APPROVED]
        requests = {of: await tx.requests.get(of) for of in dict.fromkeys(r.request_id for r in approved)}
    asked = {r.id: _step_of(requests[r.request_id], r) for r in approved}
    first = {of: row for row in reversed(rows) if (of := asked.get(row.id)) is not None}
    cleared = {
        of: await clear(turn.context, first[of].request_id, part=first[of].index)
        for of in dict.fromkeys(asked.values())
    }
    for row in rows:
        if row.state is PartState.APPROVED and cleared[asked[row.id]]:
            await step(turn, row, _begin, EventName.INTENT, "contribute", _entering(turn, row))
        elif row.state is PartState.ROLLING_BACK:
            await _withdraw(turn, row)


def _step_of(request: Request | None, row: PartRow) -> tuple[str, int]:
    """Return what is judged together: a request, or the step of it that a row is of."""
    return (row.request_id, request.plan.step_of(row.index) if request is not None else 0)


def _begin(fresh: PartRow, now: datetime) -> PartRow:
    if fresh.state is not PartState.APPROVED:
        return fresh
    return fresh.moved(Event.START, now, attempts=0, due_at=None)


def _entering(turn: Turn, row: PartRow) -> Also:
    async def also(tx: Transaction) -> None:
        for index, change in enumerate(row.part.changes):
            if isinstance(change, Contribute):
                entry = Contribution(f"{row.id}#{index}", row.id, turn.lane.key, change.thing, change.entry)
                await tx.contributions.put(entry)

    return also


async def _withdraw(turn: Turn, row: PartRow) -> None:
    """What was never sent is dropped at once; the rest leaves with the next write."""
    async with turn.context.store.begin() as tx:
        await tx.lanes.hold(turn.lane)
        mine = [c for c in await tx.contributions.in_lane(turn.lane.key) if c.part == row.id]
        for contribution in mine:
            if not contribution.sent:
                await tx.contributions.drop(contribution.id)
            elif contribution.wanted:
                leaving = msgspec.structs.replace(contribution, wanted=False, settled=False)
                await tx.contributions.put(leaving)
        left = [c for c in mine if c.sent]
    if not left:
        await step(turn, row, _released("it never stood there"), EventName.ROLLBACK, "withdrawn")


async def accept_parts(turn: Turn, covers: tuple[str, ...]) -> None:
    """The write was taken: parts that enter are accepted, and their lease begins. Safe to repeat."""

    def accept(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.EXECUTING:
            return fresh
        return fresh.moved(Event.ACCEPT, now, trouble="", due_at=None)

    for row in await _rows(turn, covers):
        if row.state is PartState.EXECUTING:
            await step(turn, row, accept, EventName.RESULT, "accepted")


async def settle_parts(turn: Turn, thing: ArmRef, sight: SharedSight, told: str) -> datetime | None:
    """
    Let each waiting part learn from the read-back whether its entry is in or out.

    ``told`` is what the operation said of itself. Returns when to try again what is not as it should be.
    """
    standing = {normal(e) for e in sight.entries}
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        everything = await tx.contributions.in_lane(turn.lane.key)
        foreign = set(lane.ledger(thing).foreign)
    kept = {normal(c.entry): c.part for c in everything if c.wanted and c.thing == thing}
    again: datetime | None = None
    for contribution in everything:
        if contribution.thing != thing or contribution.settled:
            continue
        inside = normal(contribution.entry) in standing
        if contribution.wanted:
            settled = inside and await _entered(turn, contribution, sight)
        else:
            stays = _why_it_stays(normal(contribution.entry), kept, foreign)
            settled = (not inside or bool(stays)) and await _left(turn, contribution, stays if inside else "")
        if not settled:
            again = await _try_again(turn, contribution, told or "not as asked after the write")
    return again


def _why_it_stays(entry: str, kept: dict[str, str], foreign: set[str]) -> str:
    if entry in kept:
        return f"stays blocked by {kept[entry].split('.')[0]}"
    return "stays: it was put there by others" if entry in foreign else ""


async def _entered(turn: Turn, contribution: Contribution, sight: SharedSight) -> bool:
    """Read back as wanted. A thing in a failed state may be enforced or not: that is for a person."""
    failed = ", ".join(sight.failed)

    def move(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is PartState.EXECUTING:
            fresh = fresh.moved(Event.ACCEPT, now)
        if failed and allows(fresh.state, Event.STUCK):
            text = (
                f"the entry is in, but not everything agrees: {failed}. Whether it is enforced is not known"
            )
            return fresh.moved(Event.STUCK, now, trouble=text)
        if not allows(fresh.state, Event.APPLY):
            return fresh
        proof = Evidence("L0", "read back: the entry is in, and all states are Succeeded", now)
        verdict = verdict_of(fresh.part.forecast)
        return fresh.moved(
            Event.APPLY,
            now,
            verdict=verdict,
            evidence=(*fresh.evidence, proof),
            trouble="",
            due_at=None,
            attempts=0,
        )

    row = await _row(turn, contribution)
    settled = msgspec.structs.replace(contribution, settled=True)
    outcome = "failed-state" if failed else "read-back"

    async def also(tx: Transaction) -> None:
        await tx.contributions.put(settled)
        await follow_flows(turn.context, tx, row)

    await _settle(turn, row, move, (EventName.EVIDENCE, outcome), also)
    return True


async def _left(turn: Turn, contribution: Contribution, stays: str) -> bool:
    row = await _row(turn, contribution)
    text = stays or "read back: the entry is out"
    drop: Also = lambda tx: tx.contributions.drop(contribution.id)  # noqa: E731 - one expression
    await _settle(turn, row, _released(text), (EventName.ROLLBACK, "withdrawn"), drop)
    return True


def _released(text: str) -> Move:
    def move(fresh: PartRow, now: datetime) -> PartRow:
        if fresh.state is not PartState.ROLLING_BACK:
            return fresh
        proof = Evidence("L0", text, now)
        return fresh.moved(
            Event.RELEASED,
            now,
            evidence=(*fresh.evidence, proof),
            drift=(),
            trouble="",
            attempts=0,
            due_at=None,
        )

    return move


async def _settle(turn: Turn, row: PartRow, move: Move, said: tuple[EventName, str], also: Also) -> None:
    """Move the part and its contribution together; a part that needs no move still has its contribution settled."""
    moved = await step(turn, row, move, said[0], said[1], also)
    if moved.state is row.state:
        async with turn.context.store.begin() as tx:
            await tx.lanes.hold(turn.lane)
            await also(tx)


async def _try_again(turn: Turn, contribution: Contribution, told: str) -> datetime | None:
    limits = turn.context.limits
    row = await _row(turn, contribution)
    if row.attempts + 1 >= limits.attempts:
        await _give_up(turn, row, contribution, told, outside=contribution.wanted)  # it was just read
        return None

    def wait(fresh: PartRow, _: datetime) -> PartRow:
        return msgspec.structs.replace(fresh, attempts=fresh.attempts + 1, trouble=f"trying again: {told}")

    await step(turn, row, wait, EventName.RESULT, "try-again")
    async with turn.context.store.begin() as tx:
        return tx.now + limits.backoff * (1 << row.attempts)


async def fail_parts(turn: Turn, thing: ArmRef, error: OutsideError, seen: SharedSight | None) -> None:
    """
    The write cannot be had: parts that would leave need a person, and so do parts that an earlier write may have let in.

    The others have failed: no write ever held them, or what was ``seen`` just before a refusal for good is without them.
    """
    known = seen is not None and isinstance(error, DeniedError)
    standing = {normal(e) for e in seen.entries} if seen is not None else set()
    async with turn.context.store.begin() as tx:
        waiting = [
            c for c in await tx.contributions.in_lane(turn.lane.key) if c.thing == thing and not c.settled
        ]
    for contribution in waiting:
        outside = not contribution.sent or (known and normal(contribution.entry) not in standing)
        row = await _row(turn, contribution)
        await _give_up(turn, row, contribution, str(error), outside=outside)


async def _give_up(turn: Turn, row: PartRow, contribution: Contribution, why: str, *, outside: bool) -> None:
    """``outside``: the entry is certainly not in because of us; else it stays ours, for a person to look at."""
    failed = outside and row.state is PartState.EXECUTING

    def move(fresh: PartRow, now: datetime) -> PartRow:
        if failed and fresh.state is PartState.EXECUTING:
            return fresh.moved(Event.FAIL, now, trouble=why, due_at=None)
        if not allows(fresh.state, Event.STUCK):
            return fresh
        text = (
            f"{why}. {contribution.entry} may stand in {contribution.thing}: use the commands on this card."
        )
        return fresh.moved(Event.STUCK, now, trouble=text, due_at=None)

    async def also(tx: Transaction) -> None:
        if failed:
            await tx.contributions.drop(contribution.id)

    await step(turn, row, move, EventName.RESULT, "gave-up", also)


async def stick_parts(turn: Turn, covers: tuple[str, ...], why: str) -> None:
    """Nobody can say how it ended: each part that still waits for it asks for a person."""

    def move(fresh: PartRow, now: datetime) -> PartRow:
        return fresh.moved(Event.STUCK, now, trouble=why) if allows(fresh.state, Event.STUCK) else fresh

    for row in await _rows(turn, covers):
        if row.state in {PartState.ACCEPTED, PartState.ROLLING_BACK, PartState.EXECUTING}:
            await step(turn, row, move, EventName.RESULT, "unknown")


async def _rows(turn: Turn, covers: tuple[str, ...]) -> tuple[PartRow, ...]:
    ids = dict.fromkeys(cover.split("#")[0] for cover in covers)
    return tuple([await _by_id(turn, part_id) for part_id in ids])


async def _row(turn: Turn, contribution: Contribution) -> PartRow:
    return await _by_id(turn, contribution.part)


async def _by_id(turn: Turn, part_id: str) -> PartRow:
    request_id, _, index = part_id.rpartition(".")
    async with turn.context.store.begin() as tx:
        return (await tx.parts.of(request_id))[int(index)]
