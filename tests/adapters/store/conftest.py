"""Every test of this folder that asks for `url` or `store` runs on SQLite and on PostgreSQL."""

import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.store import SqlStore, open_store
from tests.databases import with_tables

START = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """Return a clock that moves on by a millisecond each time that it is read."""
    readings = itertools.count()
    return lambda: START + timedelta(milliseconds=next(readings))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/firebreak.db"
    return str(request.getfixturevalue("postgres_url")())


@pytest.fixture
async def store(url: str, clock: Callable[[], datetime]) -> AsyncIterator[SqlStore]:
    """Open a store on a migrated database."""
    await with_tables(url)
    async with open_store(url, clock=clock) as opened:
        yield opened


@pytest.fixture
async def other(store: SqlStore, url: str, clock: Callable[[], datetime]) -> AsyncIterator[SqlStore]:
    """Open a second program's store on the same database."""
    async with open_store(url, clock=clock) as opened:
        yield opened
