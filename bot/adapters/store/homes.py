"""Who opened their Home, and what it shows."""

from datetime import datetime

from sqlalchemy import bindparam, select

from bot.adapters.store.doors import Working
from bot.adapters.store.rows import inserting, micros
from bot.adapters.store.tables import homes
from bot.domain.people import Principal

_RECENT = (
    select(homes.c.principal, homes.c.painted)
    .where(homes.c.opened_at >= bindparam("since"))
    .order_by(homes.c.opened_at.desc())
    .limit(bindparam("most"))
)
_OPENED = inserting(
    homes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["principal"],
        set_={"opened_at": insert.excluded.opened_at, "painted": insert.excluded.painted},
    ),
)
_PAINTED = inserting(
    homes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["principal"], set_={"painted": insert.excluded.painted}
    ),
)


class SqlHomes:
    """``ports.Homes``."""

    def __init__(self, working: Working) -> None:
        self._working = working

    async def put(self, person: Principal, at: datetime | None, seal: str) -> None:
        """Remember what a Home shows, and when it was opened, if it was."""
        async with self._working() as work:
            statement = _PAINTED if at is None else _OPENED
            opened = 0 if at is None else micros(at)
            await work.count(statement[work.postgres], principal=person.key, opened_at=opened, painted=seal)

    async def recent(self, since: datetime, most: int) -> tuple[tuple[Principal, str], ...]:
        """Return who opened theirs since then, the latest first, and what each shows."""
        async with self._working() as work:
            rows = await work.rows(_RECENT, since=micros(since), most=most)
        return tuple((Principal.parse(row.principal), row.painted) for row in rows)
