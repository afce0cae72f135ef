"""What is counted while the bot runs goes on being counted, whatever the database does meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import SqlStore, migrate, open_store
from bot.adapters.web.metrics import Figures
from bot.bootstrap.counting import Census
from bot.bootstrap.entropy import utc_now
from bot.bootstrap.house import Laboratory, house
from bot.bootstrap.serving import running
from bot.bootstrap.staging import settings_for
from bot.ports import Note
from bot.sandbox.scene import scene
from tests.controlplane.waiting import eventually


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "firebreak.db"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[SqlStore]:
    await migrate(f"sqlite:///{file}")
    async with open_store(f"sqlite:///{file}", clock=utc_now) as opened:
        yield opened


@asynccontextmanager
async def counting(census: Census) -> AsyncIterator[asyncio.Task[None]]:
    """Count inside the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(census.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await task


def _sql(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        connection.execute(statement)


def _when(holds: Callable[[], bool]) -> Callable[[], "asyncio.Future[bool]"]:
    async def probe() -> bool:
        return holds()

    return lambda: asyncio.ensure_future(probe())


async def test_what_waits_and_the_logs_length_are_counted(store: SqlStore) -> None:
    for key in ("one", "two", "done"):
        await store.doorway.accept(key, "slash", b"")
    async with store.begin() as tx:
        await tx.inbox.finish("done")
        await tx.outbox.put(Note(topic="FB-TEST", kind="card", request_id="FB-TEST"))
    figures = Figures()
    census = Census(store, figures, every=0.02)

    async with counting(census):
        await eventually(_when(lambda: bool(figures.waiting)), within=10)

    assert (figures.waiting, figures.records) == ({"inbox": 2, "outbox": 1}, 0)
    assert census.unwell() == {}


async def test_a_database_that_fails_is_named_and_counted_again_when_it_is_back(
    store: SqlStore, file: Path
) -> None:
    figures = Figures()
    census = Census(store, figures, every=0.02, again_after=0.02)

    async with counting(census) as task:
        await eventually(_when(lambda: bool(figures.waiting)), within=10)
        await asyncio.to_thread(_sql, file, "ALTER TABLE parts RENAME TO away")
        await eventually(_when(lambda: bool(census.unwell())), within=10)
        told = census.unwell()["database"]
        await store.doorway.accept("one", "slash", b"")
        await asyncio.to_thread(_sql, file, "ALTER TABLE away RENAME TO parts")
        await eventually(_when(lambda: not census.unwell()), within=10)
        await eventually(_when(lambda: figures.waiting["inbox"] == 1), within=10)
        assert not task.done()

    assert "the database refused" in told
    assert str(file) not in told


async def test_the_running_bot_names_a_database_that_is_away_and_shows_its_counts_when_it_is_back(
    tmp_path: Path, file: Path
) -> None:
    stop = asyncio.Event()
    async with scene(tmp_path) as staged:
        settings = settings_for(staged, tmp_path)
        await migrate(settings.database)
        lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
        async with AsyncExitStack() as stack:
            built = await stack.enter_async_context(house(settings, lab))
            await asyncio.to_thread(_sql, file, "ALTER TABLE outbox RENAME TO away")
            port = await stack.enter_async_context(running(built, stop))
            web = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))

            async def metrics() -> str:
                async with web.get("/metrics") as answer:
                    return await answer.text()

            async def counted() -> bool:
                return 'firebreak_waiting{queue="inbox"} 0.0' in await metrics()

            async def named() -> bool:
                async with web.get("/readyz") as answer:
                    return "database" in (await answer.json())["wrong"]

            await eventually(named)
            assert "firebreak_waiting{" not in await metrics()
            await asyncio.to_thread(_sql, file, "ALTER TABLE away RENAME TO outbox")
            await eventually(counted)
            text = await metrics()
            assert 'firebreak_waiting{queue="outbox"} 0.0' in text
            assert "firebreak_audit_records 0.0" not in text
            assert not await named()
