"""One worker's turn at one lane, and its steps: each a fenced transaction of row, record and card."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.errors import OutsideError, UnknownOutcomeError
from bot.domain.lanes import Lane
from bot.domain.requests import PartRow, Request
from bot.domain.states import DUE, PartState
from bot.engine.context import Context
from bot.engine.lease import refreshed
from bot.engine.recording import Entry, append
from bot.engine.saying import card, notice
from bot.ports import Transaction

T = TypeVar("T")
Move = Callable[[PartRow, datetime], PartRow]
Also = Callable[[Transaction], Awaitable[None]]


@dataclass
class Turn:
    """A claimed lane and the context to work it in. ``held_at`` is when the lease was last renewed, by the loop's clock."""

    context: Context
    lane: Lane
    held_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def call(self, outside: Awaitable[T]) -> T:
        """
        Await one outside call; no answer in time is an unknown outcome, never a failure.

        A worker that was frozen, or slow, asks first whether the lane is still its own: ``FencedError`` if not.
        """
        limit = self.context.limits.call.total_seconds()
        await self._still_ours(outside)
        try:
            async with asyncio.timeout(limit):
                return await outside
        except TimeoutError as late:
            raise UnknownOutcomeError("NoAnswer", f"no answer within {limit:.0f} s") from late

    async def _still_ours(self, outside: Awaitable[T]) -> None:
        now = asyncio.get_running_loop().time()
        if now - self.held_at < self.context.limits.lease.total_seconds() / 4:
            return
        try:
            async with self.context.store.begin() as tx:
                await tx.lanes.hold(self.lane)
        except BaseException:
            if asyncio.iscoroutine(outside):
                outside.close()
            raise
        self.held_at = now


async def step(
    turn: Turn, row: PartRow, move: Move, event: EventName, outcome: str = "", also: Also | None = None
) -> PartRow:
    """
    Move one part in one transaction: row, request, card and audit record stand together or not at all.

    ``move`` is pure, is given the row as stored, and returns it unchanged to decline. ``also`` writes more
    rows in the same transaction, only if the part moved. Raises ``FencedError`` when the lane was taken over.
    """
    async with turn.context.store.begin() as tx:
        request = await tx.requests.get(row.request_id, lock=True)
        rows = await tx.parts.of(row.request_id)
        if request is None:
            return rows[row.index]
        step_made = Step(row.index, move, event, outcome, also)
        return await step_within(turn, tx, (request, rows), step_made)


@dataclass(frozen=True)
class Step:
    """One part's move, and how it is recorded; see `step`."""

    index: int
    move: Move
    event: EventName
    outcome: str = ""
    also: Also | None = None


async def step_within(
    turn: Turn, tx: Transaction, held: tuple[Request, tuple[PartRow, ...]], made: Step
) -> PartRow:
    """Do as `step` does, in a transaction that has locked the request already."""
    request, rows = held
    lane = await tx.lanes.hold(turn.lane)
    turn.held_at = asyncio.get_running_loop().time()
    fresh = rows[made.index]
    moved = kept_due(made.move(fresh, tx.now), tx.now)
    if moved == fresh:
        return fresh
    await save(tx, request, rows, moved)
    if made.also is not None:
        await made.also(tx)
    stuck = moved.state is PartState.NEEDS_HUMAN and fresh.state is not PartState.NEEDS_HUMAN
    if stuck:
        await notice(tx, request, f"{request.id} needs a person: {moved.trouble}", mention=True)
    entry = Entry(made.event, None, request, moved, outcome=made.outcome, fence=lane.fence)
    await append(turn.context, tx, entry)
    if stuck:
        await append(turn.context, tx, Entry(EventName.NEEDS_HUMAN, None, request, moved, fence=lane.fence))
    return moved


async def save(tx: Transaction, request: Request, rows: tuple[PartRow, ...], *moved: PartRow) -> Request:
    """Store moved parts, the request's lease and timer that follow from them, and the card to repaint."""
    due = tuple(kept_due(row, tx.now) for row in moved)
    by_id = {row.id: row for row in rows} | {row.id: row for row in due}
    for row, before in zip(due, moved, strict=True):
        await tx.parts.put(row)
        if row.due_at != before.due_at:
            await tx.lanes.wake(row.part.lane, tx.now)
    fresh = refreshed(request, tuple(by_id.values()), tx.now)
    await tx.requests.put(fresh)
    await card(tx, fresh)
    return fresh


def kept_due(row: PartRow, now: datetime) -> PartRow:
    """Return the row, due while canaries of it may stand: nobody else would remove them."""
    due = row.due_at is None and bool(row.canaries) and row.state not in DUE
    return msgspec.structs.replace(row, due_at=now) if due else row


def pause(context: Context, row: PartRow, error: OutsideError, now: datetime) -> PartRow:
    """Return the row waiting for its next attempt, with the reason for people to read."""
    due = now + wait_for(error, row.attempts, context.limits.backoff)
    return msgspec.structs.replace(row, attempts=row.attempts + 1, due_at=due, trouble=f"waiting: {error}")


def wait_for(error: OutsideError, attempts: int, backoff: timedelta) -> timedelta:
    """Return how long to wait: as told, or doubling from ``backoff``; 5 minutes at most."""
    longest = timedelta(minutes=5)
    if error.retry_after is not None:
        return min(timedelta(seconds=error.retry_after), longest)
    return min(backoff * (1 << min(attempts, 8)), longest)
