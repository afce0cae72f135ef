"""When each source of alerts was last heard."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from bot.adapters.store.alert_tables import alert_sources
from bot.adapters.store.doors import Working
from bot.adapters.store.rows import inserting, micros, moment
from bot.domain.alerts.hearing import Heard

_ALL = select(alert_sources.c.source, alert_sources.c.since, alert_sources.c.heard_at).order_by(
    alert_sources.c.source
)


def _later(given: Any) -> Any:
    """Replicas may write in any order: the latest stays."""
    known, told = func.coalesce(alert_sources.c.heard_at, 0), given.excluded.heard_at
    return given.on_conflict_do_update(
        index_elements=["source"], set_={"heard_at": case((told > known, told), else_=known)}
    )


_HEARD = inserting(alert_sources, _later)
_BEGUN = inserting(alert_sources, lambda given: given.on_conflict_do_nothing(index_elements=["source"]))


class SqlHearing:
    """``ports.Hearing``."""

    def __init__(self, working: Working) -> None:
        self._working = working

    async def begin(self, sources: Iterable[str]) -> Mapping[str, Heard]:
        """Return what is known of these sources; one that is new is known from now on."""
        wanted = sorted(set(sources))
        async with self._working() as work:
            for source in wanted:
                await work.count(_BEGUN[work.postgres], source=source, since=work.us, heard_at=None)
        return {source: heard for source, heard in (await self.all()).items() if source in wanted}

    async def heard(self, at: Mapping[str, datetime]) -> None:
        """Keep when sources were last heard; an earlier time than the one that is known changes nothing."""
        async with self._working() as work:
            for source, last in sorted(at.items()):
                await work.count(_HEARD[work.postgres], source=source, since=work.us, heard_at=micros(last))

    async def all(self) -> Mapping[str, Heard]:
        """Return what is known of every source that ever was in the settings."""
        async with self._working() as work:
            rows = await work.rows(_ALL)
        return {row.source: Heard(moment(row.since), moment(row.heard_at)) for row in rows}
