"""New databases that have their tables: each is a copy of one that this run has migrated, which is quicker by far."""

import tempfile
from pathlib import Path

import asyncpg
from sqlalchemy.engine import URL, make_url

from bot.adapters.store import migrate

TEMPLATE = "migrated"
_made: list[bytes] = []
_servers: set[str] = set()


async def with_tables(url: str) -> None:
    """Give an empty database, to which nobody is connected, its tables, as `firebreak migrate` does."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        await _copied(address)
        return
    assert address.database is not None
    Path(address.database).write_bytes(await _once())  # noqa: ASYNC240 - a fixture's work


async def _once() -> bytes:
    if not _made:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "firebreak.db"
            await migrate(f"sqlite:///{file}")
            _made.append(file.read_bytes())
    return _made[0]


async def _copied(address: URL) -> None:
    """PostgreSQL copies a database only into one that is not there yet."""
    host = address.query["host"]
    assert isinstance(host, str)
    server = await asyncpg.connect(host=host, user=address.username, database="postgres")
    try:
        if host not in _servers:
            await server.execute(f"CREATE DATABASE {TEMPLATE}")
            await migrate(address.set(database=TEMPLATE).render_as_string(hide_password=False))
            _servers.add(host)
        await server.execute(f"DROP DATABASE {address.database}")
        await server.execute(f"CREATE DATABASE {address.database} TEMPLATE {TEMPLATE}")
    finally:
        await server.close()
