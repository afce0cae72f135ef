"""What the rows of one transaction share: its connection, its time, and what must follow its commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import CursorResult, Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import Executable

from bot.adapters.store.errors import translated
from bot.adapters.store.rows import micros


@dataclass(slots=True)
class Work:
    """
    One open transaction.

    ``rings``: somebody should look for work once it is committed. ``doomed``: a record could not be written,
    so that nothing may be committed, whatever the caller does with the error.
    """

    connection: AsyncConnection
    now: datetime
    postgres: bool
    rings: bool = False
    doomed: Exception | None = None

    @property
    def us(self) -> int:
        """The transaction's time as columns hold it."""
        return micros(self.now)

    async def run(self, statement: Executable, *values: dict[str, Any]) -> CursorResult[Any]:
        """Execute once, or once for each of several rows."""
        given: Any = values[0] if len(values) == 1 else list(values)
        return await self._execute(statement, given)

    async def rows(self, statement: Executable, **values: Any) -> list[Row[Any]]:
        """Return all rows of a query."""
        return list((await self._execute(statement, values)).all())

    async def first(self, statement: Executable, **values: Any) -> Row[Any] | None:
        """Return the first row, or ``None``."""
        return (await self._execute(statement, values)).first()

    async def count(self, statement: Executable, **values: Any) -> int:
        """Return how many rows a write touched."""
        return int((await self._execute(statement, values)).rowcount)

    async def _execute(self, statement: Executable, values: Any) -> CursorResult[Any]:
        with translated():
            return await self.connection.execute(statement, values)
