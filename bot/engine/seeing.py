"""A world that also asks those who saw traffic, and worlds in which a plan asks of another time, or of none."""

import ipaddress
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.identities import EVER
from bot.domain.flows.taken import Capability
from bot.domain.queries import Answer, Flowing, Flows, Query
from bot.engine.flows import gathered
from bot.ports import FlowSource, World

PATIENCE: Final = 12.0
"""Seconds that sources have where a person asked for a long time of flows, and waits for nothing else."""

MORE: Final = 5
"""Times as many flows as a plan looks at by itself."""


class Seeing:
    """A ``World`` that asks the sources of flows, and hands on everything else."""

    def __init__(self, world: World, sources: Sequence[FlowSource], clock: Callable[[], datetime]) -> None:
        self._world, self._sources, self._clock = world, tuple(sources), clock

    async def answer(self, query: Query) -> Answer:
        """Answer one query."""
        if not isinstance(query, Flows):
            return await self._world.answer(query)
        asked = question(query, self._clock())
        meant = [one for one in self._sources if not query.live or Capability.HISTORY not in one.can]
        return Flowing(asked, await gathered(meant, asked, query.within))


class Unseeing:
    """A ``World`` that tells nothing of flows: for a plan that is only held against the one that was approved."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def answer(self, query: Query) -> Answer:
        """Answer one query."""
        if isinstance(query, Flows):
            moment = query.since or EVER
            return Flowing(Asked(query.cluster, subject(query), moment, moment), ())
        return await self._world.answer(query)


class Replaying:
    """
    A ``World`` in which a plan asks for flows of a longer time than it would of its own accord.

    ``shared``: by the addresses of nodes too, which stand for the pods of all namespaces there: for whoever may see them all.
    """

    def __init__(self, world: World, seconds: int, *, shared: bool) -> None:
        self._world, self._seconds, self._shared = world, seconds, shared

    async def answer(self, query: Query) -> Answer:
        """Answer one query."""
        if isinstance(query, Flows):
            behind = query.behind if self._shared else ()
            query = msgspec.structs.replace(
                query,
                seconds=self._seconds,
                behind=behind,
                within=PATIENCE,
                live=False,
                most=MORE * query.most,
            )
        return await self._world.answer(query)


def question(query: Flows, now: datetime) -> Asked:
    """Return what the sources are asked; ``now`` is where the time that is asked for ends."""
    since = query.since or now - timedelta(seconds=query.seconds)
    return Asked(query.cluster, subject(query), min(since, now), now, sources=query.sources, limit=query.most)


def subject(query: Flows) -> Subject:
    """Return about whom it is. Raises ``ValueError`` for an address that is none."""
    if query.address:
        network = ipaddress.ip_network(query.address, strict=False)
        one = network.num_addresses == 1
        name = str(network.network_address) if one else str(network)
        return Subject(About.ADDRESS if one else About.NETWORK, name)
    if query.pods:
        return Subject(About.WORKLOAD, query.pod, query.namespace, query.pods)
    return Subject(
        About.POD, query.pod, query.namespace, (query.pod,), addresses=query.addresses, behind=query.behind
    )
