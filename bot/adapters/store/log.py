"""
The audit log: one record appended in the transaction of the change that it tells of.

What must hold, in this order: (1) the head row is locked, last of all rows; (2) only then is the time taken;
(3) the record gets the head's number, so that there are no gaps; (4) leaf and head are stored with the exact
bytes; (5) whatever fails, nothing of the transaction is committed.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from bot.adapters.store.errors import told
from bot.adapters.store.rows import inserting
from bot.adapters.store.sqlite import in_thread
from bot.adapters.store.tables import audit, audit_head, blobs, disclosures
from bot.adapters.store.work import Work
from bot.domain.audit.disclosure import Disclosure, digest_of
from bot.domain.audit.merkle import CompactRange, leaf_hash
from bot.domain.audit.record import Draft, canonical
from bot.domain.errors import AuditError

_locked = (
    select(audit_head.c.n, audit_head.c.peaks).with_for_update().cte("locked").prefix_with("MATERIALIZED")
)
# A plain column would be computed before the row is locked: only what reads the locked rows comes after it.
_LOCK = select(_locked.c.n, _locked.c.peaks, func.clock_timestamp().label("time"))
_appended = (
    insert(audit).values(seq=bindparam("at"), body=bindparam("body"), leaf=bindparam("leaf")).cte("appended")
)
_APPEND = (
    update(audit_head)
    .where(audit_head.c.n == bindparam("at"))
    .values(n=bindparam("size"), peaks=bindparam("roots"))
    .add_cte(_appended)
)
_DISCLOSE = insert(disclosures)
NO_HEAD = "the audit log has no head row: the database is damaged, restore it"
MOVED = "the head of the audit log moved while it was locked"
_KEEP = inserting(blobs, lambda insert: insert.on_conflict_do_nothing(index_elements=["hash"]))


class SqlLog:
    """``ports.Log`` over the tables of the audit log."""

    def __init__(self, work: Work, clock: Callable[[], datetime]) -> None:
        self._work, self._clock = work, clock

    async def append(
        self, draft: Draft, disclosures: Sequence[Disclosure] = (), blobs: Sequence[bytes] = ()
    ) -> int:
        """
        Append one record with the time taken under the head's lock; return its sequence number.

        Raises ``AuditError``, and from then on this transaction cannot be committed.
        """
        try:
            return await self._append(draft, disclosures, blobs)
        except Exception as error:  # (5) a driver, a full disk, a value that it does not take: all the same
            self._work.doomed = error
            if isinstance(error, AuditError):
                raise
            raise AuditError(f"the audit record could not be written: {told(error)}") from error

    async def _append(self, draft: Draft, words: Sequence[Disclosure], kept: Sequence[bytes]) -> int:
        seq = await (self._postgres(draft) if self._work.postgres else self._sqlite(draft))
        if kept:  # under the head's lock: two transactions that keep the same bytes never wait for each other
            blobs = ({"hash": hashlib.sha256(blob).hexdigest(), "bytes": blob} for blob in kept)
            await self._work.run(_KEEP[self._work.postgres], *blobs)
        if words:
            said = ({"seq": seq, "digest": digest_of(word), "doc": word.encoded} for word in words)
            await self._work.run(_DISCLOSE, *said)
        return seq

    async def _postgres(self, draft: Draft) -> int:
        row = await self._work.first(_LOCK)  # (1) (2)
        if row is None:
            raise AuditError(NO_HEAD)
        values = _entry(draft, row.n, row.peaks, row.time)
        if await self._work.count(_APPEND, **values) != 1:  # (4)
            raise AuditError(MOVED)
        return int(row.n)

    async def _sqlite(self, draft: Draft) -> int:
        def append(connection: sqlite3.Connection) -> int:
            row = connection.execute("SELECT n, peaks FROM audit_head").fetchone()  # (1): the file is locked
            if row is None:
                raise AuditError(NO_HEAD)
            values = _entry(draft, row[0], row[1], self._clock())  # (2)
            connection.execute(
                "INSERT INTO audit (seq, body, leaf) VALUES (:at, :body, :leaf)", values
            )  # (4)
            connection.execute("UPDATE audit_head SET n = :size, peaks = :roots", values)
            return int(row[0])

        return await in_thread(self._work.connection, append)


def _entry(draft: Draft, size: int, peaks: bytes, time: datetime) -> dict[str, Any]:
    """Return what is stored for the next record of a log of this size: body and leaf, and the head after it."""
    body = canonical(draft.complete(size, time))  # (3)
    leaf = leaf_hash(body)
    grown = CompactRange.load(size, peaks).append(leaf)
    return {"at": size, "body": body.decode(), "leaf": leaf, "size": grown.size, "roots": grown.dump()}
