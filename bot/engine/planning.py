"""Drives a plan: asks its questions concurrently, sends the answers, returns what it says."""

import asyncio
from datetime import datetime, timedelta

from bot.domain.actions import Action
from bot.domain.findings import Refusal
from bot.domain.plans import Plan, Planning
from bot.domain.queries import Answer, Query, Unavailable
from bot.ports import World


async def drive(planning: Planning, world: World, limit: timedelta) -> Plan | Refusal:
    """Run a planning generator to its end. A question that takes longer than ``limit`` is Unavailable."""
    try:
        batch = next(planning)
    except StopIteration as stop:
        return _made(stop)
    while True:
        answers = await asyncio.gather(*(_ask(world, query, limit) for query in batch))
        step = await asyncio.to_thread(_step, planning, tuple(answers))
        if isinstance(step, (Plan, Refusal)):
            return step
        batch = step


def _step(planning: Planning, answers: tuple[Answer, ...]) -> tuple[Query, ...] | Plan | Refusal:
    """Pure, so it may run beside the loop: over ten thousand pods it takes long enough to be felt."""
    try:
        return planning.send(answers)
    except StopIteration as stop:
        return _made(stop)


def _made(stop: StopIteration) -> Plan | Refusal:
    made: Plan | Refusal = stop.value
    return made


async def _ask(world: World, query: Query, limit: timedelta) -> Answer:
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await world.answer(query)
    except TimeoutError:
        return Unavailable(f"no answer within {limit.total_seconds():.0f} s")


async def plan(
    action: Action, world: World, now: datetime, request_id: str, limit: timedelta
) -> Plan | Refusal:
    """Make an action's plan against the world as it is now."""
    return await drive(action.plan(now, request_id), world, limit)
