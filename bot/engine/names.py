"""
The names of pods, kept in memory so that a search box is answered at once, and who may be shown them.

Nothing is decided by what is here: it is an offer to choose from, with its age. It is refreshed beside everything
else, only while somebody has opened a form lately, and forgotten afterwards.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from bot.domain.people import Principal
from bot.domain.queries import Each, Listing, Unavailable
from bot.domain.refs import POD
from bot.domain.views import PodView
from bot.engine.context import Context
from bot.engine.reading import may_read
from bot.engine.resting import first_of

log = logging.getLogger("firebreak.names")

LATELY: Final = 300.0  # seconds after a form was opened during which names are kept fresh
EVERY: Final = 15.0  # seconds between two lists of one cluster; more where listing is slow
SHARE: Final = 10.0  # a list that took long is not asked again before so many times its length
STALE: Final = 120.0  # seconds after which names are not offered any more
TRUSTED: Final = 60.0  # seconds for which it is believed that somebody may read
ASKED_AGAIN: Final = 30.0  # seconds after which somebody who still searches is asked about again
MOST_PODS: Final = 20_000
MOST_READERS: Final = 200


class Sighting(msgspec.Struct, frozen=True):
    """
    The pods of one cluster as they were ``at`` (seconds): ``namespace/pod``, sorted.

    ``more`` counts those beyond the bound; ``why`` says why nothing is known.
    """

    cluster: str
    at: float
    pods: tuple[str, ...] = ()
    more: int = 0
    why: str = ""
    again_at: float = 0.0


class _Reader(msgspec.Struct, frozen=True):
    may: bool
    at: float


class Names:
    """``seconds`` is a clock that only goes forward."""

    def __init__(self, context: Context, seconds: Callable[[], float]) -> None:
        self._context, self._seconds = context, seconds
        self._sightings: dict[str, Sighting] = {}
        self._readers: dict[Principal, _Reader] = {}
        self._asked: dict[Principal, float] = {}
        self._rung = asyncio.Event()

    @property
    def clusters(self) -> tuple[str, ...]:
        """The configured clusters."""
        return self._context.clusters

    def wanted(self, person: Principal) -> None:
        """Somebody has a form open: keep names fresh for a while, and find out whether they may read."""
        self._asked.pop(person, None)
        self._asked[person] = self._seconds()
        while len(self._asked) > MOST_READERS:
            self._asked.pop(next(iter(self._asked)))
        self._rung.set()

    def shown_to(self, person: Principal) -> bool:
        """Whether this person was found to be somebody who may read, within the last minute. Not known means no."""
        known = self._readers.get(person)
        return known is not None and known.may and self._seconds() - known.at < TRUSTED

    def of(self, cluster: str) -> Sighting | None:
        """Return the names of a cluster; ``None`` when none are known, or only stale ones."""
        found = self._sightings.get(cluster)
        if found is None or found.why or self._seconds() - found.at >= STALE:
            return None
        return found

    def age(self, sighting: Sighting) -> int:
        """Return how old it is, in whole seconds."""
        return max(0, int(self._seconds() - sighting.at))

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh until ``stop`` is set. Never raises: without names people type."""
        while not stop.is_set():
            self._rung.clear()
            try:
                await self.turn()
            except Exception as error:
                log.exception("names_not_read", extra={"error": type(error).__name__})
            await self._rest(stop)

    async def turn(self) -> None:
        """Ask about the people who search, and list the clusters whose names are due."""
        now = self._seconds()
        self._asked = {who: at for who, at in self._asked.items() if now - at < LATELY}
        if not self._asked:
            self._sightings.clear()
            self._readers.clear()
            return
        await asyncio.gather(*(self._judge(who) for who in tuple(self._asked) if self._unsure(who, now)))
        if any(self.shown_to(who) for who in self._asked):
            due = [name for name in self.clusters if self._due(name, now)]
            await asyncio.gather(*(self._list(name) for name in due))

    async def _rest(self, stop: asyncio.Event) -> None:
        await first_of(stop.wait(), self._rung.wait(), within=EVERY if self._asked else None)

    def _unsure(self, person: Principal, now: float) -> bool:
        known = self._readers.get(person)
        return known is None or now - known.at >= ASKED_AGAIN

    async def _judge(self, person: Principal) -> None:
        refusal = await may_read(self._context, person)
        self._readers[person] = _Reader(refusal is None, self._seconds())
        while len(self._readers) > MOST_READERS:
            self._readers.pop(next(iter(self._readers)))

    def _due(self, cluster: str, now: float) -> bool:
        found = self._sightings.get(cluster)
        return found is None or now >= found.again_at

    async def _list(self, cluster: str) -> None:
        begun = self._seconds()
        answer = await self._answer(cluster)
        took = self._seconds() - begun
        again_at = begun + took + max(EVERY, SHARE * took)
        if isinstance(answer, Unavailable):
            made = self._sightings.get(cluster) or Sighting(cluster, begun, why=answer.why)
            self._sightings[cluster] = msgspec.structs.replace(made, again_at=again_at)
            return
        listed = (item.metadata for item in answer.items if isinstance(item, PodView))
        pods, more = kept(f"{meta.namespace}/{meta.name}" for meta in listed)
        self._sightings[cluster] = Sighting(cluster, begun, pods, more, again_at=again_at)

    async def _answer(self, cluster: str) -> Listing | Unavailable:
        try:
            async with asyncio.timeout(self._context.limits.call.total_seconds()):
                answer = await self._context.world.answer(Each(cluster, POD))
        except TimeoutError:
            return Unavailable("no answer in time")
        return answer if isinstance(answer, Listing | Unavailable) else Unavailable("no list")


def kept(names: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """Return the first names in order, as many as are kept, and how many are left out."""
    every = sorted(names)
    return tuple(every[:MOST_PODS]), max(0, len(every) - MOST_PODS)
