"""Rows of offers to hand over."""

from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from bot.adapters.store.rows import micros, text_of
from bot.adapters.store.tables import handovers
from bot.adapters.store.work import Work
from bot.domain.handovers import Handover, HandoverState
from bot.domain.people import Principal

_decoder = msgspec.json.Decoder(Handover)
_INSERT = insert(handovers)
_GET = select(handovers.c.doc).where(handovers.c.id == bindparam("id"))
_LOCK = _GET.with_for_update()
_OFFERED = (
    select(handovers.c.doc)
    .where(handovers.c.giver == bindparam("who"), handovers.c.state == HandoverState.OPEN.value)
    .order_by(handovers.c.created_at, handovers.c.id)
)
_PUT = update(handovers).where(handovers.c.id == bindparam("key"))


class SqlHandovers:
    """``ports.Handovers`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, handover: Handover) -> None:
        """Insert."""
        await self._work.count(_INSERT, id=handover.id, **_columns(handover))

    async def get(self, handover_id: str, *, lock: bool = False) -> Handover | None:
        """Return one; ``lock`` holds its row until the transaction ends."""
        row = await self._work.first(_LOCK if lock else _GET, id=handover_id)
        return None if row is None else _decoder.decode(row.doc)

    async def offered_by(self, giver: Principal) -> tuple[Handover, ...]:
        """Return this person's offers that nobody has answered, however old."""
        return tuple(_decoder.decode(row.doc) for row in await self._work.rows(_OFFERED, who=giver.key))

    async def put(self, handover: Handover) -> None:
        """Save. Raises ``LookupError`` when there is no such row."""
        if not await self._work.count(_PUT, key=handover.id, **_columns(handover)):
            raise LookupError("there is no such handover to save")


def _columns(handover: Handover) -> dict[str, Any]:
    return {
        "giver": handover.giver.key,
        "taker": handover.taker.key,
        "state": handover.state.value,
        "created_at": micros(handover.offered_at),
        "doc": text_of(handover),
    }
