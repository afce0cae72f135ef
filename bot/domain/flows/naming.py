"""Who the ends of connections are, each worked out once: joined by address with what the cluster and other flows say."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.identities import Directory, Known, of_flow
from bot.domain.flows.talks import MOST_TOLD, Who, both, least, who

Seen = tuple[Endpoint, datetime, datetime]
"""An end, and from when to when it was seen."""


def nameless(end: Endpoint) -> bool:
    """Whether only its address is known, and nothing of where it stands."""
    bare = not (end.pod or end.workload or end.namespace or end.name)
    return bare and end.being is Being.UNKNOWN and end.address != ""


class Naming:
    """Names ends. ``seen`` is iterated more than once, and what it holds is kept: ends are remembered as objects."""

    def __init__(self, known: Iterable[Known], seen: Iterable[Seen]) -> None:
        ends = list({id(one[0]): one[0] for one in seen}.values())
        wanted = {end.address for end in ends if nameless(end)}
        self._directory = Directory((*known, *_sightings(seen, wanted)) if wanted else ())
        self._names = _names(ends)
        self._known: dict[int, tuple[Endpoint, Who]] = {}

    def __call__(self, end: Endpoint, moment: datetime) -> tuple[Endpoint, Who]:
        """Return an end with all that is known of it, and what makes it the same one as another."""
        told = self._known.get(id(end))
        if told is None:
            told = self._told(end, moment)
            if not nameless(end):
                self._known[id(end)] = told
        return told

    def _told(self, end: Endpoint, moment: datetime) -> tuple[Endpoint, Who]:
        if nameless(end):
            owner = self._directory.at(end.address, moment)
            if owner is not None:
                end = msgspec.structs.replace(both(end, owner), shared=owner.being is Being.NODE)
        names = self._names.get(end.address, ()) if end.address and self._names else ()
        if names and names != end.names:
            end = msgspec.structs.replace(end, names=names)
        return end, who(end)


def _names(ends: Iterable[Endpoint]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for end in ends:
        if end.names and end.address:
            found[end.address] = least(found.get(end.address, ()), end.names, MOST_TOLD)
    return found


def _sightings(seen: Iterable[Seen], wanted: set[str]) -> Iterator[Known]:
    for end, start, until in seen:
        if end.address in wanted and not nameless(end):
            known = of_flow(end, start, until)
            if known:
                yield known
