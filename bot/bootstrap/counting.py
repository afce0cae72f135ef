"""What is counted while the bot runs, for ``/metrics``; and whether the database answers, for ``/readyz``."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from bot.adapters.web.metrics import Figures
from bot.domain.errors import FirebreakError
from bot.domain.reading import cut
from bot.engine.resting import rest
from bot.ports import Store

log = structlog.get_logger("firebreak")

EVERY = 15.0  # seconds
AGAIN_AFTER = 2.0  # seconds, while the database does not answer
PATIENCE = 5.0  # seconds for one count


class Census:
    """Counts again and again. A probe is told the last outcome: it must answer at once, and asks nobody."""

    def __init__(
        self, store: Store, figures: Figures, every: float = EVERY, again_after: float = AGAIN_AFTER
    ) -> None:
        self._store, self._figures = store, figures
        self._every, self._again_after = every, again_after
        self._trouble = ""

    def unwell(self) -> Mapping[str, str]:
        """Name the database, and what it said, where the last count failed."""
        return {"database": self._trouble} if self._trouble else {}

    async def run(self, stop: asyncio.Event) -> None:
        """Count until ``stop`` is set, whatever the database does meanwhile."""
        while not stop.is_set():
            self._told(await self._counted())
            await rest(stop, self._again_after if self._trouble else self._every)

    async def _counted(self) -> str:
        """Count once; return what went wrong, or an empty text."""
        try:
            async with asyncio.timeout(PATIENCE), self._store.begin() as tx:
                self._figures.parts = await tx.counts.states()
                sums = await tx.counts.sums()
        except TimeoutError:
            return f"it did not answer within {PATIENCE:g} s"
        except FirebreakError as error:
            return cut(str(error))
        self._figures.waiting = {"inbox": sums.inbox, "outbox": sums.outbox}
        self._figures.records = sums.records
        return ""

    def _told(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.warning("database_away", why=trouble)
        elif self._trouble and not trouble:
            log.info("database_back")
        self._trouble = trouble


def both(*probes: Callable[[], Mapping[str, str]]) -> Callable[[], Mapping[str, str]]:
    """Return one probe of several."""
    return lambda: {name: why for probe in probes for name, why in probe().items()}
