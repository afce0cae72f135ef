"""Rows of what came in: kept before the `ack`, taken by one worker at a time, finished exactly once."""

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, cast, func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.rows import inserting, moment, span
from bot.adapters.store.sqlite import WholeConnection
from bot.adapters.store.tables import inbox
from bot.adapters.store.work import Work
from bot.domain.alerts import posts
from bot.ports import InboxRow


def _done(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"done_at": insert.excluded.done_at, "next_at": None},
        where=inbox.c.done_at.is_(None),
    )


_FINISH = inserting(inbox, _done)
_now = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
_ACCEPT_POSTGRES = (
    postgresql.insert(inbox)
    .values(
        key=bindparam("key"),
        kind=bindparam("kind"),
        payload=bindparam("payload"),
        owner="",
        attempts=0,
        received_at=_now,
        next_at=_now,
    )
    .on_conflict_do_nothing(index_elements=["key"])
)
# In the order of the keys, whoever writes: two replicas that are sent the same never wait for each other in a circle.
_ACCEPT_ALL_POSTGRES = text("""
    INSERT INTO inbox (key, kind, payload, owner, attempts, received_at, next_at)
    SELECT given.key, given.kind, given.payload, '', 0, clock.us + given.n, clock.us
    FROM unnest(CAST(:keys AS text[]), CAST(:kinds AS text[]), CAST(:payloads AS bytea[]))
            WITH ORDINALITY AS given (key, kind, payload, n),
        (SELECT CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint) AS us) AS clock
    ORDER BY given.key, given.n
    ON CONFLICT (key) DO NOTHING
    RETURNING key
""")
# Apart, since few are known, and it waits for nobody who has such a row in hand: then it is not worked long enough ago.
_AGAIN_POSTGRES = text(f"""
    UPDATE inbox SET payload = given.payload, owner = '', attempts = 0,
        received_at = given.us + given.n, next_at = given.us, done_at = NULL
    FROM (
        SELECT DISTINCT ON (each.key) each.key, each.payload, each.n, clock.us
        FROM unnest(CAST(:keys AS text[]), CAST(:payloads AS bytea[])) WITH ORDINALITY AS each (key, payload, n),
            (SELECT CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint) AS us) AS clock
        ORDER BY each.key, each.n
    ) AS given
    WHERE inbox.key = given.key AND inbox.key IN (
        SELECT key FROM inbox
        WHERE key = ANY(CAST(:keys AS text[])) AND kind LIKE '{posts.KIND}%' AND done_at <=
            CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint) - {span(posts.AGAIN)}
        FOR UPDATE SKIP LOCKED
    )
    RETURNING inbox.key
""")  # noqa: S608 - of our own constants
_ACCEPT_SQLITE = f"""
    INSERT INTO inbox (key, kind, payload, owner, attempts, received_at, next_at)
    VALUES (?, ?, ?, '', 0, ?4, ?4) ON CONFLICT (key) DO UPDATE
    SET payload = excluded.payload, owner = '', attempts = 0, received_at = excluded.received_at,
        next_at = excluded.next_at, done_at = NULL
    WHERE inbox.kind LIKE '{posts.KIND}%' AND inbox.done_at <= excluded.received_at - {span(posts.AGAIN)}
"""  # noqa: S608 - of our own constants


_waiting = (
    select(inbox.c.key)
    .where(inbox.c.next_at <= bindparam("now"), ~inbox.c.kind.startswith(posts.KIND))
    .order_by(inbox.c.next_at, inbox.c.received_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(inbox)
    .where(inbox.c.key.in_(_waiting.scalar_subquery()))
    .values(owner=bindparam("me"), next_at=bindparam("until"), attempts=inbox.c.attempts + 1)
    .returning(inbox)
)
_GET = select(inbox).where(inbox.c.key == bindparam("name"))


class SqlInbox:
    """``ports.Inbox`` over the table of that name."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def finish(self, key: str) -> bool:
        """
        Mark as done in this transaction; return False when it was done before.

        A key that never came in is remembered as done, so that it counts once like any other.
        """
        now = self._work.us
        done = await self._work.count(
            _FINISH[self._work.postgres], **_columns(key, "", b"", now), next_at=None, done_at=now
        )
        return done == 1


async def accept_postgres(connection: AsyncConnection, key: str, kind: str, payload: bytes) -> bool:
    """Keep what came in, in one round trip; False when its key is known. ``connection`` commits by itself."""
    given = {"key": key, "kind": kind, "payload": payload}
    return (await connection.execute(_ACCEPT_POSTGRES, given)).rowcount == 1


async def accept_all_postgres(
    connection: AsyncConnection, rows: Sequence[tuple[str, str, bytes]]
) -> list[bool]:
    """
    Keep keys, kinds and payloads or none of them, in one round trip; for each False when its key is known.

    Posts of alerts that were worked ``posts.AGAIN`` ago are kept anew, in another. ``connection`` commits by itself. Of two rows with one key the first is the new one.
    """
    keys, kinds, payloads = (list(column) for column in zip(*rows, strict=True))
    given = {"keys": keys, "kinds": kinds, "payloads": payloads}
    kept = set((await connection.execute(_ACCEPT_ALL_POSTGRES, given)).scalars())
    known = [row for row in rows if row[0] not in kept]
    if known:
        told = {"keys": [row[0] for row in known], "payloads": [row[2] for row in known]}
        kept |= set((await connection.execute(_AGAIN_POSTGRES, told)).scalars())
    fresh: list[bool] = []
    for key in keys:
        fresh.append(key in kept)
        kept.discard(key)
    return fresh


async def accept_all_sqlite(
    connection: WholeConnection, rows: Sequence[tuple[str, str, bytes, int]]
) -> list[bool]:
    """Keep several or none, in one crossing to the thread; return for each whether its key was new."""

    def keep(bare: sqlite3.Connection) -> list[bool]:
        if len(rows) == 1:  # one statement is a transaction by itself
            return [bare.execute(_ACCEPT_SQLITE, rows[0]).rowcount == 1]
        bare.execute("BEGIN IMMEDIATE")
        try:
            fresh = [bare.execute(_ACCEPT_SQLITE, row).rowcount == 1 for row in rows]
            bare.execute("COMMIT")
        except BaseException:
            if bare.in_transaction:
                bare.execute("ROLLBACK")
            raise
        return fresh

    return await connection.in_thread(keep)


async def take(work: Work, owner: str, lease: timedelta, limit: int) -> tuple[InboxRow, ...]:
    """Return rows that are not finished, oldest first, and keep them from others until the lease ends; no alerts."""
    rows = await work.rows(_TAKE, me=owner, until=work.us + span(lease), now=work.us, most=limit)
    return tuple(row_of(row) for row in sorted(rows, key=lambda row: (row.received_at, row.key)))


async def get(work: Work, key: str) -> InboxRow | None:
    """Return one row, finished or not."""
    row = await work.first(_GET, name=key)
    return None if row is None else row_of(row)


def _columns(key: str, kind: str, payload: bytes, now: int) -> dict[str, Any]:
    return {"key": key, "kind": kind, "payload": payload, "received_at": now, "owner": "", "attempts": 0}


def row_of(row: Any) -> InboxRow:
    """Return a row of the table as the port has it."""
    return InboxRow(
        key=row.key,
        kind=row.kind,
        payload=bytes(row.payload),
        received_at=moment(row.received_at),
        attempts=row.attempts,
        done=row.done_at is not None,
    )
