"""The audit log as whoever signs it reads it: head, leaves, what is new; and the signed checkpoints."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from bot.adapters.store.doors import SqlCheckpoints
from bot.adapters.store.tables import audit

_WITHIN = (audit.c.seq >= bindparam("start"), audit.c.seq < bindparam("stop"))
_LEAVES = select(audit.c.leaf).where(*_WITHIN).order_by(audit.c.seq)
_BODIES = select(audit.c.body).where(*_WITHIN).order_by(audit.c.seq)


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
