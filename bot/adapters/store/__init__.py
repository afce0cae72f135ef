"""Durable state in SQLite or PostgreSQL: rows, lanes with lease and fence, and the audit log beside them."""

from bot.adapters.store.errors import SchemaError, StoreError, StoreInUseError
from bot.adapters.store.migrations import migrate, pending
from bot.adapters.store.reading import LogSnapshot, check_stored, read_log
from bot.adapters.store.store import SqlStore, open_store

__all__ = [
    "LogSnapshot",
    "SchemaError",
    "SqlStore",
    "StoreError",
    "StoreInUseError",
    "check_stored",
    "migrate",
    "open_store",
    "pending",
    "read_log",
]
