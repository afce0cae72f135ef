"""A self-test whose program is killed: nothing of it runs any more, not even its clean-up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.engine.selftest import Run


@asynccontextmanager
async def killed(
    work: Coroutine[Any, Any, object], when: Callable[[], Awaitable[bool]], *steps: str
) -> AsyncIterator[None]:
    """Kill it once ``when`` holds. The ``steps`` of its run that it would have ended with begin, and end with the block."""
    died, buried = asyncio.Event(), asyncio.Event()

    async def nothing(*_: object) -> None:
        died.set()
        await buried.wait()

    running = asyncio.create_task(work)
    try:
        with pytest.MonkeyPatch.context() as dying:
            for step in steps:
                dying.setattr(Run, step, nothing)
            while not await when():
                await asyncio.sleep(0.02)
            running.cancel()
            await died.wait()
        yield
    finally:
        buried.set()
        await asyncio.wait((running,))
