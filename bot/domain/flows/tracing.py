"""How far something may have come: from one pod outward, each end once, in the order of time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from bot.domain.flows.flow import PASSED, Endpoint
from bot.domain.flows.talks import Talk, Who, who

HOPS: Final = 2
MOST_NEXT: Final = 50
"""Ends that are followed from one end, those with the most connections; the others are counted."""


class Hop(msgspec.Struct, frozen=True, gc=False):
    """
    An end that was reached. ``ways`` are the ports it was reached on, ``connections`` by the source that saw the most.

    ``first`` is when it was first reached, as far as it was seen: what it did before then came not of this. ``more`` ends
    were reached from it and are not shown.
    """

    end: Endpoint
    ways: tuple[tuple[str, int], ...]
    connections: int
    first: datetime
    last: datetime
    next: tuple["Hop", ...] = ()
    more: int = 0


class Trace(msgspec.Struct, frozen=True):
    """From one end: all that was reached from it, each at its nearest."""

    start: Endpoint
    next: tuple[Hop, ...]
    more: int = 0

    @property
    def reached(self) -> int:
        """How many ends were reached."""
        return sum(1 + len(hop.next) + hop.more for hop in self.next) + self.more


def traced(talks: Iterable[Talk], start: Endpoint, since: datetime, most: int = MOST_NEXT) -> Trace:
    """
    Return what was reached from an end since a moment, two hops outward.

    Only what passed counts. The second hop is what was seen of an end from when the first had reached it. An end stands
    where it is nearest to the start; of several ways equally near, under whom it was reached from first.
    """
    going: dict[Who, list[Talk]] = {}
    for talk in talks:
        if talk.verdict in PASSED and talk.last >= since:
            going.setdefault(who(talk.client), []).append(talk)
    met = {who(start)}
    near, left = _next(going.get(who(start), ()), since, met, most)
    met.update(who(hop.end) for hop in near)
    found: list[Hop] = []
    for hop in sorted(near, key=lambda one: (one.first, who(one.end))):
        further, more = _next(going.get(who(hop.end), ()), max(hop.first, since), met, most)
        met.update(who(one.end) for one in further)
        found.append(msgspec.structs.replace(hop, next=further, more=more))
    return Trace(start, tuple(sorted(found, key=_busiest)), left)


def _next(talks: Iterable[Talk], since: datetime, met: set[Who], most: int) -> tuple[tuple[Hop, ...], int]:
    ends: dict[Who, list[Talk]] = {}
    for talk in talks:
        if talk.last >= since and who(talk.server) not in met:
            ends.setdefault(who(talk.server), []).append(talk)
    hops = sorted((_hop(some, since) for some in ends.values()), key=_busiest)
    return tuple(hops[:most]), max(0, len(hops) - most)


def _hop(talks: list[Talk], since: datetime) -> Hop:
    by_source: dict[str, int] = {}
    for talk in talks:
        by_source[talk.source] = by_source.get(talk.source, 0) + talk.connections
    return Hop(
        end=talks[0].server,
        ways=tuple(sorted({(talk.protocol, talk.port) for talk in talks})),
        connections=max(by_source.values()),
        first=max(since, min(talk.first for talk in talks)),
        last=max(talk.last for talk in talks),
    )


def _busiest(hop: Hop) -> tuple[object, ...]:
    return (-hop.connections, who(hop.end))
