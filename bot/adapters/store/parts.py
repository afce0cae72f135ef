"""Rows of parts."""

from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, func, or_, select, update

from bot.adapters.store.rows import check_version, inserting, micros, text_of
from bot.adapters.store.tables import parts
from bot.adapters.store.work import Work
from bot.domain.requests import SCHEMA, PartRow
from bot.domain.states import ACTIVE, DUE, PartState

_decoder = msgspec.json.Decoder(PartRow)
_ours = parts.c.schema <= SCHEMA
_RESTING = sorted((PartState.APPLIED, PartState.NEEDS_HUMAN, PartState.TAMPERED))
_awaited = and_(parts.c.state.in_(_RESTING), parts.c.due_at.is_not(None))
_oldest = (parts.c.created_at, parts.c.request_id, parts.c.idx)

INSERT = inserting(parts, lambda insert: insert)
_PUT = update(parts).where(parts.c.id == bindparam("key"), _ours)
_OF = (
    select(parts.c.schema, parts.c.doc)
    .where(parts.c.request_id == bindparam("request"))
    .order_by(parts.c.idx)
)
_IN_LANE = (
    select(parts.c.doc)
    .where(parts.c.lane == bindparam("name"), or_(parts.c.state.in_(sorted(DUE)), _awaited), _ours)
    .order_by(*_oldest)
)
_PAGE = (
    select(parts.c.doc)
    .where(
        parts.c.state == PartState.APPLIED.value,
        func.substr(parts.c.lane, 1, func.length(bindparam("begin"))) == bindparam("begin"),
        parts.c.id > bindparam("after"),
        _ours,
    )
    .order_by(parts.c.id)
    .limit(bindparam("most"))
)

_STANDING = (
    select(parts.c.doc)
    .where(
        parts.c.state.in_(sorted({*ACTIVE, PartState.EXECUTING})),
        parts.c.cluster == bindparam("cluster"),
        parts.c.namespace == bindparam("namespace"),
        _ours,
    )
    .order_by(*_oldest)
)


class SqlParts:
    """``ports.Parts`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def of(self, request_id: str) -> tuple[PartRow, ...]:
        """Return a request's parts in order; raises ``NewerVersionError`` where a newer program wrote one."""
        rows = await self._work.rows(_OF, request=request_id)
        for row in rows:
            check_version(f"a part of request {request_id}", row.schema, SCHEMA)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def in_lane(self, lane: str) -> tuple[PartRow, ...]:
        """Return the lane's parts that ask for work by their state, to be measured, or to be cleared up, oldest first; newer rows are passed over."""
        return tuple(_decoder.decode(row.doc) for row in await self._work.rows(_IN_LANE, name=lane))

    async def page(self, prefix: str, after: str, limit: int) -> tuple[PartRow, ...]:
        """Return applied parts of lanes that begin with ``prefix``, by id, from beyond ``after``."""
        rows = await self._work.rows(_PAGE, begin=prefix, after=after, most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def standing(self, cluster: str, namespace: str) -> tuple[PartRow, ...]:
        """Return what was begun in a place and is not over, oldest first; newer rows are passed over."""
        rows = await self._work.rows(_STANDING, cluster=cluster, namespace=namespace)
        return tuple(_decoder.decode(row.doc) for row in rows)

    async def put(self, row: PartRow) -> None:
        """Save. Raises ``LookupError`` when there is no such row of a version that this program may write."""
        changed = columns(row)
        if not await self._work.count(_PUT, key=changed.pop("id"), **changed):
            raise LookupError(f"there is no part {row.id} to save")


def columns(row: PartRow) -> dict[str, Any]:
    """Return the columns of a part, but for ``created_at``, which is its request's and stays."""
    return {
        "id": row.id,
        "request_id": row.request_id,
        "idx": row.index,
        "lane": row.part.lane,
        "cluster": row.part.target.cluster,
        "namespace": row.part.target.namespace,
        "state": row.state.value,
        "due_at": micros(row.due_at),
        "approved_at": micros(row.since(PartState.APPROVED)),
        "pods": row.part.pods,
        "schema": row.schema,
        "doc": text_of(row),
    }
