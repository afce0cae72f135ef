"""The PostgreSQL of the tests is a real one, and every test gets a database of its own."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.controlplane.waiting import eventually
from tests.postgres import NewDatabase

ROOT = Path(__file__).resolve().parents[1]
HOLD_A_SERVER = """
import sys
from tests.postgres import running_postgres
with running_postgres() as new_database:
    print(new_database(), flush=True)
    sys.stdin.read()
"""


def _is_served(folder: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(f"{folder}/.s.PGSQL.5432")
        except OSError:
            return False
    return True


async def test_each_call_gives_an_empty_database_of_its_own(postgres_url: NewDatabase) -> None:
    first, second = create_async_engine(postgres_url()), create_async_engine(postgres_url())
    try:
        async with first.begin() as connection:
            await connection.execute(text("CREATE TABLE only_in_first (id int)"))
        async with first.connect() as connection:
            there = await connection.scalar(text("SELECT to_regclass('only_in_first')::text"))
        async with second.connect() as connection:
            here = await connection.scalar(text("SELECT to_regclass('only_in_first')::text"))
    finally:
        await first.dispose()
        await second.dispose()

    assert (there, here) == ("only_in_first", None)


async def test_one_asyncpg_connection_hears_what_another_notifies(postgres_url: NewDatabase) -> None:
    address = make_url(postgres_url())
    login = {"host": address.query["host"], "user": address.username, "database": address.database}
    heard: asyncio.Queue[object] = asyncio.Queue()
    listener, speaker = await asyncpg.connect(**login), await asyncpg.connect(**login)
    try:
        await listener.add_listener("lab", lambda *told: heard.put_nowait(told[-1]))
        await speaker.execute("NOTIFY lab, 'work'")
        said = await asyncio.wait_for(heard.get(), 10)
    finally:
        await listener.close()
        await speaker.close()

    assert said == "work"


async def test_the_server_listens_on_no_network_address(postgres_url: NewDatabase) -> None:
    engine = create_async_engine(postgres_url())
    try:
        async with engine.connect() as connection:
            listens = await connection.scalar(text("SHOW listen_addresses"))
    finally:
        await engine.dispose()

    assert listens == ""


def _folder_of_a_killed_run() -> str:
    """Start a run of its own, see that its server answers, and kill the run."""
    command = [sys.executable, "-c", HOLD_A_SERVER]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        folder = str(make_url(run.stdout.readline().strip()).query["host"])
        assert _is_served(folder)
        run.kill()
    return folder


async def test_a_test_run_that_is_killed_takes_its_server_and_files_along(postgres_url: NewDatabase) -> None:
    folder = _folder_of_a_killed_run()

    async def gone() -> bool:
        return not _is_served(folder) and not await asyncio.to_thread(Path(folder).exists)

    assert await eventually(gone)
