"""
Drives a lane of shared things: everything that waits becomes one write.

One pass: finish the operation that runs; take in what waits; render all contributions; write. The intent is
stored before the write and the token right after it; each part learns from the read-back whether it is in.
"""

from datetime import datetime

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import ConflictError, DeniedError, OutsideError, UnknownOutcomeError
from bot.domain.lanes import Lane, Ledger, Operation, Rendering, newly_sent, render, unsent
from bot.domain.refs import ArmRef
from bot.domain.states import PartState
from bot.engine.contributions import fail_parts, settle_parts, take_in
from bot.engine.operations import follow
from bot.engine.recording import Entry, append
from bot.engine.steps import Turn, wait_for
from bot.ports import SharedSight


async def drive_shared(turn: Turn) -> datetime | None:
    """Work the lane until nothing is left to settle, or something must be waited for; return until when."""
    while True:
        async with turn.context.store.begin() as tx:
            lane = await tx.lanes.get(turn.lane.key)
        if lane is not None and lane.operation is not None:
            again = await follow(turn, lane.operation)
        else:
            await take_in(turn)
            thing = await _next_thing(turn)
            if thing is None:
                return await _next_due(turn)
            again = await send(turn, thing)
        if again is not None:
            return again


async def _next_thing(turn: Turn) -> ArmRef | None:
    """The shared thing of the first contribution that a part still works on; one that needs a person rests."""
    async with turn.context.store.begin() as tx:
        working = {
            row.id for row in await tx.parts.in_lane(turn.lane.key) if row.state is not PartState.APPROVED
        }
        waiting = [
            c for c in await tx.contributions.in_lane(turn.lane.key) if not c.settled and c.part in working
        ]
    return waiting[0].thing if waiting else None


async def _next_due(turn: Turn) -> datetime | None:
    async with turn.context.store.begin() as tx:
        rows = await tx.parts.in_lane(turn.lane.key)
    return min((row.due_at for row in rows if row.due_at is not None), default=None)


async def send(turn: Turn, thing: ArmRef) -> datetime | None:
    """Render what the thing must contain and ask for it, unless it contains that already."""
    try:
        sight = await turn.call(turn.context.shared.read(thing))
    except OutsideError as error:
        return await hindered(turn, thing, error)
    if not sight.ready:
        return await _later(turn, thing)
    operation = await _intend(turn, thing, sight)
    if operation is None:
        return await settle_parts(turn, thing, sight, "nothing had to be sent")
    shared = turn.context.shared
    try:
        token = await turn.call(shared.start(thing, operation.entries, sight.version, operation.request_id))
    except UnknownOutcomeError as error:
        return await _unknown(turn, error)
    except OutsideError as error:
        await _withdraw_intent(turn)
        return await hindered(turn, thing, error, sight)
    await _keep_token(turn, token)
    return None


async def _intend(turn: Turn, thing: ArmRef, sight: SharedSight) -> Operation | None:
    """Commit what will be asked for, before it is asked; ``None`` when it stands there already."""
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        mine = await tx.contributions.in_lane(lane.key)
        rendering = render(sight.entries, lane.ledger(thing), mine)
        lane = lane.learned(Ledger(thing, rendering.foreign))
        first = newly_sent(thing, mine)
        for contribution in first:  # even if another's write has put it there: it is ours as well
            await tx.contributions.put(contribution)
        if not rendering.changed:
            await tx.lanes.put(lane)
            return None
        covers = [c for c in mine if c.thing == thing and not c.settled]
        operation = Operation(
            thing=thing,
            entries=rendering.entries,
            request_id=turn.context.entropy.operation_id(),
            started_at=tx.now,
            covers=tuple(c.id for c in covers),
            first=tuple(c.id for c in first),
        )
        await tx.lanes.put(msgspec.structs.replace(lane, operation=operation))
        await append(turn.context, tx, _intent(lane, operation, rendering, sight))
    return operation


def _intent(lane: Lane, operation: Operation, rendering: Rendering, sight: SharedSight) -> Entry:
    before, after = set(sight.entries), set(rendering.entries)
    return Entry(
        EventName.INTENT,
        None,
        outcome="write-shared",
        fence=lane.fence,
        target=operation.thing.id,
        details={
            "adds": sorted(after - before),
            "removes": sorted(before - after),
            "foreign": len(rendering.foreign),
            "operation": operation.request_id,
            "parts": sorted({cover.split("#")[0] for cover in operation.covers}),
        },
    )


async def _keep_token(turn: Turn, token: str) -> None:
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        if lane.operation is None:
            return
        running = msgspec.structs.replace(lane.operation, token=token)
        await tx.lanes.put(msgspec.structs.replace(lane, operation=running, attempts=0))
        entry = Entry(
            EventName.RESULT,
            None,
            outcome="accepted",
            fence=lane.fence,
            target=running.thing.id,
            details={"operation": running.request_id},
        )
        await append(turn.context, tx, entry)


async def _withdraw_intent(turn: Turn) -> None:
    """The write was refused for certain: what had never been sent before is not ours there."""
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        operation = lane.operation
        if operation is None:
            return
        for contribution in unsent(operation, await tx.contributions.in_lane(lane.key)):
            await tx.contributions.put(contribution)
        await tx.lanes.put(msgspec.structs.replace(lane, operation=None))


async def _unknown(turn: Turn, error: OutsideError) -> datetime:
    """The answer was lost: the intent stays, and the next pass reads before it does anything."""
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        due = tx.now + wait_for(error, lane.attempts, turn.context.limits.backoff)
        await tx.lanes.put(msgspec.structs.replace(lane, attempts=lane.attempts + 1))
    return due


async def _later(turn: Turn, thing: ArmRef) -> datetime | None:
    busy = OutsideError(
        "Updating", "it is being updated by somebody else", turn.context.limits.poll.total_seconds()
    )
    return await hindered(turn, thing, busy)


async def hindered(
    turn: Turn, thing: ArmRef, error: OutsideError, seen: SharedSight | None = None
) -> datetime | None:
    """Wait and try again, or tell each waiting part why it failed; ``seen`` is what was read just before."""
    limits = turn.context.limits
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        attempts = lane.attempts + 1
        hopeless = isinstance(error, DeniedError) or attempts >= limits.lane_attempts
        await tx.lanes.put(msgspec.structs.replace(lane, attempts=0 if hopeless else attempts))
        again = isinstance(error, ConflictError)
        due = tx.now if again else tx.now + wait_for(error, attempts, limits.backoff)
    if hopeless:
        await fail_parts(turn, thing, error, seen)
        return None
    return due
