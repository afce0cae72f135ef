"""Rows of what is suggested for groups of alerts, what was seen of each, and of rules that are muted."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, delete, func, select, text, tuple_

from bot.adapters.store.alert_tables import alert_groups
from bot.adapters.store.rows import inserting, micros, text_of, waiting
from bot.adapters.store.suggestion_tables import look_turns, looks, mutes, suggestions
from bot.adapters.store.work import Work
from bot.domain.suggestions import Look, Mute, Suggestion
from bot.domain.suggestions.looks import taken

MOST: Final = 200
"""Suggestions of one group, and rules that are muted, as far as they are read."""
LOOKING: Final = 0x46_42_4C_4B  # of PostgreSQL's advisory locks; a number of our own

_LOCK = text("SELECT pg_advisory_xact_lock(:name)")

_look = msgspec.json.Decoder(Look)
_suggestion = msgspec.json.Decoder(Suggestion)
_mute = msgspec.json.Decoder(Mute)


def _renewed(keys: str, *changing: str) -> Any:
    def build(given: Any) -> Any:
        fresh = {name: given.excluded[name] for name in changing}
        return given.on_conflict_do_update(index_elements=keys.split(), set_=fresh)

    return build


_LOOK = select(looks.c.doc).where(looks.c.group_id == bindparam("of"))
_LOOK_LOCKED = _LOOK.with_for_update()
_SOURCE = select(alert_groups.c.source).where(alert_groups.c.id == bindparam("of")).scalar_subquery()


def _look_row(given: Any, *changing: str) -> Any:
    keys = ("group_id", "due_at", "urgency", "doc")
    row = given.values(source=_SOURCE, **{name: bindparam(name) for name in keys})
    return _renewed("group_id", *changing)(row)


_HOLD = inserting(looks, lambda given: _look_row(given, "group_id").returning(looks.c.doc))
_PUT_LOOK = inserting(looks, lambda given: _look_row(given, "due_at", "urgency", "doc"))
# Of the sources that wait, the one that was served the longest ago comes first.
_TURNS = text(f"""
    {waiting("alert_looks", "source", "due_at")}
    SELECT w.value AS source FROM waiting AS w LEFT JOIN alert_look_turns AS t ON t.source = w.value
    WHERE w.value IS NOT NULL
    ORDER BY coalesce(t.n, 0), w.value
""")  # noqa: S608 - of our own names
_DUE = (
    select(looks.c.doc)
    .where(looks.c.source == bindparam("of"), looks.c.due_at <= bindparam("now"))
    .order_by(looks.c.urgency, looks.c.due_at, looks.c.group_id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_LAST = select(func.coalesce(func.max(look_turns.c.n), 0) + 1).scalar_subquery()
_SERVED = inserting(
    look_turns, lambda given: _renewed("source", "n")(given.values(source=bindparam("of"), n=_LAST))
)
_OF = (
    select(suggestions.c.doc)
    .where(suggestions.c.group_id == bindparam("of"))
    .order_by(suggestions.c.id)
    .limit(MOST)
)
_GET = select(suggestions.c.doc).where(suggestions.c.id == bindparam("key"))
_GET_LOCKED = _GET.with_for_update()
_PUT = inserting(suggestions, _renewed("id", "doc"))
_MUTE = inserting(mutes, _renewed("rule source", "until", "doc"))
_MUTED = select(mutes.c.doc).where(
    tuple_(mutes.c.source, mutes.c.rule).in_(bindparam("wanted", expanding=True)),
    mutes.c.until > bindparam("now"),
)
_MUTES = select(mutes.c.doc).where(mutes.c.until > bindparam("now")).order_by(mutes.c.until).limit(MOST)
_MUTERS = (
    select(mutes.c.doc)
    .where(mutes.c.rule == bindparam("of"))
    .order_by(mutes.c.source)
    .limit(MOST)
    .with_for_update()
)
_UNMUTE = delete(mutes).where(mutes.c.rule == bindparam("of"), mutes.c.source == bindparam("by"))
_ENDED = (
    select(mutes.c.doc)
    .where(mutes.c.until <= bindparam("now"))
    .order_by(mutes.c.until)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


class SqlSuggestions:
    """``ports.Suggestions``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def look(self, group_id: str, *, lock: bool = False) -> Look | None:
        """Return what was seen of a group; ``lock`` holds its row until the transaction ends."""
        row = await self._work.first(_LOOK_LOCKED if lock else _LOOK, of=group_id)
        return None if row is None else _look.decode(row.doc)

    async def hold(self, group_id: str) -> Look:
        """Return a group's row, made where there is none, locked until the transaction ends."""
        row = await self._work.first(_HOLD[self._work.postgres], **_columns(Look(group_id)))
        assert row is not None
        return _look.decode(row.doc)

    async def put_look(self, look: Look) -> None:
        """Insert or save."""
        await self._work.count(_PUT_LOOK[self._work.postgres], **_columns(look))
        self._work.rings = self._work.rings or look.due_at is not None

    async def claim(self, lease: timedelta) -> Look | None:
        """
        Take one that is due, by fence: nobody else is given it before the lease ends.

        Sources take turns, each with what is worst of its own: none holds up another, however much it sends.
        """
        if (
            self._work.postgres
        ):  # one replica after the other, or all would serve the same source; SQLite has one writer
            await self._work.run(_LOCK, {"name": LOOKING})
        for turn in await self._work.rows(_TURNS):
            row = await self._work.first(_DUE, of=turn.source, now=self._work.us)
            if row is not None:
                look = taken(_look.decode(row.doc), self._work.now, lease)
                await self.put_look(look)
                await self._work.count(_SERVED[self._work.postgres], of=turn.source)
                return look
        return None

    async def of(self, group_id: str) -> tuple[Suggestion, ...]:
        """Return a group's suggestions, by id."""
        return tuple(_suggestion.decode(row.doc) for row in await self._work.rows(_OF, of=group_id))

    async def get(self, suggestion_id: str, *, lock: bool = False) -> Suggestion | None:
        """Return one; ``lock`` holds its row until the transaction ends."""
        row = await self._work.first(_GET_LOCKED if lock else _GET, key=suggestion_id)
        return None if row is None else _suggestion.decode(row.doc)

    async def put(self, suggestion: Suggestion) -> None:
        """Insert or save."""
        values = {"id": suggestion.id, "group_id": suggestion.group_id, "doc": text_of(suggestion)}
        await self._work.count(_PUT[self._work.postgres], **values)

    async def mute(self, mute: Mute) -> None:
        """Insert, or save in the place of the one of that rule of that source."""
        values = {"rule": mute.rule, "source": mute.source, "until": micros(mute.until), "doc": text_of(mute)}
        await self._work.count(_MUTE[self._work.postgres], **values)

    async def muted(self, told_by: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Mute]:
        """Return which of these are muted now, each a source and a rule."""
        wanted = sorted(set(told_by))
        rows = await self._work.rows(_MUTED, wanted=wanted, now=self._work.us) if wanted else []
        return {mute.told_by: mute for mute in (_mute.decode(row.doc) for row in rows)}

    async def mutes(self) -> tuple[Mute, ...]:
        """Return all that are in force now, the one that ends first before the others."""
        return tuple(_mute.decode(row.doc) for row in await self._work.rows(_MUTES, now=self._work.us))

    async def muters(self, rule: str) -> tuple[Mute, ...]:
        """Return those of rules of this name, of whatever source, in force or ended, by source, locked."""
        return tuple(_mute.decode(row.doc) for row in await self._work.rows(_MUTERS, of=rule))

    async def unmute(self, told_by: tuple[str, str]) -> None:
        """Remove one, in force or ended."""
        source, rule = told_by
        await self._work.count(_UNMUTE, of=rule, by=source)

    async def ended(self, limit: int) -> tuple[Mute, ...]:
        """Return mutes whose time is over and that are not removed yet, locked; others' are passed over."""
        rows = await self._work.rows(_ENDED, now=self._work.us, most=limit)
        return tuple(_mute.decode(row.doc) for row in rows)


def _columns(look: Look) -> dict[str, Any]:
    return {
        "of": look.group_id,
        "group_id": look.group_id,
        "due_at": micros(look.due_at),
        "urgency": look.urgency,
        "doc": text_of(look),
    }
