"""A store on a clock that stands still, and what looks at groups of alerts are made with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.store import SqlStore, open_store
from bot.engine.context import Context
from tests.databases import with_tables
from tests.engine.looks import Clock, Cluster, looking


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqlStore]:
    url = f"sqlite:///{tmp_path}/firebreak.db"
    await with_tables(url)
    async with open_store(url, clock=clock) as opened:
        yield opened


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def context(store: SqlStore, cluster: Cluster) -> Context:
    return looking(store, cluster)
