"""Asks the clusters what of the names that alerts hold is there, for so long as somebody may wait for it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.domain.alerts import Subject
from bot.domain.suggestions import Resolved
from bot.domain.suggestions.resolving import resolving
from bot.engine.context import Context
from bot.engine.planning import drive
from bot.engine.recalling import recalling

LONGEST: Final = timedelta(seconds=20)


async def looked_up(context: Context, subjects: Sequence[Subject]) -> tuple[Resolved, ...] | None:
    """Return what the clusters say of each; ``None`` where they did not say in time."""
    asking = resolving(tuple(subjects), context.clusters)
    try:
        async with asyncio.timeout(LONGEST.total_seconds()):
            return await drive(asking, recalling(context), context.limits.names)
    except TimeoutError:
        return None
