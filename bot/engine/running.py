"""The loops that keep it going: workers, the clock, the watch. Each is guarded: a failure is logged and tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bot.engine.context import Context
from bot.engine.expire import tick
from bot.engine.reconcile import Watch
from bot.engine.work import work_one

log = logging.getLogger("firebreak.engine")
POLL = 1.0


async def run(context: Context, owner: str, stop: asyncio.Event, workers: int = 4) -> None:
    """Run until ``stop`` is set, then let each loop finish the step that it is in."""
    loops = [_loop(f"worker-{n}", stop, partial(_work, context, f"{owner}/{n}")) for n in range(workers)]
    loops.append(_loop("clock", stop, partial(_tick, context)))
    loops.append(_loop("watch", stop, partial(_watch, Watch(context), context, stop)))
    await asyncio.gather(*loops)


async def _loop(name: str, stop: asyncio.Event, turn: Callable[[], Awaitable[None]]) -> None:
    """Take turns; what goes wrong in one is logged with its class, and the next comes a second later."""
    while not stop.is_set():
        try:
            await turn()
        except Exception as error:  # a loop that dies silently is worse than any error
            log.error("loop_failed", extra={"loop": name, "error": type(error).__name__}, exc_info=error)  # noqa: TRY400 - exc_info is given
            await _pause(stop, POLL)


async def _work(context: Context, owner: str) -> None:
    if await work_one(context, owner) is None:
        await context.store.wait(POLL)


async def _tick(context: Context) -> None:
    if await tick(context) == 0:
        await context.store.wait(POLL)


async def _watch(watch: Watch, context: Context, stop: asyncio.Event) -> None:
    await watch.turn()
    await _pause(stop, context.limits.watch.total_seconds())


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
