"""
Keeps signed checkpoints outside of the database, and holds the database to the newest of them.

What must hold: (1) only what our key signed over our origin is believed, whoever gives it; (2) a database that is
older than a checkpoint kept outside, or no continuation of it, is refused until an operator has recorded why;
(3) keeping a checkpoint is recorded, but that record alone asks for no new checkpoint: the log would never rest.

A place that cannot be asked at the start is asked again before anything is kept there, and named as not well
until it has answered.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.audit.acceptance import Acceptance
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import PROGRAM, Draft, event_of
from bot.domain.errors import AuditError, FirebreakError, OutsideError
from bot.engine.checkpointing import Seal
from bot.engine.growth import PartedError, check_growth
from bot.engine.resting import rest
from bot.ports import Anchor, Anchored, History, Store

log = logging.getLogger("firebreak.audit")

LOOK: Final = 5.0  # seconds between looks for a newer checkpoint
FEW: Final = 512  # records of which none may be worth an anchor; more always are


class RegressionError(PartedError):
    """The database is older than a checkpoint that is kept outside of it."""

    def __init__(self, place: str, signed: int, there: int) -> None:
        super().__init__(
            f"the audit log has {there} records, but a checkpoint of {signed} is kept at {place}: this is an older "
            'database. If it was restored on purpose, record why: firebreak audit accept --reason "..."'
        )


class Kept(msgspec.Struct, frozen=True):
    """
    What a place keeps now: its newest checkpoint and our row of it, or why it cannot be said.

    ``accepted``: an operator let a shorter log go on beside it, so it is not compared.
    """

    place: str
    signed: Checkpoint | None = None
    row: Anchored | None = None
    why: str = ""
    accepted: bool = False


class Anchorer:
    """Brings the newest checkpoint to every place, at most every ``every`` seconds."""

    def __init__(
        self, store: Store, history: History, seal: Seal, places: Sequence[Anchor], every: float
    ) -> None:
        self._store, self._history, self._seal = store, history, seal
        self._places, self._every = tuple(places), every
        self._unasked = {anchor.place: "it has not been asked yet" for anchor in self._places}
        self._wrong: dict[str, str] = {}
        self._lost: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._due = 0.0

    def unwell(self) -> Mapping[str, str]:
        """Name the places that do not answer, and why."""
        told = {**{place: _lost(size) for place, size in self._lost.items()}, **self._unasked, **self._wrong}
        return {f"anchor {place}": why for place, why in told.items()}

    async def kept(self) -> tuple[Kept, ...]:
        """Return what each place keeps now; whatever is wrong there is said, never raised."""
        return tuple([await self._kept_at(anchor) for anchor in self._places])

    async def _kept_at(self, anchor: Anchor) -> Kept:
        async with self._store.begin() as tx:
            row = await tx.anchors.newest(anchor.place)
        try:
            note = await anchor.newest()
            signed = self._seal.opened(note) if note else None
        except FirebreakError as error:
            return Kept(anchor.place, row=row, why=str(error))
        if signed is None:
            why = "nothing is there, although a checkpoint was kept there" if row else "nothing yet"
            return Kept(anchor.place, row=row, why=why)
        async with self._store.begin() as tx:
            accepted = await tx.anchors.accepted(hash_of(note))
        gone_on = accepted is not None and await self._is_recorded(accepted)
        return Kept(anchor.place, signed, row, accepted=gone_on)

    async def check(self) -> None:
        """Hold the database to every place that answers. Raises ``AuditError`` for an older or another log."""
        for anchor in self._places:
            await self._checked(anchor)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep checkpoints until ``stop`` is set. Raises ``AuditError`` as `check` does."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            await self.turn(loop.time())
            await rest(stop, LOOK)

    async def finish(self) -> None:
        """Bring the last checkpoint out before the program ends; places that do not answer are left for the next start."""
        try:
            await self.keep()
        except FirebreakError as error:
            log.warning("anchoring_failed", extra={"error": str(error)})

    async def turn(self, now: float) -> None:
        """Look once, at the time ``now`` in seconds of any clock."""
        if not self._places or now < self._due:
            return
        try:
            kept = await self.keep()
        except AuditError:
            raise
        except FirebreakError as error:  # the database is away: the next look is near
            log.error("anchoring_failed", extra={"error": str(error)})  # noqa: TRY400 - no fault of ours
            return
        if kept:
            self._due = now + self._every

    async def keep(self) -> bool:
        """Bring the newest checkpoint to each place that lacks it; return whether any took it."""
        note = await self._history.newest()
        if note is None:
            return False
        signed = self._seal.opened(note)
        took = [await self._bring(anchor, signed, note) for anchor in self._places]
        return any(took)

    async def _bring(self, anchor: Anchor, signed: Checkpoint, note: str) -> bool:
        if anchor.place in self._unasked and not await self._checked(anchor):
            return False
        before = await self._known(anchor.place)
        if signed.size <= before or not await self._worth(before, signed.size):
            return False
        try:
            where = await anchor.keep(signed.size, note)
        except OutsideError as error:
            self._wrong[anchor.place] = f"it did not take the newest checkpoint: {error}"
            log.warning("anchor_failed", extra={"place": anchor.place, "error": error.code})
            return False
        await self._note(Anchored(anchor.place, signed.size, hash_of(note), where, await self._now()))
        self._wrong.pop(anchor.place, None)
        self._kept[anchor.place] = signed.size
        return True

    async def _checked(self, anchor: Anchor) -> bool:
        """Hold the log to a place (1), (2); return whether it answered."""
        try:
            note = await anchor.newest()
        except OutsideError as error:
            self._unasked[anchor.place] = f"it could not be asked: {error}"
            return False
        if note:
            await self._held_to(anchor.place, note)
        await self._look_for(anchor.place, note)
        self._unasked.pop(anchor.place, None)
        return True

    async def _look_for(self, place: str, note: str) -> None:
        """What we kept last and is not there any more is told until the end: somebody has taken it away."""
        async with self._store.begin() as tx:
            row = await tx.anchors.newest(place)
        if row is not None and (not note or self._seal.opened(note).size < row.size):
            self._lost[place] = row.size
            log.error("anchor_lost", extra={"place": place, "size": row.size})

    async def _held_to(self, place: str, note: str) -> None:
        signed, head = self._seal.opened(note), await self._history.tree()
        async with self._store.begin() as tx:
            accepted = await tx.anchors.accepted(hash_of(note))
        if accepted is not None and await self._is_recorded(accepted):
            return
        if signed.size > head.size:
            raise RegressionError(place, signed.size, head.size)
        await check_growth(self._history, head, signed)
        self._kept[place] = max(signed.size, self._kept.get(place, 0))

    async def _is_recorded(self, accepted: Anchored) -> bool:
        """A row alone accepts nothing: the log must say so at the place that it names, under our key's signature."""
        at = accepted.accepted if accepted.accepted is not None else -1
        rows = await self._history.rows(at, at + 1) if at >= 0 else ()
        if not rows:
            return False
        _, body, leaf = rows[0]
        if body is None or event_of(body) != EventName.REGRESSION or accepted.hash.encode() not in body:
            return False
        word = Acceptance(self._seal.origin, accepted.hash, at, leaf or b"")
        return word.holds(accepted.seal, self._seal.verifiers)

    async def _known(self, place: str) -> int:
        if place not in self._kept:
            async with self._store.begin() as tx:
                row = await tx.anchors.newest(place)
            self._kept[place] = row.size if row else 0
        return self._kept[place]

    async def _worth(self, start: int, stop: int) -> bool:
        """Whether anything was recorded since but that a checkpoint was anchored (3)."""
        if stop - start > FEW:
            return True
        return any(event_of(body) != EventName.CHECKPOINT for body in await self._history.bodies(start, stop))

    async def _now(self) -> datetime:
        async with self._store.begin() as tx:
            return tx.now

    async def _note(self, anchored: Anchored) -> None:
        details = {
            "place": anchored.place,
            "where": anchored.where,
            "size": anchored.size,
            "checkpoint": anchored.hash,
            **({"lost": self._lost[anchored.place]} if anchored.place in self._lost else {}),
        }
        async with self._store.begin() as tx:
            await tx.anchors.put(anchored)
            await tx.log.append(
                Draft(event=EventName.CHECKPOINT, actor=PROGRAM, outcome="anchored", details=details)
            )


def _lost(size: int) -> str:
    return f"the checkpoint of {size} records that was kept there is gone"


def hash_of(note: str) -> str:
    """Return the SHA-256 of a signed checkpoint's text, in hex."""
    return hashlib.sha256(note.encode()).hexdigest()
