"""Small faces of the store whose every call is a transaction of its own."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select

from bot.adapters.store import cards, inbox, outbox, rounds
from bot.adapters.store.rows import inserting
from bot.adapters.store.tables import audit_head, checkpoints, disclosures
from bot.adapters.store.work import Work
from bot.domain.audit.merkle import CompactRange
from bot.domain.errors import AuditError
from bot.ports import InboxRow, Note, OutboxRow, Painted

Accept = Callable[[str, str, bytes], Awaitable[bool]]
AcceptAll = Callable[[Sequence[tuple[str, str, bytes]]], Awaitable[tuple[bool, ...]]]
Working = Callable[[], AbstractAsyncContextManager[Work]]

_HEAD = select(audit_head.c.n, audit_head.c.peaks)
_ADD = inserting(checkpoints, lambda insert: insert.on_conflict_do_nothing(index_elements=["n"]))
_NEWEST = select(checkpoints.c.note).order_by(checkpoints.c.n.desc()).limit(1)
_ERASE = delete(disclosures).where(disclosures.c.seq == bindparam("record"))


class SqlDoorway:
    """``ports.Doorway``."""

    def __init__(self, accept: Accept, accept_all: AcceptAll, working: Working) -> None:
        self._accept, self._accept_all, self._working = accept, accept_all, working

    async def accept(self, key: str, kind: str, payload: bytes) -> bool:
        """Keep it; return False when the key is known already."""
        return await self._accept(key, kind, payload)

    async def accept_all(self, rows: Sequence[tuple[str, str, bytes]]) -> tuple[bool, ...]:
        """Keep several (key, kind, payload) or none; return for each what ``accept`` would."""
        return await self._accept_all(rows)

    async def take(
        self, owner: str, lease: timedelta, limit: int, *, alerts: bool = False
    ) -> tuple[InboxRow, ...]:
        """Return rows that are not finished, oldest first, ``alerts`` by turns; nobody else is given them before the lease ends."""
        async with self._working() as work:
            if alerts:
                return await rounds.take(work, owner, lease, limit)
            return await inbox.take(work, owner, lease, limit)

    async def get(self, key: str) -> InboxRow | None:
        """Return one row, finished or not."""
        async with self._working() as work:
            return await inbox.get(work, key)


class SqlSending:
    """``ports.Sending``."""

    def __init__(self, working: Working) -> None:
        self._working = working

    async def take(self, owner: str, lease: timedelta) -> OutboxRow | None:
        """Return the note that is due for longest, a board last; one that waits holds back the later ones of its topic."""
        async with self._working() as work:
            return await outbox.take(work, owner, lease)

    async def done(self, row: OutboxRow) -> bool:
        """It was said; return False when another sender has it."""
        async with self._working() as work:
            return await outbox.done(work, row)

    async def later(self, row: OutboxRow, at: datetime) -> bool:
        """Have it said again at ``at``; return False when another sender has it."""
        async with self._working() as work:
            return await outbox.later(work, row, at)

    async def crowd(self) -> int:
        """Count the groups of alerts that waited for their first card and were put back."""
        async with self._working() as work:
            return await outbox.crowd(work)

    async def note(self, number: int) -> Note | None:
        """Return a note by its row's number, said or not; ``None`` once it is forgotten."""
        async with self._working() as work:
            return await outbox.note(work, number)


class SqlCards:
    """``ports.Cards``."""

    def __init__(self, working: Working) -> None:
        self._working = working

    async def get(self, request_id: str) -> Painted | None:
        """Return where a request's card is, if it was posted."""
        async with self._working() as work:
            return await cards.get(work, request_id)

    async def put(self, request_id: str, painted: Painted) -> None:
        """Insert or save."""
        async with self._working() as work:
            await cards.put(work, request_id, painted)


class SqlCheckpoints:
    """The log's head to be signed, and the signed checkpoints beside it. Each call is a transaction of its own."""

    def __init__(self, working: Working) -> None:
        self._working = working

    async def tree(self) -> CompactRange:
        """Return the log's head; raises ``AuditError`` where it is none."""
        async with self._working() as work:
            row = await work.first(_HEAD)
        try:
            if row is not None:
                return CompactRange.load(row.n, bytes(row.peaks))
        except ValueError as error:
            raise AuditError(f"the head of the audit log is damaged: {error}") from error
        raise AuditError("the audit log has no head row: the database is damaged, restore it")

    async def add(self, size: int, note: str) -> None:
        """Keep a signed checkpoint; the first of a size stays."""
        async with self._working() as work:
            await work.run(_ADD[work.postgres], {"n": size, "note": note, "created_at": work.us})

    async def newest(self) -> str | None:
        """Return the checkpoint of the largest size, as signed."""
        async with self._working() as work:
            row = await work.first(_NEWEST)
        return None if row is None else str(row.note)

    async def erase(self, seq: int) -> int:
        """Delete the words that a record disclosed, for good; return how many there were. The log still verifies."""
        async with self._working() as work:
            return await work.count(_ERASE, record=seq)
