"""
Signs checkpoints of the audit log: from time to time, and at once after what matters.

What must hold: (1) the signature is made outside of any transaction; (2) nothing is signed that does not extend
the newest checkpoint kept, whoever signed it, nor what this program signed before; (3) two replicas may sign at
the same time: of two checkpoints of one size the first is kept. Each signed checkpoint is also written to the program's own
log, which is usually kept elsewhere: that is the cheapest copy outside of the database.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.audit import checkpoint
from bot.domain.audit.checkpoint import Checkpoint
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.merkle import CompactRange
from bot.domain.audit.notes import NoteError, Signer, Verifier
from bot.domain.audit.record import event_of
from bot.domain.errors import AuditError, FirebreakError
from bot.engine.growth import PartedError, check_growth, extended
from bot.engine.resting import first_of
from bot.ports import History

log = logging.getLogger("firebreak.audit")

LOOK: Final = 1.0  # seconds between looks at the size of the log
MANY: Final = 256  # new records of which some is pressing without looking
PRESSING: Final = frozenset(
    {
        EventName.START,
        EventName.STOP,
        EventName.DECIDED,
        EventName.RESULT,
        EventName.ROLLBACK,
        EventName.NEEDS_HUMAN,
    }
)


@dataclass(frozen=True)
class Seal:
    """Under which name and key the log is signed, and which keys are believed in what is kept already."""

    origin: str
    signer: Signer
    verifiers: tuple[Verifier, ...]

    def opened(self, note: str) -> Checkpoint:
        """Return a kept checkpoint, or raise ``AuditError`` when it is not of this log and key."""
        try:
            return checkpoint.opened(note.encode(), self.verifiers, self.origin)
        except (NoteError, UnicodeEncodeError) as error:
            raise AuditError(
                f"the newest checkpoint of the audit log cannot be believed ({error}): give the key and origin that "
                "signed it (audit.key_file, audit.origin), from the backup; without that key begin a new log, with "
                "a new database and a new origin"
            ) from error


class Checkpointer:
    """
    Signs the log's head when it has grown; ``every`` is in seconds.

    Stops for good, with ``PartedError``, when the log is not the one that was signed: whoever runs it then stops
    the program, since nothing may happen without a record that stands.
    """

    def __init__(self, history: History, seal: Seal, every: float) -> None:
        self._history, self._seal, self._every = history, seal, every
        self._known = CompactRange()  # proven to be the log's beginning
        self._signed = 0  # the size of the newest checkpoint kept
        self._seen = 0  # records looked through for pressing ones
        self._due = 0.0  # when the next one may be signed without hurry; the loop's clock
        self._hurry = asyncio.Event()

    def urgent(self) -> None:
        """Have what is new signed without waiting for its time."""
        self._hurry.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set, and sign once more then. Raises ``AuditError`` when the log has parted."""
        while not stop.is_set():
            try:
                await self.turn(asyncio.get_running_loop().time())
            except AuditError:
                raise
            except FirebreakError as error:  # the database is away: the next look is a second ahead
                self._due = 0.0
                log.error("checkpoint_failed", extra={"error": str(error)})  # noqa: TRY400 - it is not a fault of ours
            await first_of(stop.wait(), self._hurry.wait(), within=LOOK)
        await self.sign()

    async def turn(self, now: float) -> Checkpoint | None:
        """Look once at the time ``now``, in seconds of any clock; return the checkpoint if one was signed."""
        size = (await self._history.tree()).size
        hurry = self._hurry.is_set()
        self._hurry.clear()
        if size == self._signed or not (hurry or now >= self._due or await self._pressing(size)):
            return None
        self._due = now + self._every
        return await self.sign()

    async def sign(self) -> Checkpoint | None:
        """Sign the head as it is now; return ``None`` when it is signed already."""
        newest = await self._history.newest()  # before the head: another replica's may be a moment old
        head = await self._history.tree()
        signed = None if newest is None else self._seal.opened(newest)
        await self._prove(signed, head)  # (2)
        self._known = head
        if head.size == (signed.size if signed else 0):
            self._signed = head.size
            return None
        return await self._keep(Checkpoint.of(self._seal.origin, head))

    async def _keep(self, made: Checkpoint) -> Checkpoint:
        note = str(checkpoint.sign(made, self._seal.signer))  # (1)
        await self._history.add(made.size, note)  # (3)
        self._signed = made.size
        log.info("checkpoint_signed", extra={"records": made.size, "checkpoint": note})
        return made

    async def _prove(self, signed: Checkpoint | None, head: CompactRange) -> None:
        known = self._known
        if signed is not None and signed.size >= known.size:
            await check_growth(self._history, head, signed, known)
            return
        if signed is not None:
            await check_growth(self._history, head, signed)
        if await extended(self._history, known, head.size) != head:
            raise PartedError(f"the records behind the first {known.size} do not lead to the log's head")

    async def _pressing(self, size: int) -> bool:
        start, self._seen = max(self._seen, self._signed), size
        return size - start > MANY or pressing(await self._history.bodies(start, size))


def pressing(bodies: Sequence[bytes]) -> bool:
    """Whether one of these records is of a kind that is signed at once; what cannot be read is."""
    return any(event is None or event in PRESSING for event in map(event_of, bodies))
