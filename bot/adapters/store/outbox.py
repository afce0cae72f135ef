"""Rows of what must be said: in order within a topic, a waiting card once, taken by one sender at a time."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, select, text, update

from bot.adapters.store.rows import inserting, micros, moment, span, text_of
from bot.adapters.store.tables import cards, outbox
from bot.adapters.store.work import Work
from bot.ports import Note, OutboxRow

_decoder = msgspec.json.Decoder(Note)
_earlier = outbox.alias("earlier")
_waiting = outbox.c.done_at.is_(None)


def _once(insert: Any, column: str, kind: str) -> Any:
    # Not DO NOTHING: the write locks what is waiting until this transaction ends, so that no sender can take
    # it now and paint the rows as they were before.
    return insert.on_conflict_do_update(
        index_elements=[column],
        index_where=text(f"kind = '{kind}' AND attempts = 0"),
        set_={column: insert.excluded[column]},
    )


_PUT = inserting(outbox, lambda insert: insert)
_PUT_CARD = inserting(outbox, lambda insert: _once(insert, "request_id", "card"))
# A board that waits stays due when it was.
_PUT_PACED = inserting(outbox, lambda insert: _once(insert, "topic", "board").returning(outbox.c.next_at))
_blocked = exists().where(
    _earlier.c.topic == outbox.c.topic, _earlier.c.id < outbox.c.id, _earlier.c.done_at.is_(None)
)
_BOARD: ColumnElement[str] = literal_column(
    "'board'"
)  # as the index says it: a parameter would not be known to fit


def _taking(which: Any) -> Any:
    due = (
        select(outbox.c.id)
        .where(_waiting, outbox.c.next_at <= bindparam("now"), which, ~_blocked)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
        .scalar_subquery()
    )
    return (
        update(outbox)
        .where(outbox.c.id == due)
        .values(owner=bindparam("me"), next_at=bindparam("until"), attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )


# However many alerts fire, their cards wait for what people asked and must decide, and never the other way round.
_TAKE = (_taking(outbox.c.kind != _BOARD), _taking(outbox.c.kind == _BOARD))
_mine = (
    _waiting,
    outbox.c.id == bindparam("row"),
    outbox.c.owner == bindparam("me"),
    outbox.c.attempts == bindparam("attempt"),
)
_DONE = update(outbox).where(*_mine).values(done_at=bindparam("now"))
_NOTE = select(outbox.c.doc).where(outbox.c.id == bindparam("row"))
_LATER = update(outbox).where(*_mine).values(next_at=bindparam("at"), owner="")
_CROWD = select(func.count(outbox.c.topic.distinct())).where(
    _waiting,
    outbox.c.kind == _BOARD,
    outbox.c.attempts > 0,
    outbox.c.topic.startswith("alert:"),
    ~exists().where(cards.c.request_id == func.substr(outbox.c.topic, len("alert:") + 1)),
)


class SqlOutbox:
    """``ports.Outbox`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, note: Note) -> None:
        """Queue; a card that is queued already, and that no sender has taken yet, is not queued twice."""
        statement = _PUT_CARD if note.kind == "card" else _PUT
        await self._work.count(statement[self._work.postgres], **self._columns(note, self._work.us))
        self._work.rings = True

    async def paced(self, note: Note, at: datetime) -> datetime:
        """Queue a board, not before ``at``; one that waits already stays as it is. Return when it is due."""
        columns = self._columns(note, max(micros(at), self._work.us))
        row = await self._work.first(_PUT_PACED[self._work.postgres], **columns)
        assert row is not None
        self._work.rings = True
        return moment(int(row.next_at))

    def _columns(self, note: Note, next_at: int) -> dict[str, Any]:
        return {
            "topic": note.topic,
            "kind": note.kind,
            "request_id": note.request_id,
            "owner": "",
            "attempts": 0,
            "created_at": self._work.us,
            "next_at": next_at,
            "doc": text_of(note),
        }


async def take(work: Work, owner: str, lease: timedelta) -> OutboxRow | None:
    """
    Return the note that is due for longest, a board only where nothing else is due.

    One that waits holds back the later ones of its topic.
    """
    for statement in _TAKE:
        row = await work.first(statement, me=owner, until=work.us + span(lease), now=work.us)
        if row is not None:
            break
    else:
        return None
    return OutboxRow(row.id, _decoder.decode(row.doc), row.owner, row.attempts, moment(row.created_at))


async def done(work: Work, row: OutboxRow) -> bool:
    """It was said; return False when another sender has it."""
    work.rings = True  # the next of its topic may be said now
    return await work.count(_DONE, row=row.id, me=row.owner, attempt=row.attempts, now=work.us) == 1


async def later(work: Work, row: OutboxRow, at: datetime) -> bool:
    """Have it said again at ``at``; return False when another sender has it."""
    return await work.count(_LATER, row=row.id, me=row.owner, attempt=row.attempts, at=micros(at)) == 1


async def crowd(work: Work) -> int:
    """Count the groups of alerts that waited for their first card and were put back."""
    row = await work.first(_CROWD)
    assert row is not None
    return int(row[0])


async def note(work: Work, number: int) -> Note | None:
    """Return a note by its row's number, said or not."""
    row = await work.first(_NOTE, row=number)
    return None if row is None else _decoder.decode(row.doc)
