"""Rows of entries in shared things."""

import msgspec
from sqlalchemy import bindparam, delete, select

from bot.adapters.store.rows import inserting, text_of
from bot.adapters.store.tables import contributions
from bot.adapters.store.work import Work
from bot.domain.lanes import Contribution

_decoder = msgspec.json.Decoder(Contribution)
_PUT = inserting(
    contributions,
    lambda insert: insert.on_conflict_do_update(index_elements=["id"], set_={"doc": insert.excluded.doc}),
)
_IN_LANE = (
    select(contributions.c.doc).where(contributions.c.lane == bindparam("name")).order_by(contributions.c.n)
)
_DROP = delete(contributions).where(contributions.c.id == bindparam("key"))


class SqlContributions:
    """``ports.Contributions`` over the table of that name. A contribution never changes its lane or part."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def in_lane(self, lane: str) -> tuple[Contribution, ...]:
        """Return all contributions of a lane that are wanted or not yet settled out, oldest first."""
        found = [_decoder.decode(row.doc) for row in await self._work.rows(_IN_LANE, name=lane)]
        return tuple(c for c in found if c.wanted or not c.settled)

    async def put(self, contribution: Contribution) -> None:
        """Insert or save."""
        await self._work.count(
            _PUT[self._work.postgres],
            id=contribution.id,
            lane=contribution.lane,
            part=contribution.part,
            doc=text_of(contribution),
        )

    async def drop(self, contribution_id: str) -> None:
        """Remove one that is settled out."""
        await self._work.count(_DROP, key=contribution_id)
