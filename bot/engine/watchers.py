"""Those who capture: one who looks for what is due, and a few captures side by side. None of it holds up a lane."""

import asyncio
import logging
from typing import Final

from bot.domain.evidence import Capture
from bot.engine.capture import claim, retire, work
from bot.engine.context import Context, Evidence

log = logging.getLogger("firebreak.engine.evidence")
POLL: Final = 1.0  # seconds
AT_ONCE: Final = 4
RETIRE_EVERY: Final = 3600.0  # seconds


class Watchers:
    """``turn`` takes one capture that is due and starts on it, or waits until something may be due."""

    def __init__(self, context: Context, evidence: Evidence) -> None:
        self._context, self._evidence = context, evidence
        self._working: set[asyncio.Task[None]] = set()
        self._retired = -RETIRE_EVERY

    async def turn(self) -> None:
        """Take one, at most so many at a time."""
        await self._retire()
        if len(self._working) >= AT_ONCE:
            await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
            return
        taken = await claim(self._context)
        if taken is None:
            await self._context.store.wait(POLL)
            return
        task = asyncio.create_task(self._work(taken), name=f"evidence {taken.id}")
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def drop(self) -> None:
        """End what is under way: each capture gives its row back, and is taken again."""
        for task in tuple(self._working):
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _work(self, taken: Capture) -> None:
        try:
            await work(self._context, self._evidence, taken)
        except Exception as error:
            log.exception("capture_failed", extra={"capture": taken.id, "error": type(error).__name__})

    async def _retire(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._retired >= RETIRE_EVERY and await retire(self._context, self._evidence) == 0:
            self._retired = now
