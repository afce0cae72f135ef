"""What is only counted: by the database, never by decoding rows."""

from datetime import datetime

from sqlalchemy import bindparam, func, select

from bot.adapters.store.rows import micros
from bot.adapters.store.tables import audit_head, inbox, lanes, outbox, parts, requests
from bot.adapters.store.work import Work
from bot.domain.states import FINAL, PartState
from bot.ports import Sums, Tally

_ROOM = sorted(frozenset(PartState) - FINAL - {PartState.PROPOSED})
_number = func.count().label("number")
_TALLY = (
    select(parts.c.cluster, parts.c.namespace, _number)
    .where(parts.c.state.in_(_ROOM))
    .group_by(parts.c.cluster, parts.c.namespace)
)
_ASKED = select(_number).where(
    requests.c.created_at >= bindparam("since"), requests.c.requester == bindparam("who")
)
_STATES = select(parts.c.state, _number).group_by(parts.c.state)
# By indexes: a week of finished rows costs nothing.
_SUMS = select(
    select(func.count()).where(inbox.c.next_at.is_not(None)).scalar_subquery().label("inbox"),
    select(func.count()).where(outbox.c.done_at.is_(None)).scalar_subquery().label("outbox"),
    select(audit_head.c.n).scalar_subquery().label("records"),
)
_LANES = (
    select(lanes.c.key)
    .where(func.substr(lanes.c.key, 1, func.length(bindparam("begin"))) == bindparam("begin"))
    .order_by(lanes.c.key)
)


class SqlCounts:
    """``ports.Counts`` over all tables."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def tally(self) -> tuple[Tally, ...]:
        """Count the parts that take room under the policy's caps, by cluster and namespace."""
        rows = await self._work.rows(_TALLY)
        return tuple(Tally(row.cluster, row.namespace, row.number) for row in rows)

    async def asked_since(self, requester: str, since: datetime) -> int:
        """Count the requests of one person (``team:user``) since then."""
        row = await self._work.first(_ASKED, since=micros(since), who=requester)
        return 0 if row is None else int(row.number)

    async def states(self) -> dict[str, int]:
        """Count all parts by state."""
        return {row.state: row.number for row in await self._work.rows(_STATES)}

    async def sums(self) -> Sums:
        """Count what waits to be worked, and the audit log."""
        row = await self._work.first(_SUMS)
        assert row is not None  # a query without a table has one row
        return Sums(row.inbox, row.outbox, row.records or 0)

    async def lanes(self, prefix: str) -> tuple[str, ...]:
        """Return the keys of the lanes that begin with ``prefix``."""
        rows = await self._work.rows(_LANES, begin=prefix)
        return tuple(row.key for row in rows)
