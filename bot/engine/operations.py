"""Follows one slow write to its end, across restarts: by its token, and by reading when the token says nothing."""

from datetime import datetime, timedelta

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import OutsideError, UnknownOutcomeError
from bot.domain.lanes import Operation, normal
from bot.engine.contributions import accept_parts, settle_parts, stick_parts
from bot.engine.recording import Entry, append
from bot.engine.steps import Turn, wait_for
from bot.ports import Progress


async def follow(turn: Turn, operation: Operation) -> datetime | None:
    """Ask once how it stands; return when to ask again, or ``None`` when it is over and the parts know."""
    if not operation.token:
        return await _recover(turn, operation)
    await accept_parts(turn, operation.covers)
    progress = await _poll(turn, operation)
    if not isinstance(progress, Progress):
        return progress
    if progress.done or progress.failed:
        return await _finish(turn, operation, progress)
    return await _patience(turn, operation, progress.retry_after)


async def _recover(turn: Turn, operation: Operation) -> datetime | None:
    """Nobody knows whether the write was taken (killed, or its answer lost): read, compare, and go on from there."""
    try:
        sight = await turn.call(turn.context.shared.read(operation.thing))
    except OutsideError as error:
        return await _pause(turn, operation, error)
    if not sight.ready:
        return await _patience(turn, operation, 0.0)
    if {normal(e) for e in sight.entries} == {normal(e) for e in operation.entries}:
        await accept_parts(turn, operation.covers)
        return await _finish(turn, operation, Progress(done=True))
    await _close(turn, operation, "not-taken", "")
    return None


async def _poll(turn: Turn, operation: Operation) -> Progress | datetime | None:
    try:
        return await turn.call(turn.context.shared.poll(operation.token))
    except ValueError as refused:  # a token that names another host: never followed, the read-back decides
        return Progress(failed=str(refused))
    except UnknownOutcomeError as error:
        if error.code == "NoAnswer":
            return await _pause(turn, operation, error)
        return Progress(done=True)
    except OutsideError as error:
        return await _pause(turn, operation, error)


async def _finish(turn: Turn, operation: Operation, progress: Progress) -> datetime | None:
    """Read everything back, close the operation, and let the parts learn."""
    try:
        sight = await turn.call(turn.context.shared.settled(operation.thing))
    except OutsideError as error:
        return await _pause(turn, operation, error)
    if not sight.ready:
        return await _patience(turn, operation, 0.0)
    await _close(turn, operation, "failed" if progress.failed else "settled", progress.failed)
    return await settle_parts(turn, operation.thing, sight, progress.failed)


async def _patience(turn: Turn, operation: Operation, retry_after: float) -> datetime | None:
    """Wait on, within the bound; beyond it a person is asked, and what stands there is told."""
    async with turn.context.store.begin() as tx:
        now = tx.now
    limits = turn.context.limits
    if now - operation.started_at < limits.operation:
        seconds = max(retry_after, limits.poll.total_seconds())
        return now + timedelta(seconds=seconds)
    text = f"the operation on {operation.thing} has not ended for {limits.operation}"
    await _close(turn, operation, "unknown", text)
    await stick_parts(turn, operation.covers, text)
    return None


async def _close(turn: Turn, operation: Operation, outcome: str, text: str) -> None:
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        if lane.operation is None or lane.operation.request_id != operation.request_id:
            return
        settled = 1 if outcome == "settled" else 0
        closed = msgspec.structs.replace(lane, operation=None, revision=lane.revision + settled, attempts=0)
        await tx.lanes.put(closed)
        entry = Entry(
            EventName.RESULT,
            None,
            outcome=outcome,
            fence=lane.fence,
            target=operation.thing.id,
            note=text,
            details={"operation": operation.request_id, "revision": closed.revision},
        )
        await append(turn.context, tx, entry)


async def _pause(turn: Turn, operation: Operation, error: OutsideError) -> datetime | None:
    """Wait as long as was said, or longer each time; patience ends with the operation's own bound."""
    async with turn.context.store.begin() as tx:
        lane = await tx.lanes.hold(turn.lane)
        await tx.lanes.put(msgspec.structs.replace(lane, attempts=lane.attempts + 1))
    wait = wait_for(error, lane.attempts, turn.context.limits.backoff)
    return await _patience(turn, operation, wait.total_seconds())
