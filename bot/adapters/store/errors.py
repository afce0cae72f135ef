"""
What can go wrong with durable state.

FirebreakError
├── StoreError         the database did not do what was asked: nothing of the transaction stands; try again
├── StoreInUseError    another program owns this database file
└── SchemaError        the tables are not those of this program: migrate, or start the newer one
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.errors import FirebreakError

LONGEST = 300  # characters of a driver's own words; they never hold a row's values (`hide_parameters`)


class StoreError(FirebreakError):
    """The database did not do what was asked. Nothing of the transaction stands, unless its commit was lost."""


class StoreInUseError(FirebreakError):
    """Another program owns this database file, or it stands where no file lock can be trusted."""


class SchemaError(FirebreakError):
    """The tables are not those that this program knows. The text names the remedy."""


NO_TABLE = ("no such table", "UndefinedTableError")
_DRIVERS = (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)


class _CallersError(Exception):
    """Carries an error of the caller's own out of a transaction, past the translation."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database libraries' errors, and the network's, into ``StoreError``."""
    try:
        yield
    except _CallersError as carried:
        raise carried.error from carried.error.__cause__
    except _DRIVERS as error:
        raise StoreError(f"the database refused: {told(error)}{_remedy(error)}") from error
    except OSError as error:
        raise StoreError(
            f"the database cannot be reached: {told(error)}; check its address, and that it runs"
        ) from error


@contextmanager
def callers_own() -> Iterator[None]:
    """Keep a caller's own network or file error, or timeout, from being taken for the database's."""
    try:
        yield
    except OSError as error:
        raise _CallersError(error) from error


def _remedy(error: BaseException) -> str:
    """Say what to do where that is known: an empty or foreign database is what people meet most."""
    lacking = any(words in str(error) for words in NO_TABLE)
    return "; run `firebreak migrate`, or name the database that has the tables" if lacking else ""


def told(error: BaseException) -> str:
    """Return the driver's own words, cut, without statement, values or address."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:LONGEST]
