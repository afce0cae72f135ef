"""Rows of what must be said: in order within a topic, a waiting card once, taken by one sender at a time."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, exists, select, text, update

from bot.adapters.store.rows import inserting, micros, moment, span, text_of
from bot.adapters.store.tables import outbox
from bot.adapters.store.work import Work
from bot.ports import Note, OutboxRow

_decoder = msgspec.json.Decoder(Note)
_earlier = outbox.alias("earlier")
_waiting = outbox.c.done_at.is_(None)


def _once(insert: Any) -> Any:
    # Not DO NOTHING: the write locks the waiting card until this transaction ends, so that no sender can take
    # it now and paint the rows as they were before.
    return insert.on_conflict_do_update(
        index_elements=["request_id"],
        index_where=text("kind = 'card' AND attempts = 0"),
        set_={"request_id": insert.excluded.request_id},
    )


_PUT = inserting(outbox, lambda insert: insert)
_PUT_CARD = inserting(outbox, _once)
_blocked = exists().where(
    _earlier.c.topic == outbox.c.topic, _earlier.c.id < outbox.c.id, _earlier.c.done_at.is_(None)
)
_next = (
    select(outbox.c.id)
    .where(_waiting, outbox.c.next_at <= bindparam("now"), ~_blocked)
    .order_by(outbox.c.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=outbox)
    .scalar_subquery()
)
_TAKE = (
    update(outbox)
    .where(outbox.c.id == _next)
    .values(owner=bindparam("me"), next_at=bindparam("until"), attempts=outbox.c.attempts + 1)
    .returning(outbox)
)
_mine = (
    _waiting,
    outbox.c.id == bindparam("row"),
    outbox.c.owner == bindparam("me"),
    outbox.c.attempts == bindparam("attempt"),
)
_DONE = update(outbox).where(*_mine).values(done_at=bindparam("now"))
_NOTE = select(outbox.c.doc).where(outbox.c.id == bindparam("row"))
_LATER = update(outbox).where(*_mine).values(next_at=bindparam("at"), owner="")


class SqlOutbox:
    """``ports.Outbox`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, note: Note) -> None:
        """Queue; a card that is queued already, and that no sender has taken yet, is not queued twice."""
        statement = _PUT_CARD if note.kind == "card" else _PUT
        await self._work.count(
            statement[self._work.postgres],
            topic=note.topic,
            kind=note.kind,
            request_id=note.request_id,
            owner="",
            attempts=0,
            created_at=self._work.us,
            next_at=self._work.us,
            doc=text_of(note),
        )
        self._work.rings = True


async def take(work: Work, owner: str, lease: timedelta) -> OutboxRow | None:
    """Return the oldest note that may be said now; one that waits holds back the later ones of its topic."""
    row = await work.first(_TAKE, me=owner, until=work.us + span(lease), now=work.us)
    if row is None:
        return None
    return OutboxRow(row.id, _decoder.decode(row.doc), row.owner, row.attempts, moment(row.created_at))


async def done(work: Work, row: OutboxRow) -> bool:
    """It was said; return False when another sender has it."""
    work.rings = True  # the next of its topic may be said now
    return await work.count(_DONE, row=row.id, me=row.owner, attempt=row.attempts, now=work.us) == 1


async def later(work: Work, row: OutboxRow, at: datetime) -> bool:
    """Have it said again at ``at``; return False when another sender has it."""
    return await work.count(_LATER, row=row.id, me=row.owner, attempt=row.attempts, at=micros(at)) == 1


async def note(work: Work, number: int) -> Note | None:
    """Return a note by its row's number, said or not."""
    row = await work.first(_NOTE, row=number)
    return None if row is None else _decoder.decode(row.doc)
