"""Rests between two looks, which end at once when something happens: nobody waits for a sleeper when the program stops."""

import asyncio
from collections.abc import Awaitable


async def first_of(*waits: Awaitable[object], within: float | None = None) -> None:
    """Wait for the first of these, ``within`` so many seconds where given; the others are cancelled."""
    either = {asyncio.ensure_future(wait) for wait in waits}
    try:
        await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in either:
            task.cancel()
        await asyncio.gather(*either, return_exceptions=True)


async def rest(stop: asyncio.Event, seconds: float) -> None:
    """Wait so many seconds, or until ``stop`` is set."""
    await first_of(stop.wait(), within=seconds)
