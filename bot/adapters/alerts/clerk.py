"""Writes posts down together: those that come while one transaction is on its way to the disk go with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

Row = tuple[str, str, bytes]
KeepAll = Callable[[Sequence[Row]], Awaitable[tuple[bool, ...]]]


class Clerk:
    """
    One transaction at a time, whatever comes: a storm is one among those who write, not as many as it has connections.

    ``keep_all`` keeps all of its rows or none.
    """

    def __init__(self, keep_all: KeepAll) -> None:
        self._keep_all = keep_all
        self._waiting: list[tuple[Row, asyncio.Future[bool]]] = []
        self._turn = asyncio.Lock()
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, row: Row) -> bool:
        """Return, once the row is on disk, whether it was new. Raises what ``keep_all`` raises, for all of its rows."""
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, told))
        async with self._turn:
            if not told.done():  # nobody has written it meanwhile
                self._writing = asyncio.create_task(self._write())
                await asyncio.shield(self._writing)  # a sender that goes away takes nobody with it
        return await told

    async def _write(self) -> None:
        some, self._waiting = self._waiting, []
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
