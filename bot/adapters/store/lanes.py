"""
Rows of lanes: who owns one, until when, and with which fence.

A lane is free at ``free_at``: when it is due if nobody owns it, when its owner's lease ends otherwise; the
database computes that column itself, so that it cannot disagree with the others.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, case, or_, select, update

from bot.adapters.store.rows import check_version, inserting, micros, moment, span, text_of
from bot.adapters.store.tables import lanes
from bot.adapters.store.work import Work
from bot.domain.errors import FencedError
from bot.domain.lanes import Lane

SCHEMA = 1

_decoder = msgspec.json.Decoder(Lane)
_ours = lanes.c.schema <= SCHEMA
_stored = (lanes.c.schema, lanes.c.owner, lanes.c.lease_until, lanes.c.fence, lanes.c.due_at, lanes.c.doc)


def _earlier(insert: Any) -> Any:
    asked = insert.excluded.due_at
    sooner = case((or_(lanes.c.due_at.is_(None), lanes.c.due_at > asked), asked), else_=lanes.c.due_at)
    return insert.on_conflict_do_update(index_elements=["key"], set_={"due_at": sooner})


_WAKE = inserting(lanes, _earlier)
_NEXT = (
    select(lanes.c.key)
    .where(lanes.c.free_at <= bindparam("now"), _ours)
    .order_by(lanes.c.free_at)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_CLAIM = (
    update(lanes)
    .where(lanes.c.key == _NEXT)
    .values(
        owner=bindparam("me"),
        lease_until=bindparam("until"),
        lease=bindparam("length"),
        fence=lanes.c.fence + 1,
        due_at=None,
    )
    .returning(lanes.c.key, *_stored)
)
_mine = (lanes.c.key == bindparam("name"), lanes.c.fence == bindparam("claimed"), _ours)
_HOLD = (
    update(lanes)
    .where(*_mine, lanes.c.owner == bindparam("me"))
    .values(lease_until=bindparam("now") + lanes.c.lease)
    .returning(*_stored)
)
_PUT = update(lanes).where(*_mine)
_GET = select(*_stored).where(lanes.c.key == bindparam("name"))


class SqlLanes:
    """``ports.Lanes`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def wake(self, key: str, at: datetime) -> None:
        """Have the lane worked at ``at`` or earlier; a new one is made. Owner and fence are not touched."""
        fresh = Lane(key, due_at=at)
        await self._work.count(
            _WAKE[self._work.postgres], key=key, owner="", lease=0, fence=0, **_columns(fresh), schema=SCHEMA
        )
        self._work.rings = True

    async def claim(self, owner: str, lease: timedelta) -> Lane | None:
        """
        Take the lane that has been free and due for longest. ``owner`` must not be empty.

        One that another worker just takes is passed over, as is one that a newer program wrote.
        """
        if not owner:
            raise ValueError("a worker needs a name")
        until = self._work.us + span(lease)
        row = await self._work.first(_CLAIM, now=self._work.us, me=owner, until=until, length=span(lease))
        return None if row is None else _lane(row.key, row)

    async def hold(self, lane: Lane) -> Lane:
        """
        Lock the claimed lane's row, renew its lease to the length that it was claimed with, and return it.

        Raises ``FencedError`` when somebody else has claimed it since.
        """
        row = await self._work.first(
            _HOLD, name=lane.key, claimed=lane.fence, me=lane.owner, now=self._work.us
        )
        if row is None or not lane.owner:
            raise FencedError(f"lane {lane.key} is no longer {lane.owner}'s under fence {lane.fence}")
        return _lane(lane.key, row)

    async def put(self, lane: Lane) -> None:
        """Save a lane that this transaction holds; raises ``FencedError`` when its fence is not the stored one."""
        changed = {"owner": lane.owner, **_columns(lane)}
        if not await self._work.count(_PUT, name=lane.key, claimed=lane.fence, **changed):
            raise FencedError(f"lane {lane.key} is no longer under fence {lane.fence}")
        self._work.rings = self._work.rings or not lane.owner

    async def get(self, key: str) -> Lane | None:
        """Read a lane, without any claim to it; raises ``NewerVersionError`` for a newer program's row."""
        row = await self._work.first(_GET, name=key)
        return None if row is None else _lane(key, row)


def _columns(lane: Lane) -> dict[str, Any]:
    return {"lease_until": micros(lane.lease_until), "due_at": micros(lane.due_at), "doc": text_of(lane)}


def _lane(key: str, row: Any) -> Lane:
    check_version(f"lane {key}", row.schema, SCHEMA)
    return msgspec.structs.replace(
        _decoder.decode(row.doc),
        owner=row.owner,
        lease_until=moment(row.lease_until),
        fence=row.fence,
        due_at=moment(row.due_at),
    )
