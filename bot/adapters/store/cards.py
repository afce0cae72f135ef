"""Where the cards are."""

from sqlalchemy import bindparam, select

from bot.adapters.store.rows import inserting
from bot.adapters.store.tables import cards
from bot.adapters.store.work import Work
from bot.ports import Painted

_GET = select(cards).where(cards.c.request_id == bindparam("request"))
_PUT = inserting(
    cards,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["request_id"],
        set_={name: insert.excluded[name] for name in ("channel", "ts", "painted")},
    ),
)


async def get(work: Work, request_id: str) -> Painted | None:
    """Return where a request's card is, if it was posted."""
    row = await work.first(_GET, request=request_id)
    return None if row is None else Painted(row.channel, row.ts, row.painted)


async def put(work: Work, request_id: str, painted: Painted) -> None:
    """Insert or save."""
    await work.count(
        _PUT[work.postgres],
        request_id=request_id,
        channel=painted.channel,
        ts=painted.ts,
        painted=painted.hash,
    )
