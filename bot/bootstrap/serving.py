"""``firebreak serve``: the bot, until it is told to stop."""

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from bot.adapters.web.metrics import Figures, registry
from bot.adapters.web.server import listening, serving
from bot.bootstrap.counting import Census, both
from bot.bootstrap.house import House, house
from bot.bootstrap.logs import configure
from bot.settings import load

log = structlog.get_logger("firebreak")


async def serve(given: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; what was begun is finished first."""
    settings = load(given.settings)
    configure(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with house(settings) as built, running(built, stop) as port:
        log.info("serving", port=port, clusters=list(built.context.clusters))
        keep_quick()
        await stop.wait()
        log.info("draining")
    return 0


def keep_quick() -> None:
    """
    Tune the interpreter for a loop that must answer in milliseconds while a plan is made beside it.

    What was imported lives for ever, so the collector need not look at it again; and a thread that computes gives
    the loop its turn after half a millisecond instead of five (Python documentation, ``sys.setswitchinterval``).
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.0005)


@asynccontextmanager
async def running(built: House, stop: asyncio.Event) -> AsyncIterator[int]:
    """Run a house and its web server inside the block; yields the port. Leaving it stops and drains both."""
    figures = Figures()
    address = (built.settings.server.host, built.settings.server.port)
    census = Census(built.context.store, figures)
    probe = both(built.unwell, census.unwell)
    taken = built.alerts
    counted = registry(figures, *taken.collectors)
    routes = [*built.routes, *(taken.routes if taken.tls is None else ())]
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(address, probe, counted, routes, noted=built.noted))
        if taken.tls is not None and taken.listening is not None:
            own = (taken.listening.host, taken.listening.port)
            await stack.enter_async_context(listening(own, taken.routes, taken.tls))
        work = asyncio.create_task(built.run(stop))
        work.add_done_callback(lambda _: stop.set())  # a bot whose log has parted does not stay up as a shell
        counting = asyncio.create_task(census.run(stop))
        try:
            yield port
        finally:
            stop.set()
            built.context.store.woke()
            await asyncio.gather(work, counting)
