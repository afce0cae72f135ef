"""A place outside of the database, in memory, and what brings checkpoints there."""

from bot.adapters.store.history import SqlHistory
from bot.domain.audit.events import Event
from bot.domain.errors import UnknownOutcomeError
from bot.engine.anchoring import Anchorer
from bot.engine.checkpointing import Seal
from bot.ports import Anchor
from tests.audit.logs import Kept


class Shelf:
    """A place in memory, which may be silent, empty or forged."""

    def __init__(self, place: str = "shelf") -> None:
        self.place, self.notes, self.silent = place, list[str](), False

    async def keep(self, size: int, note: str) -> str:
        """Keep."""
        if self.silent:
            raise UnknownOutcomeError("silent", "no answer")
        self.notes.append(note)
        return f"{self.place}/{size}"

    async def newest(self) -> str:
        """Answer."""
        if self.silent:
            raise UnknownOutcomeError("silent", "no answer")
        return self.notes[-1] if self.notes else ""


def anchorer(kept: Kept, history: SqlHistory, seal: Seal, *places: Anchor) -> Anchorer:
    return Anchorer(kept.store, history, seal, places, 60.0)


async def grown(kept: Kept, by: int = 3, event: Event = Event.LEASE) -> None:
    await kept.grow(by, event)
    await kept.checkpointer.sign()
