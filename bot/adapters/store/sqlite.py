"""
A connection of aiosqlite whose statements cross to its thread once.

The stock cursor crosses four times (make, execute, fetch, close), and each crossing costs more than a statement
of ours. All rows are fetched at once here: there is no endless result in this program.
"""

import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")


class WholeCursor:
    """The part of aiosqlite's cursor that SQLAlchemy's adapter uses; rows are there when `execute` returns."""

    def __init__(self, connection: "WholeConnection") -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        """Execute one statement and fetch all its rows."""
        await self._connection.in_thread(partial(self._run, sqlite3.Connection.execute, sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        """Execute one statement for each of several rows."""
        await self._connection.in_thread(partial(self._run, sqlite3.Connection.executemany, sql, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows."""
        return self._rows

    async def close(self) -> None:
        """Nothing is left open."""

    def _run(self, call: Any, sql: str, parameters: Any, connection: sqlite3.Connection) -> None:
        cursor = call(connection, sql, parameters)
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else ()
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()


class WholeConnection(aiosqlite.Connection):
    """aiosqlite's connection, with its own thread, and with `WholeCursor`."""

    def cursor(self) -> WholeCursor:  # type: ignore[override]  # it is entered like the stock one, and awaited nowhere
        """Return a cursor without crossing to the thread."""
        return WholeCursor(self)

    async def in_thread(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """Run something with the bare connection in the thread that owns it, and return its result."""
        # A lambda: its repr, which may be logged, shows no values.
        result: T = await self._execute(lambda: call(self._conn))  # type: ignore[no-untyped-call]  # aiosqlite's
        return result


async def in_thread(connection: AsyncConnection, call: Callable[[sqlite3.Connection], T]) -> T:
    """Run several bare statements in one crossing, in the transaction that is open, if one is."""
    bare = (await connection.get_raw_connection()).driver_connection
    assert isinstance(bare, WholeConnection)
    return await bare.in_thread(call)


@asynccontextmanager
async def lent(engine: AsyncEngine) -> AsyncIterator[WholeConnection]:
    """
    Lend the bare connection while no transaction is open on it; what is begun in the block must be ended in it.

    What SQLAlchemy would do around it takes several rounds of the loop, which is more than to write a few rows.
    """
    held = await engine.raw_connection()
    try:
        bare = held.driver_connection
        assert isinstance(bare, WholeConnection)
        yield bare
    finally:
        held.close()  # back to the pool, which does nothing to it (``pool_reset_on_return``)


def connecting(path: str, wait: float) -> Any:
    """Return what opens such a connection; transactions are begun by hand, ``wait`` is for others' writes, in s."""
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # below that it logs calls with their values

    async def connect() -> aiosqlite.Connection:
        connection = WholeConnection(
            lambda: sqlite3.connect(
                path, timeout=wait, isolation_level=None, cached_statements=256, uri=True
            ),
            64,
        )
        connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does: an unclosed store must not block the exit
        try:
            return await connection
        except BaseException:
            # What failed to open ends its thread by itself, at once; let it, or it may outlive the loop that it tells.
            connection._thread.join()  # noqa: SLF001 - nothing public waits for it
            raise

    return connect
