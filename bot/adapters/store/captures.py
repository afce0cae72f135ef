"""Rows of evidence captures, and the cipher text of what they hold where the database keeps it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, exists, func, insert, select, update

from bot.adapters.store.rows import inserting, micros, span, text_of
from bot.adapters.store.tables import evidence, evidence_contents, parts
from bot.adapters.store.work import Work
from bot.domain.errors import VaultError
from bot.domain.evidence import Capture, CaptureState
from bot.domain.states import FINAL

ROW: Final = 512 * 1024  # bytes of one row: what is held in memory while a content is written or read
AT_ONCE: Final = 2
"""Pieces written side by side, of all captures: whoever contains must not queue behind all of them at the database."""

_decoder = msgspec.json.Decoder(Capture)
_INSERT = inserting(evidence, lambda each: each.on_conflict_do_nothing(index_elements=["id"]))
_GET = select(evidence.c.doc).where(evidence.c.id == bindparam("key"))
_LOCK = _GET.with_for_update()
_OF = select(evidence.c.doc).where(evidence.c.request_id == bindparam("request"))
_PUT = update(evidence).where(evidence.c.id == bindparam("key"))
_NEXT = (
    select(evidence.c.doc)
    .where(evidence.c.due_at <= bindparam("now"))
    .order_by(evidence.c.due_at, evidence.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_over = ~exists().where(parts.c.request_id == evidence.c.request_id, parts.c.state.not_in(sorted(FINAL)))
_ended = evidence.c.state.in_(
    [CaptureState.COMPLETE.value, CaptureState.PARTIAL.value, CaptureState.FAILED.value]
)
_STALE = (
    select(evidence.c.doc)
    .where(evidence.c.created_at < bindparam("before"), _ended, _over)
    .order_by(evidence.c.created_at)
    .limit(bindparam("most"))
)

_ADD = insert(evidence_contents)
_PIECE = select(evidence_contents.c.bytes).where(
    evidence_contents.c.place == bindparam("where"), evidence_contents.c.idx == bindparam("piece")
)
_BELOW = (
    select(evidence_contents.c.place)
    .distinct()
    .where(func.substr(evidence_contents.c.place, 1, func.length(bindparam("below"))) == bindparam("below"))
)
_DROP = delete(evidence_contents).where(evidence_contents.c.place == bindparam("where"))

Working = Callable[[], AbstractAsyncContextManager[Work]]


class SqlCaptures:
    """``ports.Captures`` over the table ``evidence``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, capture: Capture) -> None:
        """Insert; one that is there already stays as it is."""
        await self._work.count(
            _INSERT[self._work.postgres],
            id=capture.id,
            request_id=capture.request_id,
            state=capture.state.value,
            due_at=micros(capture.due_at),
            created_at=micros(capture.created_at),
            doc=text_of(capture),
        )
        self._work.rings = True

    async def get(self, capture_id: str, *, lock: bool = False) -> Capture | None:
        """Return one capture; ``lock`` holds its row until the transaction ends."""
        row = await self._work.first(_LOCK if lock else _GET, key=capture_id)
        return None if row is None else _decoder.decode(row.doc)

    async def of(self, request_id: str) -> tuple[Capture, ...]:
        """Return a request's captures by part."""
        found = (_decoder.decode(row.doc) for row in await self._work.rows(_OF, request=request_id))
        return tuple(
            sorted(found, key=lambda one: (one.part, one.by_hand, one.after, one.created_at, one.id))
        )

    async def put(self, capture: Capture) -> None:
        """Save. Raises ``LookupError`` when there is no such row."""
        changed = {
            "state": capture.state.value,
            "due_at": micros(capture.due_at),
            "doc": text_of(capture),
        }
        if not await self._work.count(_PUT, key=capture.id, **changed):
            raise LookupError(f"there is no capture {capture.id} to save")
        self._work.rings = self._work.rings or capture.due_at is not None

    async def claim(self, lease: timedelta) -> Capture | None:
        """Take the one that has been due for longest; its attempt is counted."""
        row = await self._work.first(_NEXT, now=self._work.us)
        if row is None:
            return None
        found = _decoder.decode(row.doc)
        taken = msgspec.structs.replace(found, attempts=found.attempts + 1, due_at=self._work.now + lease)
        values = {"due_at": self._work.us + span(lease), "doc": text_of(taken), "state": taken.state.value}
        await self._work.count(_PUT, key=taken.id, **values)
        return taken

    async def stale(self, before: datetime, limit: int) -> tuple[Capture, ...]:
        """Return captures that ended and were begun before a time, of requests that are over."""
        rows = await self._work.rows(_STALE, before=micros(before), most=limit)
        return tuple(_decoder.decode(row.doc) for row in rows)


class SqlShelf:
    """
    ``ports.Shelf`` over the table ``evidence_contents``.

    Each piece is a transaction of its own: a stream that is slow to come never holds the database's writer, nor does
    the erasing of a large capture.
    """

    def __init__(self, working: Working) -> None:
        self._working = working
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def put(self, place: str, chunks: AsyncIterator[bytes]) -> None:
        """Keep a stream, piece by piece. Raises ``StoreError``."""
        held, index = bytearray(), 0
        async for chunk in chunks:
            held += chunk
            while len(held) >= ROW:
                await self._add(place, index, bytes(held[:ROW]))
                del held[:ROW]
                index += 1
        if held or not index:
            await self._add(place, index, bytes(held))

    async def get(self, place: str) -> AsyncIterator[bytes]:
        """Yield what is kept. Raises ``VaultError`` where nothing is, and ``StoreError``."""
        index = 0
        while True:
            async with self._working() as work:
                row = await work.first(_PIECE, where=place, piece=index)
            if row is None:
                break
            yield bytes(row.bytes)
            index += 1
        if not index:
            raise VaultError(f"nothing is kept at {place}")

    async def drop(self, prefix: str) -> None:
        """Remove all below a path. Raises ``StoreError``."""
        async with self._working() as work:
            places = [row.place for row in await work.rows(_BELOW, below=f"{prefix}/")]
        for place in places:
            async with self._turns, self._working() as work:
                await work.count(_DROP, where=place)

    async def _add(self, place: str, index: int, piece: bytes) -> None:
        async with self._turns, self._working() as work:
            await work.run(_ADD, {"place": place, "idx": index, "bytes": piece})
