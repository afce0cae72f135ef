"""What stands in the bot's database, read from outside while it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.adapters.store.engines import make_reader, parsed
from bot.domain.audit.record import Record, decode
from bot.domain.lanes import Lane
from bot.domain.requests import PartRow, Request

_OPEN = text(
    "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL)"
    " + (SELECT count(*) FROM outbox WHERE done_at IS NULL)"
    " + (SELECT count(*) FROM lanes WHERE owner <> '' OR due_at IS NOT NULL)"
)
_UNREAD = text("SELECT count(*) FROM inbox WHERE done_at IS NULL")
_LEASES = (
    "UPDATE lanes SET lease_until = 0 WHERE owner <> ''",
    "UPDATE inbox SET next_at = 0 WHERE done_at IS NULL",
    "UPDATE outbox SET next_at = 0 WHERE done_at IS NULL AND owner <> ''",
)


# All of a log that grows is read at each look: what reads the same is decoded once.
@cache
def _record(body: str) -> Record:
    return decode(body.encode())


@cache
def _request(doc: bytes | str) -> Request:
    return msgspec.json.decode(doc, type=Request)


@dataclass(frozen=True)
class Records:
    """Reads one database."""

    engine: AsyncEngine
    url: str

    async def quiet(self) -> bool:
        """Whether nothing waits: no row that came in, nothing to say, no lane to work."""
        async with self.engine.connect() as connection:
            return bool((await connection.execute(_OPEN)).scalar_one() == 0)

    async def heard(self) -> bool:
        """Whether all that came in has been dealt with."""
        async with self.engine.connect() as connection:
            return bool((await connection.execute(_UNREAD)).scalar_one() == 0)

    async def requests(self, reason: str = "") -> tuple[Request, ...]:
        """Return the requests, or those with one reason."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT doc FROM requests ORDER BY created_at, id"))
            found = [_request(row.doc) for row in rows]
        return tuple(r for r in found if reason in {"", r.reason})

    async def parts(self, request_id: str) -> tuple[PartRow, ...]:
        """Return a request's parts."""
        statement = text("SELECT doc FROM parts WHERE request_id = :id ORDER BY idx")
        async with self.engine.connect() as connection:
            rows = await connection.execute(statement, {"id": request_id})
            return tuple(msgspec.json.decode(row.doc, type=PartRow) for row in rows)

    async def lanes(self) -> tuple[Lane, ...]:
        """Return all lanes, with the owner and fence that the columns hold."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT owner, fence, doc FROM lanes ORDER BY key"))
            return tuple(
                msgspec.structs.replace(
                    msgspec.json.decode(row.doc, type=Lane), owner=row.owner, fence=row.fence
                )
                for row in rows
            )

    async def log(self) -> tuple[Record, ...]:
        """Return the audit log's records, in order."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM audit ORDER BY seq"))
            return tuple(_record(row.body) for row in rows)

    async def leftovers(self) -> int:
        """Count the contributions that are left."""
        async with self.engine.connect() as connection:
            return int((await connection.execute(text("SELECT count(*) FROM contributions"))).scalar_one())

    async def end_leases(self) -> None:
        """Let the time pass that a dead program's leases last: it took rows, and nobody else may before that."""
        await self.execute(*_LEASES)

    async def end_leases_of_talk(self) -> None:
        """The same, but not for lanes: their leases are short enough to be waited for."""
        await self.execute(*_LEASES[1:])

    async def execute(self, *statements: str) -> None:
        """Change the database from outside, in one transaction."""
        engine = create_async_engine(parsed(self.url))
        try:
            async with engine.begin() as connection:
                for statement in statements:
                    await connection.execute(text(statement))
        finally:
            await engine.dispose()


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Records]:
    """Open a database for reading."""
    engine = make_reader(parsed(url))
    try:
        yield Records(engine, url)
    finally:
        await engine.dispose()
