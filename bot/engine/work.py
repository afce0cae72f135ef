"""The worker's turn: claim one lane with lease and fence, drive it as far as it goes, give it back."""

import asyncio
from datetime import datetime

import msgspec

from bot.domain.errors import FencedError
from bot.domain.lanes import Lane
from bot.engine.context import Context
from bot.engine.execute import drive_objects
from bot.engine.settle import drive_shared
from bot.engine.steps import Turn

SHARED = "azure:"


async def work_one(context: Context, owner: str) -> str | None:
    """
    Work one lane that is due; return its key, or ``None`` when none was due.

    A worker that was frozen past its lease finds its fence gone at its next transaction and stops.
    """
    lane = await claim(context, owner)
    if lane is not None:
        await drive(context, lane)
    return None if lane is None else lane.key


async def claim(context: Context, owner: str) -> Lane | None:
    """Take a lane that is due, with lease and fence; ``None`` when none is."""
    async with context.store.begin() as tx:
        return await tx.lanes.claim(owner, context.limits.lease)


async def drive(context: Context, lane: Lane) -> None:
    """Drive a claimed lane as far as it goes, and give it back."""
    turn = Turn(context, lane)
    try:
        again = await (drive_shared if lane.key.startswith(SHARED) else drive_objects)(turn)
        await give_back(context, lane, again)
    except FencedError:
        pass
    except asyncio.CancelledError:
        await asyncio.shield(_leave(context, lane))
        raise


async def give_back(context: Context, claimed: Lane, again: datetime | None) -> None:
    """Free the lane; ``again`` is when it is due next. A wake-up that came meanwhile is kept."""
    async with context.store.begin() as tx:
        lane = await tx.lanes.hold(claimed)
        due = min((t for t in (again, lane.due_at) if t is not None), default=None)
        await tx.lanes.put(msgspec.structs.replace(lane, owner="", lease_until=None, due_at=due))


async def _leave(context: Context, claimed: Lane) -> None:
    """Free the lane at shutdown so that the next worker takes it at once."""
    async with context.store.begin() as tx:
        lane = await tx.lanes.hold(claimed)
        await tx.lanes.put(msgspec.structs.replace(lane, owner="", lease_until=None, due_at=tx.now))
