"""Every test of this folder that asks for `url` or `store` runs on SQLite and on PostgreSQL."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.keys.ed25519 import Ed25519Signer
from bot.adapters.keys.files import load_or_create
from bot.adapters.store import SqlStore, open_store
from bot.adapters.store.history import SqlHistory
from bot.engine.checkpointing import Checkpointer, Seal
from bot.sandbox.slack import Channel, User, Workspace, World
from tests.audit.logs import ORIGIN, Kept
from tests.databases import with_tables

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a new database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/firebreak.db"
    return str(request.getfixturevalue("postgres_url")())


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """Open a store on a migrated database, with a clock that moves on whenever it is read."""
    readings = itertools.count()
    await with_tables(url)
    async with open_store(url, clock=lambda: START + timedelta(milliseconds=next(readings))) as opened:
        yield opened


@pytest.fixture
def history(store: SqlStore) -> SqlHistory:
    return SqlHistory(store.working)


@pytest.fixture
def key(tmp_path: Path) -> Ed25519Signer:
    """Make the log's key, in a file as at a first start."""
    return load_or_create(tmp_path / "audit.key", ORIGIN)


@pytest.fixture
def seal(key: Ed25519Signer) -> Seal:
    return Seal(ORIGIN, key, (key.verifier,))


@pytest.fixture
def checkpointer(history: SqlHistory, seal: Seal) -> Checkpointer:
    return Checkpointer(history, seal, 60.0)


@pytest.fixture
def kept(store: SqlStore, url: str, checkpointer: Checkpointer, key: Ed25519Signer) -> Kept:
    """Return an empty log with everything that belongs to it."""
    return Kept(store, url, checkpointer, key)


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """Open a workspace with one person and one channel."""
    world = World()
    world.add_user(User("U0ALICE", "alice"))
    world.add_channel(Channel("C0AUDIT", "audit", frozenset({"U0ALICE"})))
    async with Workspace(world) as opened:
        yield opened
