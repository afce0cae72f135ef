"""The migrations make exactly the tables that the code speaks of, once, however many programs start."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection

from bot.adapters.store import SchemaError, StoreError, migrate, open_store, pending
from bot.adapters.store.engines import make_engine, parsed
from bot.adapters.store.tables import metadata
from tests.domain.values import NOW


async def test_an_empty_database_is_migrated_step_by_step_and_then_nothing_is_pending(url: str) -> None:
    before = await pending(url)
    taken = await migrate(url)

    assert before == taken == ("0001", "0002")
    assert (await pending(url), await migrate(url)) == ((), ())


async def test_programs_that_start_at_the_same_time_migrate_once(url: str) -> None:
    taken = await asyncio.gather(*(migrate(url) for _ in range(3)))

    assert sorted(taken) == [(), (), ("0001", "0002")]


async def test_the_migrated_tables_are_those_of_the_code(url: str) -> None:
    await migrate(url)
    engine = make_engine(parsed(url))
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(_differences) == []
            assert await connection.run_sync(_computed) == 1
    finally:
        await engine.dispose()


def _differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def _computed(connection: Connection) -> int:
    from sqlalchemy import inspect

    return sum(1 for column in inspect(connection).get_columns("lanes") if column.get("computed"))


async def test_tables_of_a_newer_program_are_left_alone(url: str) -> None:
    await migrate(url)
    async with open_store(url, clock=lambda: NOW) as store, store.working() as work:
        await work.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for asking in (pending, migrate):
        with pytest.raises(SchemaError, match="newer Firebreak"):
            await asking(url)


async def test_a_step_that_fails_leaves_nothing_behind(url: str) -> None:
    engine = make_engine(parsed(url))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE outbox (mine int)"))
    await engine.dispose()
    with pytest.raises(StoreError, match="outbox"):
        await migrate(url)

    assert await pending(url) == ("0001", "0002")
    engine = make_engine(parsed(url))
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE outbox"))
    await engine.dispose()
    assert await migrate(url) == ("0001", "0002")


@pytest.mark.parametrize(
    "address", ["mysql://u:hidden@h/d", "sqlite://", "sqlite:///:memory:", "no address: hidden"]
)
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(address, clock=lambda: NOW)

    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_the_tls_mode_is_taken_by_the_name_that_everybody_knows(url: str) -> None:
    assert await pending(f"{url}&sslmode=disable") == ("0001", "0002")
    with pytest.raises(StoreError):
        await pending(f"{url}&sslmode=nonsense")


async def test_a_database_that_cannot_be_reached_is_an_error_of_the_store(tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path}/none/x.db", f"postgresql://u@/d?host={tmp_path}"):
        with pytest.raises(StoreError):
            await pending(address)
