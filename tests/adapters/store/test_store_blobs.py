"""What is kept beside the log under its hash: two transactions that keep the same bytes never wait for each other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from bot.adapters.store import SqlStore, migrate, open_store
from tests.adapters.store.samples import a_draft

pytestmark = pytest.mark.postgres
_WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
async def stores(
    postgres_url: Callable[[], str], clock: Callable[[], datetime]
) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """Open two programs' stores on one PostgreSQL database."""
    url = postgres_url()
    await migrate(url)
    async with open_store(url, clock=clock) as one, open_store(url, clock=clock) as other:
        yield one, other


async def until_one_waits(store: SqlStore) -> None:
    """Wait until a transaction waits for another's lock."""
    async with asyncio.timeout(20):
        while True:
            async with store.working() as work:
                if await work.connection.scalar(_WAITS):
                    return
            await asyncio.sleep(0.01)


async def test_the_same_bytes_kept_in_another_order_are_no_deadlock(
    stores: tuple[SqlStore, SqlStore],
) -> None:
    one, other = stores

    async def second() -> None:
        async with other.begin() as tx:
            await tx.log.append(a_draft(), blobs=(b"card", b"plan"))

    async with one.begin() as tx:
        await tx.log.append(a_draft(), blobs=(b"plan",))
        waiting = asyncio.create_task(second())
        await until_one_waits(other)
        await tx.log.append(a_draft(), blobs=(b"card",))
    await waiting

    async with one.working() as work:
        assert await work.connection.scalar(text("SELECT count(*) FROM blobs")) == 2
    assert (await one.checkpoints.tree()).size == 3
