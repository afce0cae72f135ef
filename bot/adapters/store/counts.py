"""What is only counted: by the database, never by decoding rows."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, case, func, select, text

from bot.adapters.store.rows import micros
from bot.adapters.store.tables import audit_head, inbox, lanes, outbox, parts, requests
from bot.adapters.store.work import Work
from bot.domain.states import FINAL, PartState
from bot.ports import Gathering, Sums, Tally

_ROOM = sorted(frozenset(PartState) - FINAL - {PartState.PROPOSED})
_number = func.count().label("number")
_pods = func.sum(parts.c.pods).label("number")  # a part may cut all that a selector catches
_lately = case(
    (func.coalesce(parts.c.approved_at, parts.c.created_at) >= bindparam("since"), parts.c.pods), else_=0
)
FLOODGATE = 0x46_42_46_4C  # of PostgreSQL's advisory locks; a number of our own
_TALLY = (
    select(parts.c.cluster, parts.c.namespace, _number)
    .where(parts.c.state.in_(_ROOM))
    .group_by(parts.c.cluster, parts.c.namespace)
)
# A part of before there was this column counts from when it was asked.
_FLOOD = (
    select(parts.c.cluster, parts.c.namespace, _pods, func.sum(_lately).label("lately"))
    .where(parts.c.state.in_(_ROOM), parts.c.namespace != "", parts.c.request_id != bindparam("request"))
    .group_by(parts.c.cluster, parts.c.namespace)
)
# Cut and let go at once, again and again, is no less of a flood.
_UNDONE = (
    select(parts.c.cluster, parts.c.namespace, _pods)
    .where(
        parts.c.state == PartState.ROLLED_BACK.value,
        parts.c.approved_at >= bindparam("since"),
        parts.c.namespace != "",
        parts.c.request_id != bindparam("request"),
    )
    .group_by(parts.c.cluster, parts.c.namespace)
)
_LOCK = text("SELECT pg_advisory_xact_lock(:name)")
_ASKED = select(_number).where(
    requests.c.created_at >= bindparam("since"), requests.c.requester.like(bindparam("tail"))
)
_AUTOMATIC = select(_number).where(requests.c.created_at >= bindparam("since"), requests.c.requester == "")
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

    async def crowd(self, since: datetime, besides: str) -> tuple[Gathering, ...]:
        """Count pods that take room, by cluster and namespace, and those approved since, let go meanwhile or not."""
        asked = {"since": micros(since), "request": besides}
        rows = await self._work.rows(_FLOOD, **asked)
        found = {
            (r.cluster, r.namespace): Gathering(r.cluster, r.namespace, int(r.number), int(r.lately))
            for r in rows
        }
        for row in await self._work.rows(_UNDONE, **asked):
            place = (row.cluster, row.namespace)
            there = found.get(place, Gathering(*place, 0, 0))
            found[place] = msgspec.structs.replace(there, lately=there.lately + int(row.number))
        return tuple(found.values())

    async def floodgate(self) -> None:
        """Let one transaction after the other count and approve pods. SQLite has one writer anyway."""
        if self._work.postgres:
            await self._work.run(_LOCK, {"name": FLOODGATE})

    async def asked_since(self, requester: str, since: datetime) -> int:
        """Count the requests of one human (``team:user``) since then, under whatever team."""
        tail = f"%:{requester.partition(':')[2]}"  # capitals and digits: nothing in it is a pattern
        row = await self._work.first(_ASKED, since=micros(since), tail=tail)
        return 0 if row is None else int(row.number)

    async def automatic(self, since: datetime) -> int:
        """Count what all playbooks did by themselves since then."""
        row = await self._work.first(_AUTOMATIC, since=micros(since))
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
