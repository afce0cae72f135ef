"""How values become columns and back, and the statements that the two databases spell apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, overload

import msgspec
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from bot.domain.errors import NewerVersionError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Insert = sqlite.Insert | postgresql.Insert
S = TypeVar("S", bound=Executable)


@overload
def micros(at: datetime) -> int: ...
@overload
def micros(at: datetime | None) -> int | None: ...
def micros(at: datetime | None) -> int | None:
    """Return an aware time as the whole microseconds since 1970 UTC that columns hold."""
    return None if at is None else (at - EPOCH) // _MICROSECOND


@overload
def moment(at: int) -> datetime: ...
@overload
def moment(at: int | None) -> datetime | None: ...
def moment(at: int | None) -> datetime | None:
    """Return a column's time, UTC."""
    return None if at is None else EPOCH + timedelta(microseconds=at)


def span(length: timedelta) -> int:
    """Return a duration in whole microseconds."""
    return length // _MICROSECOND


def text_of(value: Any) -> str:
    """Return a value as the JSON of a ``doc`` column."""
    return msgspec.json.encode(value).decode()


def check_version(what: str, schema: int, known: int) -> None:
    """Raise ``NewerVersionError`` for a row that a newer program wrote."""
    if schema > known:
        raise NewerVersionError(
            f"{what} was written by a newer Firebreak (row version {schema}, this program knows {known}): "
            "it is left alone; start the newer program to work on it"
        )


class Spelled(dict[bool, S]):
    """One statement as SQLite (False) and PostgreSQL (True) spell it: ``spelled[work.postgres]``."""


def inserting(table: Table, build: Callable[[Any], S]) -> Spelled[S]:
    """Return an INSERT with a conflict clause, built once for each database."""
    return Spelled({False: build(sqlite.insert(table)), True: build(postgresql.insert(table))})


def waiting(table: str, column: str, due: str) -> str:
    """
    Return how SQL begins that knows, as ``waiting (value)``, each value of a column among rows that have a time; and NULL.

    It goes from one to the next by an index, however many rows each has ("Loose indexscan", wiki.postgresql.org).
    """
    return f"""
        WITH RECURSIVE waiting (value) AS (
            SELECT min({column}) FROM {table} WHERE {due} IS NOT NULL
            UNION ALL
            SELECT (SELECT min(t.{column}) FROM {table} AS t WHERE t.{due} IS NOT NULL AND t.{column} > w.value)
            FROM waiting AS w WHERE w.value IS NOT NULL
        )
    """  # noqa: S608 - of our own names
