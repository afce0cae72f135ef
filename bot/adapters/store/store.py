"""The store: transactions over one database, and the small doors that are transactions of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store import inbox, lanes, tables
from bot.adapters.store.alerts import SqlAlerts, SqlMisfits
from bot.adapters.store.anchors import SqlAnchorage
from bot.adapters.store.bell import Bell, Network
from bot.adapters.store.captures import SqlCaptures, SqlShelf
from bot.adapters.store.contributions import SqlContributions
from bot.adapters.store.counts import SqlCounts
from bot.adapters.store.doors import SqlCards, SqlCheckpoints, SqlDoorway, SqlSending
from bot.adapters.store.engines import is_postgres, make_engine, parsed
from bot.adapters.store.errors import callers_own, told, translated
from bot.adapters.store.forgetting import forget_alerts
from bot.adapters.store.frozen import SqlFrozenAccounts
from bot.adapters.store.handovers import SqlHandovers
from bot.adapters.store.hearing import SqlHearing
from bot.adapters.store.homes import SqlHomes
from bot.adapters.store.inbox import SqlInbox
from bot.adapters.store.incidents import SqlIncidents
from bot.adapters.store.lanes import SqlLanes
from bot.adapters.store.log import SqlLog
from bot.adapters.store.outbox import SqlOutbox
from bot.adapters.store.ownership import Ownership
from bot.adapters.store.parts import SqlParts
from bot.adapters.store.requests import SqlRequests
from bot.adapters.store.rows import micros
from bot.adapters.store.selftests import SqlSelfTests
from bot.adapters.store.sqlite import lent
from bot.adapters.store.suggestions import SqlSuggestions
from bot.adapters.store.turnstile import Turnstile
from bot.adapters.store.votes import SqlVotes
from bot.adapters.store.work import Work
from bot.domain import requests
from bot.domain.errors import AuditError

Clock = Callable[[], datetime]

_NOW = select(func.clock_timestamp())
_PRUNE = tuple(
    delete(table).where(table.c.done_at < bindparam("before")) for table in (tables.inbox, tables.outbox)
)
_NEWER = select(
    *(
        select(func.count()).select_from(table).where(table.c.schema > known).scalar_subquery()
        for table, known in (
            (tables.requests, requests.SCHEMA),
            (tables.parts, requests.SCHEMA),
            (tables.lanes, lanes.SCHEMA),
        )
    )
)


class SqlTransaction:
    """``ports.Transaction``."""

    def __init__(self, work: Work, clock: Clock) -> None:
        self._work = work
        self.requests = SqlRequests(work)
        self.parts = SqlParts(work)
        self.votes = SqlVotes(work)
        self.frozen = SqlFrozenAccounts(work)
        self.handovers = SqlHandovers(work)
        self.incidents = SqlIncidents(work)
        self.lanes = SqlLanes(work)
        self.contributions = SqlContributions(work)
        self.inbox = SqlInbox(work)
        self.outbox = SqlOutbox(work)
        self.log = SqlLog(work, clock)
        self.captures = SqlCaptures(work)
        self.self_tests = SqlSelfTests(work)
        self.anchors = SqlAnchorage(work)
        self.counts = SqlCounts(work)
        self.alerts = SqlAlerts(work)
        self.suggestions = SqlSuggestions(work)

    @property
    def now(self) -> datetime:
        """The time of this transaction, UTC: the database's clock on PostgreSQL."""
        return self._work.now


class SqlStore:
    """``ports.Store``. Use as an async context manager, or ``close`` it."""

    def __init__(self, address: URL, clock: Clock) -> None:
        self._address, self._clock = address, clock
        self._postgres = is_postgres(address)
        self._engine = make_engine(address)
        self._quick = self._engine
        if self._postgres:
            self._quick = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._turns = Turnstile()
        self._bell = Bell()
        self._inside: set[asyncio.Task[Any] | None] = set()
        self._network = Network(address, self._engine.dialect, self._bell) if self._postgres else None
        self._ownership: Ownership | None = None
        self.doorway = SqlDoorway(self.accept, self.accept_all, self.working)
        self.sending = SqlSending(self.working)
        self.cards = SqlCards(self.working)
        self.homes = SqlHomes(self.working)
        self.checkpoints = SqlCheckpoints(self.working)
        self.shelf = SqlShelf(self.working)
        self.misfits = SqlMisfits(self.working)
        self.hearing = SqlHearing(self.working)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections and let go of the file."""
        if self._network is not None:
            await self._network.close()
        await self._engine.dispose()
        if self._ownership is not None:
            self._ownership.release()
            self._ownership = None

    def own(self) -> None:
        """
        Claim the SQLite file for this program, until it closes the store or ends.

        Raises ``StoreInUseError``. PostgreSQL may have many programs: there it does nothing.
        """
        if not self._postgres and self._ownership is None:
            assert self._address.database is not None
            self._ownership = Ownership(Path(self._address.database))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        """
        Open a transaction; leaving the block commits, an exception undoes all of it.

        Raises ``StoreError`` when the database fails, and ``AuditError`` when a record could not be written,
        even if the block went on after that.
        """
        async with self.working() as work:
            yield SqlTransaction(work, self._clock)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Work]:
        """Open a transaction without the tables' faces."""
        with translated(), self._alone():
            async with self._turn(), self._engine.begin() as connection:
                work = Work(connection, await self._now(connection), self._postgres)
                with callers_own():
                    yield work
                if work.doomed is not None:
                    raise AuditError(
                        f"the audit record could not be written: {told(work.doomed)}"
                    ) from work.doomed
        if work.rings:
            self.woke()

    def _turn(self, *, hurried: bool = False) -> AbstractAsyncContextManager[None]:
        """SQLite has one connection: what is acknowledged only once it is kept goes before what can wait."""
        return nullcontext() if self._postgres else self._turns.turn(hurried=hurried)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Refuse a transaction inside a transaction of one task: it would wait for itself."""
        task = asyncio.current_task()
        if task in self._inside:
            raise RuntimeError("this task has a transaction open already: use that one, or end it first")
        self._inside.add(task)
        try:
            yield
        finally:
            self._inside.discard(task)

    async def accept(self, key: str, kind: str, payload: bytes) -> bool:
        """Keep what came in, by the shortest way: one statement that is its own transaction."""
        with translated():
            if self._postgres:
                async with self._quick.connect() as connection:
                    fresh = await inbox.accept_postgres(connection, key, kind, payload)
            else:
                async with self._turn(hurried=True), lent(self._engine) as bare:
                    row = (key, kind, payload, micros(self._clock()))
                    (fresh,) = await inbox.accept_all_sqlite(bare, [row])
        self.woke()
        return fresh

    async def accept_all(self, rows: Sequence[tuple[str, str, bytes]]) -> tuple[bool, ...]:
        """Keep what came in at once, in one transaction: it is on disk once for all of it."""
        if not rows:
            return ()
        with translated():
            if self._postgres:
                async with self._quick.connect() as connection:
                    fresh = await inbox.accept_all_postgres(connection, rows)
            else:
                now = micros(self._clock())
                async with self._turn(), lent(self._engine) as bare:
                    fresh = await inbox.accept_all_sqlite(bare, [(*row, now) for row in rows])
        self.woke()
        return tuple(fresh)

    async def _now(self, connection: AsyncConnection) -> datetime:
        if not self._postgres:
            return self._clock()
        time: datetime = (await connection.execute(_NOW)).scalar_one()
        return time.astimezone(UTC)

    def woke(self) -> None:
        """Tell workers that something may be due, on PostgreSQL those of other replicas too."""
        self._bell.ring()
        if self._network is not None:
            self._network.ring()

    async def wait(self, seconds: float) -> None:
        """Return when something may be due, or after ``seconds`` at the latest."""
        await self._bell.wait(seconds)

    def listen(self) -> None:
        """Hear the other replicas from now on, and let them hear us; for SQLite there are none."""
        if self._network is not None:
            self._network.start()

    async def prune(self, before: datetime) -> int:
        """
        Delete what came in and what was said, both finished before a time, old alerts and groups; return how many rows.

        A key that is deleted is no longer known as a duplicate: keep more than a day.
        """
        old = await forget_alerts(self.working)
        async with self.working() as work:
            return old + sum([await work.count(statement, before=micros(before)) for statement in _PRUNE])

    async def newer(self) -> dict[str, int]:
        """Return how many rows of each table a newer program wrote: they are left alone, and to be reported."""
        async with self.working() as work:
            row = await work.first(_NEWER)
        assert row is not None
        return {name: count for name, count in zip(("requests", "parts", "lanes"), row, strict=True) if count}


def open_store(url: str, *, clock: Clock) -> SqlStore:
    """
    Return the store at an address (``sqlite:///path`` or ``postgresql://...``); nothing is opened yet.

    ``clock`` gives the time on SQLite. The tables must be there: see ``migrations.migrate``.
    Raises ``StoreError`` for an address that is none.
    """
    return SqlStore(parsed(url), clock)
