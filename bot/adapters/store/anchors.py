"""Rows of what is anchored where."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import bindparam, select

from bot.adapters.store.rows import inserting, micros, text_of
from bot.adapters.store.tables import anchors
from bot.adapters.store.work import Work
from bot.ports import Anchored

ACCEPTED: Final = "accepted:"  # in the place's name: no place of ours is called so

_decoder = msgspec.json.Decoder(Anchored)
_PUT = inserting(
    anchors,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["n", "place"],
        set_={"created_at": insert.excluded.created_at, "doc": insert.excluded.doc},
    ),
)
_BY_TIME = (anchors.c.created_at.desc(), anchors.c.n.desc())
_NEWEST = select(anchors.c.doc).where(anchors.c.place == bindparam("place")).order_by(*_BY_TIME).limit(1)
_PLACES = select(anchors.c.place).distinct().order_by(anchors.c.place)


class SqlAnchorage:
    """``ports.Anchorage`` over the table of anchors."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, anchored: Anchored) -> None:
        """Insert or replace the row of this place and size."""
        accepted = anchored.accepted is not None
        await self._work.count(
            _PUT[self._work.postgres],
            n=anchored.size,
            place=f"{ACCEPTED}{anchored.hash}" if accepted else anchored.place,
            created_at=micros(anchored.at),
            doc=text_of(anchored),
        )

    async def newest(self, place: str) -> Anchored | None:
        """Return the newest row of a place."""
        row = await self._work.first(_NEWEST, place=place)
        return None if row is None else _decoder.decode(row.doc)

    async def all(self) -> Sequence[Anchored]:
        """Return the newest row of each place."""
        places = [row.place for row in await self._work.rows(_PLACES)]
        found = [await self.newest(place) for place in places if not place.startswith(ACCEPTED)]
        return [one for one in found if one is not None]

    async def accepted(self, note_hash: str) -> Anchored | None:
        """Return the row under which an operator accepted that the log is shorter than a checkpoint of this hash."""
        return await self.newest(f"{ACCEPTED}{note_hash}")
