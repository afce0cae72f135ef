"""The program that counts is killed again and again: what was acknowledged is counted, once, and the log verifies."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.adapters.store import SqlStore, open_store
from bot.bootstrap.entropy import utc_now
from bot.domain.alerts.posts import KIND, Post, key_of
from tests.adapters.alerts.made import START, alert
from tests.databases import with_tables
from tests.journeys.stage import whole_log

POSTS, KILLS = 300, 4


@asynccontextmanager
async def worker(file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the program until the end of the block; there it is killed as kill -9 does."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.alerts.worker", str(file), stdout=PIPE
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"ready\n"
    try:
        yield program
    finally:
        program.kill()
        await program.wait()


async def counted(store: SqlStore) -> int:
    async with store.begin() as tx:
        return sum(group.total for group in await tx.alerts.recent(START - timedelta(days=9000), 10))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
async def test_nothing_is_lost_or_counted_twice_however_often_the_program_is_killed(
    tmp_path: Path, seed: int
) -> None:
    choose, file = random.Random(seed), tmp_path / "firebreak.db"
    url = f"sqlite+aiosqlite:///{file}"
    await with_tables(url)
    async with open_store(url, clock=utc_now) as store:
        for number in range(POSTS):
            await _posted(store, number)
        for _ in range(KILLS):
            async with worker(file):
                await asyncio.sleep(choose.uniform(0.0, 0.2))  # at whatever it is then
            await _leases_over(store)
        async with worker(file), asyncio.timeout(60):
            while await counted(store) < POSTS + 1:
                await asyncio.sleep(0.05)
        assert await counted(store) == POSTS + 1
        records: list[dict[str, Any]] = [each async for each in whole_log(url) if each["event"] == "alert"]

    assert sum(each["details"]["told_more"] for each in records) == POSTS + 1


async def _posted(store: SqlStore, number: int) -> None:
    """Each post has an alert of its own, and the next one's."""
    post = Post((alert(number), alert(number + 1)))
    assert await store.doorway.accept(key_of(post.alerts), KIND, msgspec.json.encode(post))


async def _leases_over(store: SqlStore) -> None:
    """Let what the dead program had taken be taken again, as a minute does."""
    async with store.working() as work:
        await work.connection.exec_driver_sql("UPDATE inbox SET next_at = 0 WHERE done_at IS NULL")
