"""The tables' history, by Alembic. Each step is one transaction: it is done, or it never was."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.engines import make_engine, parsed
from bot.adapters.store.errors import SchemaError, translated

_LOCK = 0x46425245414B  # any number: programs that migrate at the same time wait for each other


async def migrate(url: str) -> tuple[str, ...]:
    """
    Bring the tables to this program's version; return the steps taken, oldest first.

    Raises ``SchemaError`` when they are a newer program's, ``StoreError`` when the database fails: then the
    tables are as they were.
    """
    return await _with(url, _upgrade, write=True)


async def pending(url: str) -> tuple[str, ...]:
    """Return the steps that `migrate` would take, oldest first; raises as it does."""
    return await _with(url, _missing, write=False)


async def _with(url: str, work: Any, *, write: bool) -> tuple[str, ...]:
    engine = make_engine(parsed(url))
    try:
        with translated():
            async with engine.begin() as connection:
                if write:
                    await _alone(connection)
                return tuple(await connection.run_sync(work))
    finally:
        await engine.dispose()


async def _alone(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _upgrade(connection: Connection) -> list[str]:
    steps = _missing(connection)
    if steps:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return steps


def _missing(connection: Connection) -> list[str]:
    scripts = ScriptDirectory.from_config(_config())
    known = {step.revision for step in scripts.walk_revisions()}
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in known:
        raise SchemaError(
            f"the tables are at {at}, which this program does not know: a newer Firebreak has migrated them; "
            "start that one"
        )
    return [s.revision for s in reversed(list(scripts.iterate_revisions("head", at or "base")))]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
