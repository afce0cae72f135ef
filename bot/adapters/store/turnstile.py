"""Who comes next at SQLite's one connection: what must be acknowledged before what can wait."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATIENCE = 30.0
"""Seconds that anybody waits for a turn: as long as a pool of connections would let them."""

Queue = deque[asyncio.Future[None]]


class Turnstile:
    """
    Lets one in at a time, in the order in which they came, those in a hurry first.

    Of these there are few, and each is done at once: a person's command that is kept. Only the order is made here; that
    there is one at a time, the pool sees to itself.
    """

    def __init__(self) -> None:
        self._inside = False
        self._hurried, self._others = Queue(), Queue()

    @asynccontextmanager
    async def turn(self, *, hurried: bool = False) -> AsyncIterator[None]:
        """Wait for the turn, and have it for the block. Raises ``TimeoutError`` after ``PATIENCE``."""
        if self._inside:
            await self._waited(self._hurried if hurried else self._others)
        self._inside = True
        try:
            yield
        finally:
            self._leave()

    async def _waited(self, queue: Queue) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(called)
        try:
            async with asyncio.timeout(PATIENCE):
                await called
        except BaseException:
            if called.done() and not called.cancelled():  # it was called, and went away in that moment
                self._leave()
            else:
                with suppress(ValueError):
                    queue.remove(called)
            raise

    def _leave(self) -> None:
        """Hand the turn over: whoever comes in between finds it taken."""
        for queue in (self._hurried, self._others):
            while queue:
                called = queue.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self._inside = False
