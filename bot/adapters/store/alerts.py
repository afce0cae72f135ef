"""Rows of alerts, their groups, and the heads of posts that did not fit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, func, insert, or_, select, text, update

from bot.adapters.store.alert_tables import alert_groups, alert_misfits, alerts
from bot.adapters.store.doors import Working
from bot.adapters.store.rows import inserting, micros, moment, text_of
from bot.adapters.store.work import Work
from bot.domain.alerts import Alert, Status
from bot.domain.alerts.grouping import Group
from bot.domain.alerts.occurrence import Known
from bot.domain.alerts.posts import Misfit

MISFITS_KEPT: Final = 20
KEPT: Final = timedelta(days=30)
"""So long an alert is known after it last told something, and a group; the record of both stays."""
PORTION: Final = 500
"""So many rows are deleted in one transaction."""
COUNTING: Final = 0x46_42_41_4C  # of PostgreSQL's advisory locks; a number of our own
AT_ONCE: Final = 500  # parameters of one statement: SQLite allows 32766, a plan should stay small

_LOCK = text("SELECT pg_advisory_xact_lock(:name)")

_alert = msgspec.json.Decoder(Alert)
_group = msgspec.json.Decoder(Group)
_misfit = msgspec.json.Decoder(Misfit)


def _newer(given: Any) -> Any:
    fresh = {column.name: given.excluded[column.name] for column in alerts.c if column.name != "id"}
    return given.on_conflict_do_update(index_elements=["id"], set_=fresh)


_PUT = inserting(alerts, _newer)
_PUT_TIMES = update(alerts).where(alerts.c.id == bindparam("of"))
_KNOWN = select(alerts).where(alerts.c.id.in_(bindparam("ids", expanding=True)))
_OF = (
    select(alerts.c.doc)
    .where(alerts.c.group_id == bindparam("of"))
    .order_by(alerts.c.seen_at.desc(), alerts.c.id)
    .limit(bindparam("most"))
)
_FIRING = _OF.where(alerts.c.status == Status.FIRING.value)
_NEWEST = (
    select(alert_groups.c.doc)
    .where(alert_groups.c.key == bindparam("of"), alert_groups.c.latest == 1)
    .with_for_update()
)
_GET_GROUP = select(alert_groups.c.doc).where(alert_groups.c.id == bindparam("of"))
_LOCK_GROUP = _GET_GROUP.with_for_update()
_SUPERSEDE = (
    update(alert_groups)
    .where(alert_groups.c.id == bindparam("before"), alert_groups.c.latest == 1)
    .values(latest=0)
)
_ADD_GROUP = insert(alert_groups)
_PUT_GROUP = update(alert_groups).where(alert_groups.c.id == bindparam("of"))
_latest = (alert_groups.c.updated_at.desc(), alert_groups.c.id)
_late = (
    select(
        alert_groups.c.id,
        alert_groups.c.updated_at,
        func.row_number().over(partition_by=alert_groups.c.source, order_by=_latest).label("turn"),
    )
    .where(alert_groups.c.updated_at >= bindparam("since"))
    .subquery()
)
_listed = (
    select(_late.c.id).order_by(_late.c.turn, _late.c.updated_at.desc(), _late.c.id).limit(bindparam("most"))
)
_RECENT = (
    select(alert_groups.c.doc).where(alert_groups.c.id.in_(_listed.scalar_subquery())).order_by(*_latest)
)
_BY_SOURCE = (
    select(alert_groups.c.source, func.count().label("number"))
    .where(alert_groups.c.updated_at >= bindparam("since"))
    .group_by(alert_groups.c.source)
)
_SOURCES = (
    select(alert_groups.c.source)
    .where(alert_groups.c.rule == bindparam("of"), alert_groups.c.updated_at >= bindparam("since"))
    .distinct()
    .order_by(alert_groups.c.source)
    .limit(bindparam("most"))
)
_TOLD_BY = (
    select(alert_groups.c.doc)
    .where(
        alert_groups.c.rule == bindparam("rule"),
        alert_groups.c.source == bindparam("source"),
        alert_groups.c.id > bindparam("after"),
        or_(alert_groups.c.updated_at >= bindparam("since"), alert_groups.c.latest == 1),
    )
    .order_by(alert_groups.c.id)
    .limit(bindparam("most"))
)
_old = (
    select(alerts.c.id)
    .where(alerts.c.seen_at < bindparam("before"))
    .order_by(alerts.c.seen_at)
    .limit(PORTION)
)
_OLD = delete(alerts).where(alerts.c.id.in_(_old.scalar_subquery()))
_KEEP = insert(alert_misfits)
_MISFITS = select(alert_misfits.c.doc).order_by(alert_misfits.c.n.desc()).limit(bindparam("most"))
_kept = (
    select(alert_misfits.c.n)
    .where(alert_misfits.c.source == bindparam("of"))
    .order_by(alert_misfits.c.n.desc())
    .limit(MISFITS_KEPT)
)
_FORGET = delete(alert_misfits).where(
    alert_misfits.c.source == bindparam("of"), alert_misfits.c.n.not_in(_kept.scalar_subquery())
)


class SqlAlerts:
    """``ports.Alerts``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def turn(self) -> None:
        """Let one transaction after the other count alerts. SQLite has one writer anyway."""
        if self._work.postgres:
            await self._work.run(_LOCK, {"name": COUNTING})

    async def newest(self, key: str) -> Group | None:
        """Return the newest group of a key, locked until the transaction ends."""
        row = await self._work.first(_NEWEST, of=key)
        return None if row is None else _group.decode(row.doc)

    async def group(self, group_id: str, *, lock: bool = False) -> Group | None:
        """Return a group by its id; ``lock`` holds its row until the transaction ends."""
        row = await self._work.first(_LOCK_GROUP if lock else _GET_GROUP, of=group_id)
        return None if row is None else _group.decode(row.doc)

    async def add_group(self, group: Group, before: str = "") -> None:
        """Insert as the newest of its key, after the one that was."""
        if before:
            await self._work.count(_SUPERSEDE, before=before)
        values = {"id": group.id, "key": group.key, "latest": 1, "opened_at": micros(group.opened_at)}
        told_by = {"source": group.source, "rule": group.rule}
        await self._work.count(_ADD_GROUP, **values, **told_by, **_changing(group))

    async def put_group(self, group: Group) -> None:
        """Save. Raises ``LookupError`` when there is no such row."""
        if not await self._work.count(_PUT_GROUP, of=group.id, **_changing(group)):
            raise LookupError(f"there is no group {group.id} to save")

    async def known(self, ids: Iterable[str]) -> Mapping[str, Known]:
        """Return what is known of these alerts."""
        wanted, found = sorted(set(ids)), dict[str, Known]()
        for at in range(0, len(wanted), AT_ONCE):
            rows = await self._work.rows(_KNOWN, ids=wanted[at : at + AT_ONCE])
            found |= {row.id: _known(row) for row in rows}
        return found

    async def put(self, told: Sequence[Known]) -> None:
        """Insert or save alerts that told something now."""
        if told:
            await self._work.run(_PUT[self._work.postgres], *map(self._columns, told))

    async def put_times(self, heard: Sequence[Known]) -> None:
        """Save only when was said what of alerts that told nothing new."""
        if heard:
            await self._work.run(_PUT_TIMES, *({"of": each.alert.id, **_times(each)} for each in heard))

    async def recent(self, since: datetime, limit: int) -> tuple[Group, ...]:
        """Return the groups that were told of since then, the latest first; where they are too many, the latest of each source."""
        rows = await self._work.rows(_RECENT, since=micros(since), most=limit)
        return tuple(_group.decode(row.doc) for row in rows)

    async def by_source(self, since: datetime) -> Mapping[str, int]:
        """Return how many groups each source told of since then."""
        rows = await self._work.rows(_BY_SOURCE, since=micros(since))
        return {row.source: int(row.number) for row in rows}

    async def sources(self, rule: str, since: datetime, limit: int) -> tuple[str, ...]:
        """Return the sources that told of a rule of this name since then, sorted."""
        rows = await self._work.rows(_SOURCES, of=rule, since=micros(since), most=limit)
        return tuple(row.source for row in rows)

    async def told_by(
        self, told_by: tuple[str, str], since: datetime, limit: int, *, after: str = ""
    ) -> tuple[Group, ...]:
        """Return the groups of a source's rule, told of since then or the newest of their keys, by id, after this one."""
        source, rule = told_by
        given = {"source": source, "rule": rule, "since": micros(since), "after": after, "most": limit}
        return tuple(_group.decode(row.doc) for row in await self._work.rows(_TOLD_BY, **given))

    async def of(self, group_id: str, limit: int, *, firing: bool = False) -> tuple[Alert, ...]:
        """Return a group's alerts, the latest first; ``firing``: only those that are not over."""
        rows = await self._work.rows(_FIRING if firing else _OF, of=group_id, most=limit)
        return tuple(_alert.decode(row.doc) for row in rows)

    def _columns(self, known: Known) -> dict[str, Any]:
        return {
            "id": known.alert.id,
            "group_id": known.group_id,
            "status": known.status.value,
            "seen_at": self._work.us,
            **_times(known),
            "doc": text_of(known.alert),
        }


def _times(known: Known) -> dict[str, int | None]:
    names = ("first_at", "fired_at", "over_at")
    return {name: micros(at) for name, at in zip(names, known.times, strict=True)}


def _known(row: Any) -> Known:
    times = (moment(at) for at in (row.first_at, row.fired_at, row.over_at))
    return Known(_alert.decode(row.doc), row.group_id, *times)


async def prune(work: Work) -> int:
    """Delete a portion of the alerts that are known for long enough; return how many."""
    return await work.count(_OLD, before=micros(work.now - KEPT))


class SqlMisfits:
    """``ports.Misfits``."""

    def __init__(self, working: Working) -> None:
        self._working = working

    async def put(self, misfit: Misfit) -> None:
        """Keep one; the oldest of its source goes when there are many."""
        async with self._working() as work:
            await work.count(_KEEP, source=misfit.source, doc=text_of(misfit))
            await work.count(_FORGET, of=misfit.source)

    async def recent(self, limit: int) -> tuple[Misfit, ...]:
        """Return the newest, of whatever source."""
        async with self._working() as work:
            rows = await work.rows(_MISFITS, most=limit)
        return tuple(_misfit.decode(row.doc) for row in rows)


def _changing(group: Group) -> dict[str, Any]:
    return {"updated_at": micros(group.updated_at), "doc": text_of(group)}
