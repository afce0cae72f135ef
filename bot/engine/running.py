"""The loops that keep it going: workers, the clock, the watch. Each is guarded: a failure is logged and tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from bot.domain.lanes import Lane
from bot.engine.bench import bench_of
from bot.engine.context import Context
from bot.engine.expire import tick
from bot.engine.reconcile import Watch
from bot.engine.resting import first_of, rest
from bot.engine.selftesting import Scheduler
from bot.engine.watchers import Watchers
from bot.engine.work import claim, drive
from bot.ports import Changes

log = logging.getLogger("firebreak.engine")
POLL = 1.0


async def run(context: Context, owner: str, stop: asyncio.Event, workers: int = 4) -> None:
    """Run until ``stop`` is set, then let each loop finish the step that it is in."""
    crew = Crew(context, owner, workers)
    watch, changes = Watch(context), context.changes
    watchers = [Watchers(context, context.evidence)] if context.evidence else []
    testers = [Scheduler(bench_of(context))] if context.self_tests else []
    try:
        await asyncio.gather(
            _loop("lanes", stop, crew.turn),
            _loop("clock", stop, partial(_tick, context, stop)),
            _loop("watch", stop, partial(_watch, watch, context, stop)),
            *(
                _loop("changes", stop, partial(_hear, watch, each, context, stop))
                for each in [changes]
                if each
            ),
            *(_loop("evidence", stop, each.turn) for each in watchers),
            *(_loop("self-tests", stop, partial(each.turn, stop)) for each in testers),
        )
        await crew.finish()
    finally:
        await crew.drop()
        for each in watchers:
            await each.drop()


class Crew:
    """One who looks for lanes that are due, and up to ``workers`` lanes driven side by side."""

    def __init__(self, context: Context, owner: str, workers: int) -> None:
        self._context, self._owner, self._workers = context, owner, workers
        self._driving: set[asyncio.Task[None]] = set()
        self._count = 0

    async def turn(self) -> None:
        """Take one lane and start on it, or wait until something may be due."""
        if len(self._driving) >= self._workers:
            await asyncio.wait(self._driving, return_when=asyncio.FIRST_COMPLETED)
            return
        self._count += 1
        lane = await claim(self._context, f"{self._owner}/{self._count}")
        if lane is None:
            await self._context.store.wait(POLL)
            return
        task = asyncio.create_task(self._drive(lane), name=f"lane {lane.key}")
        self._driving.add(task)
        task.add_done_callback(self._driving.discard)

    async def finish(self) -> None:
        """Wait for the lanes that are being driven."""
        while self._driving:
            await asyncio.wait(self._driving)

    async def drop(self) -> None:
        """Cancel what is still being driven: each gives its lane back."""
        for task in tuple(self._driving):
            task.cancel()
        await asyncio.gather(*self._driving, return_exceptions=True)

    async def _drive(self, lane: Lane) -> None:
        """Never raises: a lane that fails is free again when its lease ends."""
        try:
            await drive(self._context, lane)
        except Exception as error:
            log.exception("lane_failed", extra={"lane": lane.key, "error": type(error).__name__})


async def _loop(name: str, stop: asyncio.Event, turn: Callable[[], Awaitable[None]]) -> None:
    """Take turns; what goes wrong in one is logged with its class, and the next comes a second later."""
    while not stop.is_set():
        try:
            await turn()
        except Exception as error:  # a loop that dies silently is worse than any error
            log.error("loop_failed", extra={"loop": name, "error": type(error).__name__}, exc_info=error)  # noqa: TRY400 - exc_info is given
            await rest(stop, POLL)


async def _tick(context: Context, stop: asyncio.Event) -> None:
    if await tick(context) == 0:
        await rest(stop, POLL)


async def _watch(watch: Watch, context: Context, stop: asyncio.Event) -> None:
    await watch.turn()
    await rest(stop, context.limits.watch.total_seconds())


async def _hear(watch: Watch, changes: Changes, context: Context, stop: asyncio.Event) -> None:
    """One change seldom comes alone: those that come together are looked at together."""
    hearing = asyncio.ensure_future(changes.heard(POLL))
    await first_of(stop.wait(), hearing)
    if not hearing.cancelled() and (spots := hearing.result()):
        await rest(stop, context.limits.heard.total_seconds())
        await watch.hear(tuple(dict.fromkeys((*spots, *await changes.heard(0)))))
