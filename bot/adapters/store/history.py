"""The audit log as whoever signs it reads it: head, leaves, what is new; and the signed checkpoints."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, select

from bot.adapters.store.doors import SqlCheckpoints
from bot.adapters.store.tables import audit, blobs, checkpoints, disclosures
from bot.domain.audit.check import Row, Words

_WITHIN = (audit.c.seq >= bindparam("start"), audit.c.seq < bindparam("stop"))
_LEAVES = select(audit.c.leaf).where(*_WITHIN).order_by(audit.c.seq)
_BODIES = select(audit.c.body).where(*_WITHIN).order_by(audit.c.seq)
_ROWS = select(audit.c.seq, audit.c.body, audit.c.leaf).where(*_WITHIN).order_by(audit.c.seq)
_WORDS = (
    select(disclosures.c.seq, disclosures.c.doc)
    .where(disclosures.c.seq >= bindparam("start"), disclosures.c.seq < bindparam("stop"))
    .order_by(disclosures.c.seq, disclosures.c.digest)
)
_ABOUT = select(audit.c.seq).where(*_WITHIN).order_by(audit.c.seq)
# A mark is found as it is written: no character of it is a pattern.
_HOLDS = {
    False: _ABOUT.where(func.instr(audit.c.body, bindparam("mark")) > 0),
    True: _ABOUT.where(func.strpos(audit.c.body, bindparam("mark")) > 0),
}
_BLOBS = select(blobs.c.hash, blobs.c.bytes).where(blobs.c.hash.in_(bindparam("names", expanding=True)))
_NOTES = select(checkpoints.c.note).order_by(checkpoints.c.n)


class SqlHistory(SqlCheckpoints):
    """``ports.History``: ``SqlHistory(store.working)``."""

    async def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the leaf hashes of the records ``start`` to ``stop`` - 1 in order; fewer where some are missing."""
        async with self._working() as work:
            return [bytes(row.leaf) for row in await work.rows(_LEAVES, start=start, stop=stop)]

    async def bodies(self, start: int, stop: int) -> Sequence[bytes]:
        """Return the bodies of the records ``start`` to ``stop`` - 1 in order."""
        async with self._working() as work:
            return [row.body.encode() for row in await work.rows(_BODIES, start=start, stop=stop)]

    async def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return the records ``start`` to ``stop`` - 1 in order, with their leaf hashes."""
        async with self._working() as work:
            found = await work.rows(_ROWS, start=start, stop=stop)
        return [(int(row.seq), row.body.encode(), bytes(row.leaf)) for row in found]

    async def words(self, start: int, stop: int) -> Sequence[Words]:
        """Return the disclosures of these records, in order of the records."""
        async with self._working() as work:
            return [(int(row.seq), str(row.doc)) for row in await work.rows(_WORDS, start=start, stop=stop)]

    async def about(self, marks: Sequence[str], start: int, stop: int) -> Sequence[int]:
        """Return which of these records hold one of the marks anywhere."""
        found: set[int] = set()
        async with self._working() as work:
            for mark in marks:
                rows = await work.rows(_HOLDS[work.postgres], mark=mark, start=start, stop=stop)
                found |= {int(row.seq) for row in rows}
        return sorted(found)

    async def blobs(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return what is kept under these SHA-256 in hex, unchecked."""
        if not names:
            return {}
        async with self._working() as work:
            return {str(row.hash): bytes(row.bytes) for row in await work.rows(_BLOBS, names=list(names))}

    async def notes(self) -> Sequence[str]:
        """Return all signed checkpoints, the smallest first."""
        async with self._working() as work:
            return [str(row.note) for row in await work.rows(_NOTES)]
