"""
Reads the audit log as it is at one instant, while the bot goes on writing: for verifying and exporting.

Nothing may be concluded from what is read here before `check_stored` has.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.engines import is_postgres, make_reader, parsed
from bot.adapters.store.errors import callers_own, translated
from bot.adapters.store.sqlite import in_thread
from bot.adapters.store.tables import audit_head, blobs, checkpoints
from bot.domain.audit.check import BATCH, LogCheck, Row, Trust, Words
from bot.domain.audit.merkle import CompactRange
from bot.domain.audit.verdicts import Finding

_SQLITE = (
    "SELECT seq, CAST(body AS BLOB), CAST(leaf AS BLOB) FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
    "SELECT seq, doc FROM disclosures WHERE seq > ? AND seq <= ? ORDER BY seq",
)
_POSTGRES = (
    "SELECT seq, convert_to(body, 'UTF8'), leaf FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2",
    "SELECT seq, doc FROM disclosures WHERE seq > $1 AND seq <= $2 ORDER BY seq",
)
_Batch = tuple[Sequence[Row], Sequence[Words]]
_BEFORE_ALL = -(2**62)
_HEAD = select(audit_head.c.n, audit_head.c.peaks)
_CHECKPOINTS = select(checkpoints.c.note).order_by(checkpoints.c.n)
_BLOB = select(blobs.c.bytes).where(blobs.c.hash == bindparam("name"))


class LogSnapshot:
    """The audit log at one instant; may be read as often as wanted."""

    def __init__(self, connection: AsyncConnection, *, postgres: bool) -> None:
        self._connection, self._postgres = connection, postgres

    async def batches(self, after: int = _BEFORE_ALL) -> AsyncIterator[_Batch]:
        """Yield rows ordered by seq, those behind ``after``, each batch with the disclosures of just these rows."""
        fetch = self._postgres_batch if self._postgres else self._sqlite_batch
        while True:
            with translated():
                rows, words = await fetch(after)
            if not rows:
                return
            yield rows, words
            after = rows[-1][0]

    async def checkpoints(self) -> tuple[str, ...]:
        """Return the stored signed checkpoints, the smallest first."""
        return tuple((await self._connection.scalars(_CHECKPOINTS)).all())

    async def head(self) -> CompactRange | None:
        """Return the stored head; ``None`` where its row is missing, or is none that a log can have."""
        row = (await self._connection.execute(_HEAD)).first()
        try:
            return None if row is None else CompactRange.load(row.n, bytes(row.peaks))
        except ValueError:
            return None

    async def blob(self, name: str) -> bytes | None:
        """Return what is kept under a SHA-256 in hex, unchecked, or ``None``."""
        found: bytes | None = await self._connection.scalar(_BLOB, {"name": name})
        return found

    # By the bare drivers: a log has millions of rows, and what wraps each of them costs more than its hash.

    async def _postgres_batch(self, after: int) -> _Batch:
        bare: Any = (await self._connection.get_raw_connection()).driver_connection
        rows = await bare.fetch(_POSTGRES[0], after, BATCH)
        return rows, await bare.fetch(_POSTGRES[1], after, rows[-1][0]) if rows else []

    async def _sqlite_batch(self, after: int) -> _Batch:
        def read(bare: sqlite3.Connection) -> _Batch:
            rows = bare.execute(_SQLITE[0], (after, BATCH)).fetchall()
            return rows, bare.execute(_SQLITE[1], (after, rows[-1][0])).fetchall() if rows else []

        return await in_thread(self._connection, read)


@asynccontextmanager
async def read_log(url: str) -> AsyncIterator[LogSnapshot]:
    """
    Open the audit log at an address for reading; nothing can be written, and nobody who writes is held up.

    Raises ``StoreError`` when the database fails or holds no log.
    """
    address = parsed(url)
    engine = make_reader(address)
    try:
        with translated():
            async with engine.connect() as connection:
                snapshot = LogSnapshot(connection, postgres=is_postgres(address))
                await snapshot.head()  # the first read sets the instant
                with callers_own():
                    yield snapshot
    finally:
        await engine.dispose()


async def check_stored(log: LogSnapshot, trust: Trust) -> Finding:
    """Return the finding for a whole stored log, as `check_log` does for one that is at hand."""
    finding = await _pass(log, trust, deep=False)
    return finding if finding.ok or finding.exact else await _pass(log, trust, deep=True)


async def _pass(log: LogSnapshot, trust: Trust, *, deep: bool) -> Finding:
    check = LogCheck(trust, await log.checkpoints(), deep=deep)
    async for rows, words in log.batches():
        check.feed(rows, words)
    return check.finish(await log.head())
