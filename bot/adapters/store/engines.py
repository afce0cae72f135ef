"""Connections to the two databases, set up so that a commit is on disk and no wait is endless."""

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.adapters.store.errors import StoreError
from bot.adapters.store.sqlite import connecting

SQLITE, POSTGRES = "sqlite+aiosqlite", "postgresql+asyncpg"
BUSY = 10.0  # seconds that SQLite waits for another program's write
CONNECTIONS = 10  # of one program to PostgreSQL

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # in WAL mode anything less may lose the last commits with the power
    f"PRAGMA busy_timeout = {int(BUSY * 1000)}",
    "PRAGMA foreign_keys = ON",
)
_SERVER = {
    "application_name": "firebreak",
    "jit": "off",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",  # a frozen program must not hold rows locked for ever
}


def parsed(url: str) -> URL:
    """
    Return the address of a database; ``sqlite:`` and ``postgresql:`` are taken as the async drivers' names.

    Raises ``StoreError`` for any other kind, and never repeats the address: it may hold a password.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError(
            "the database address cannot be read: sqlite:///path or postgresql://host/name"
        ) from None
    driver = {"sqlite": SQLITE, "postgresql": POSTGRES, "postgres": POSTGRES}.get(address.drivername)
    address = address.set(drivername=driver or address.drivername)
    if address.drivername not in (SQLITE, POSTGRES):
        raise StoreError("the database must be sqlite:///path or postgresql://host/name")
    if address.drivername == SQLITE and address.database in (None, "", ":memory:"):
        raise StoreError("SQLite needs a file: in memory nothing would survive this program")
    mode = address.query.get("sslmode")  # libpq's name, in every provider's examples; the driver takes `ssl`
    if not isinstance(mode, str):
        return address
    return address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def is_postgres(address: URL) -> bool:
    """Whether this is the address of a PostgreSQL database."""
    return address.drivername == POSTGRES


def make_engine(address: URL) -> AsyncEngine:
    """Return the connections; none is opened yet. An error never shows the values of a statement."""
    return _postgres(address) if is_postgres(address) else _sqlite(address)


def make_reader(address: URL) -> AsyncEngine:
    """Return connections that only read, each transaction at one instant, and that hold up nobody who writes."""
    if is_postgres(address):
        return _postgres(address).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    path = Path(str(address.database)).absolute().as_uri() + "?mode=ro"
    engine = create_async_engine(
        address, hide_parameters=True, pool_reset_on_return=None, async_creator=connecting(path, BUSY)
    )
    event.listen(engine.sync_engine, "begin", _begin_reading)
    return engine


def _postgres(address: URL) -> AsyncEngine:
    return create_async_engine(
        address,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"server_settings": _SERVER, "timeout": 10, "command_timeout": 30},
    )


def _sqlite(address: URL) -> AsyncEngine:
    # One connection: SQLite has one writer anyway, and whoever waits in a queue of ours is served in turn, while
    # its own busy handler sleeps and guesses.
    engine = create_async_engine(
        address,
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        async_creator=connecting(str(address.database), BUSY),
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
