"""Whether the sources of flows can be asked, looked at now and then: what somebody should see before an incident does."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from bot.engine.resting import first_of, rest
from bot.ports import FlowSource

EVERY: Final = 300.0
"""Seconds between two looks."""


class Wellness:
    """``clusters`` are those that are named with a source that is not well."""

    def __init__(self, sources: Iterable[FlowSource], clusters: Iterable[str]) -> None:
        self._sources, self._clusters = tuple(sources), tuple(clusters)
        self._wrong: Mapping[str, str] = {}

    def unwell(self) -> Mapping[str, str]:
        """Return what could not be asked at the last look, and why."""
        return self._wrong

    async def run(self, stop: asyncio.Event) -> None:
        """Look until ``stop`` is set; without a source there is nothing to look at."""
        while self._sources and not stop.is_set():
            await first_of(stop.wait(), self.look())
            await rest(stop, EVERY)

    async def look(self) -> None:
        """Look once, at all of them side by side."""
        told = await asyncio.gather(*(source.health() for source in self._sources))
        self._wrong = {
            self._named(source): why for source, why in zip(self._sources, told, strict=True) if why
        }

    def _named(self, source: FlowSource) -> str:
        whose = ", ".join(cluster for cluster in self._clusters if source.serves(cluster))
        return f"flows of {whose or 'no cluster'} from {source.name}"
