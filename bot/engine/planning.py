"""Drives a plan: asks its questions concurrently, sends the answers, returns what it says."""

import asyncio
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from bot.domain.actions import Action
from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.domain.queries import Answer, Query, Rounds, Unavailable
from bot.ports import World

T = TypeVar("T")


class _Ended(msgspec.Struct, Generic[T], frozen=True):
    value: T


async def drive(asking: Rounds[T], world: World, limit: timedelta) -> T:
    """Run a generator of queries to its end. A question that takes longer than ``limit`` is Unavailable."""
    step = await asyncio.to_thread(_step, asking, None)
    while not isinstance(step, _Ended):
        answers = await asyncio.gather(*(_ask(world, query, limit) for query in step))
        step = await asyncio.to_thread(_step, asking, tuple(answers))
    return step.value


def _step(asking: Rounds[T], answers: tuple[Answer, ...] | None) -> tuple[Query, ...] | _Ended[T]:
    """Pure, so it may run beside the loop: over ten thousand pods it takes long enough to be felt."""
    try:
        return next(asking) if answers is None else asking.send(answers)
    except StopIteration as stop:
        return _Ended(stop.value)


async def _ask(world: World, query: Query, limit: timedelta) -> Answer:
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await world.answer(query)
    except TimeoutError:
        return Unavailable(f"no answer within {limit.total_seconds():.0f} s")


async def plan(
    action: Action, world: World, now: datetime, request_id: str, limit: timedelta, first: int = 0
) -> Plan | Refusal:
    """Make an action's plan against the world as it is now; ``first`` is the number of its first part."""
    return await drive(action.plan(now, request_id, first), world, limit)
