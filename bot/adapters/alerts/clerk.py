"""Writes posts down together: those that come while one transaction is on its way to the disk go with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

Row = tuple[str, str, bytes]
KeepAll = Callable[[Sequence[Row]], Awaitable[tuple[bool, ...]]]
Waiting = list[tuple[Row, asyncio.Future[bool]]]
MOMENT: Final = 0.001
"""Seconds in which those who were there a moment ago may come again."""


class Clerk:
    """
    One transaction at a time, whatever comes: a storm is one among those who write, not as many as it has connections.

    ``keep_all`` keeps all of its rows or none.
    """

    def __init__(self, keep_all: KeepAll) -> None:
        self._keep_all = keep_all
        self._waiting: Waiting = []
        self._writing: asyncio.Task[None] | None = None
        self._expected = 1
        self._complete = asyncio.Event()

    async def keep(self, row: Row) -> bool:
        """Return, once the row is on disk, whether it was new. Raises what ``keep_all`` raises, for all of its rows."""
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, told))
        if len(self._waiting) >= self._expected:
            self._complete.set()
        if self._writing is None:  # a task of its own: a sender that goes away takes nobody with it
            self._writing = asyncio.create_task(self._write())
        return await told

    async def _write(self) -> None:
        """Write until nothing waits: nobody who has been told stands in the way of those who come next."""
        some: Waiting = []
        try:
            while self._waiting:
                await self._gathered(len(some) + len(self._waiting))
                some, self._waiting = self._waiting, []
                await self._written(some)
        finally:  # the program ends in the middle of it: what was not told is not acknowledged
            left, self._waiting, self._writing = self._waiting, [], None
            for _, told in (*some, *left):
                told.cancel()

    async def _gathered(self, expected: int) -> None:
        """
        Wait a moment for as many as there were: who has just been told often has more to tell, as in a storm.

        One sender alone never waits here; and where several were and are no more, the next is expected of fewer.
        """
        if len(self._waiting) >= expected:
            return
        self._expected = expected
        self._complete.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT):
                await self._complete.wait()

    async def _written(self, some: Waiting) -> None:
        try:
            fresh = await self._keep_all([row for row, _ in some])
        except Exception as error:  # noqa: BLE001 - it is raised again, to each who waits
            for _, told in some:
                if not told.done():
                    told.set_exception(error)
        else:
            for (_, told), new in zip(some, fresh, strict=True):
                if not told.done():
                    told.set_result(new)
