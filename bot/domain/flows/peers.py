"""Whom something talked to: the talks of all sources, seen from one of the ends."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.flows.counting import added
from bot.domain.flows.flow import PASSED, Counts, Endpoint, Policy, Verdict
from bot.domain.flows.talks import MOST_TOLD, Talk, Who, both, who

PORT_NAMELESS: Final = frozenset({"", "ICMP"})

OPEN_FOR: Final = timedelta(seconds=60)
"""
How long what passed may be open unseen: a connection is told of every few seconds, and a denial may be of another one.

Most engines never cut a connection that is open, so a denied attempt beside it is no sign that it ended.
"""


class Lot(StrEnum):
    """
    What became of it in the end.

    ``PASSES``: the newest that was seen of it passed, or passed less than a minute before the newest denial. ``STOPPED``: it
    passed, and was denied a minute later or more. ``DENIED``: nothing passed. ``DISPUTED``: sources differ. ``UNKNOWN``: no
    source says.
    """

    PASSES = "passes"
    STOPPED = "stopped"
    DENIED = "denied"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class Sight(msgspec.Struct, frozen=True, gc=False):
    """
    What one source saw of a peer: how many connections passed, were denied, or neither.

    A connection that passed and was denied later is in both numbers.
    """

    source: str
    first: datetime
    last: datetime
    passed: int = 0
    denied: int = 0
    other: int = 0
    last_passed: datetime | None = None
    last_denied: datetime | None = None
    answered: bool = False
    reasons: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    counts: Counts | None = None
    starts: tuple[datetime, ...] = ()

    @property
    def most(self) -> int:
        """How many connections there were, at least."""
        return max(self.passed, self.denied) + self.other

    @property
    def lot(self) -> Lot:
        """What became of it, by this source."""
        if self.last_passed is None:
            return Lot.DENIED if self.last_denied else Lot.UNKNOWN
        if self.last_denied is None or self.last_denied - self.last_passed < OPEN_FOR:
            return Lot.PASSES
        return Lot.STOPPED

    @property
    def wavers(self) -> bool:
        """Whether it passes by what was seen less than a minute before the newest denial alone."""
        if self.last_passed is None or self.last_denied is None:
            return False
        return self.last_passed < self.last_denied < self.last_passed + OPEN_FOR


class Peer(msgspec.Struct, frozen=True, gc=False):
    """
    One other end, and one port. ``direction`` is seen from the subject: ``EGRESS`` where it connected to the peer.

    ``sights`` are by source: the same connections may stand under several, so no number adds them up.
    """

    end: Endpoint
    direction: Direction
    protocol: str
    port: int
    sights: tuple[Sight, ...]

    @property
    def connections(self) -> int:
        """How many there were by the source that saw the most."""
        return max(sight.most for sight in self.sights)

    @property
    def passed(self) -> int:
        """How many passed by the source that saw the most pass."""
        return max(sight.passed for sight in self.sights)

    @property
    def denied(self) -> int:
        """How many were denied by the source that saw the most denied."""
        return max(sight.denied for sight in self.sights)

    @property
    def first(self) -> datetime:
        """When it was first seen."""
        return min(sight.first for sight in self.sights)

    @property
    def last(self) -> datetime:
        """When it was last seen."""
        return max(sight.last for sight in self.sights)

    @property
    def lot(self) -> Lot:
        """What became of it, by all who say."""
        said = {sight.lot for sight in self.sights} - {Lot.UNKNOWN}
        if len(said) == 1:
            return said.pop()
        if said == {Lot.STOPPED, Lot.DENIED}:
            return Lot.STOPPED
        return Lot.DISPUTED if said else Lot.UNKNOWN

    @property
    def wavers(self) -> bool:
        """Whether it passes, and no source saw it pass after it was denied."""
        told = [sight for sight in self.sights if sight.lot is not Lot.UNKNOWN]
        return self.lot is Lot.PASSES and all(sight.wavers for sight in told)

    @property
    def key(self) -> "PeerKey":
        """What makes it the same peer at another time."""
        return (who(self.end), self.direction, self.protocol, self.port)

    def __str__(self) -> str:
        """Name it for people: ``203.0.113.7:443``, ``orders/db-0:5432``; who connected to the subject: ``shop/web-1 to 8080``."""
        name = called(self.end)
        if self.protocol in PORT_NAMELESS and not self.port:
            return f"{name} {self.protocol}".strip()
        port = f"{self.port}/{self.protocol}" if self.protocol not in {"TCP", ""} else str(self.port)
        if self.direction is Direction.INGRESS:
            return f"{name} to {port}"
        return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


PeerKey = tuple[Who, Direction, str, int]


def called(end: Endpoint) -> str:
    """Return how people name an end; texts from outside."""
    if end.pod or end.workload:
        return f"{end.namespace}/{end.pod or end.workload}"
    if end.name:
        return end.name
    named = f"{end.address} ({end.names[0]})" if end.names and end.address else end.address
    return named or (end.names[0] if end.names else str(end.being))


def peers(talks: Iterable[Talk], own: Callable[[Endpoint], bool]) -> tuple[Peer, ...]:
    """
    Return the other ends of some talks, those with the most connections first.

    ``own`` tells the subject's ends; where both are, the server is the peer.
    """
    found: dict[PeerKey, list[Talk]] = {}
    for talk in talks:
        end, direction = (
            (talk.server, Direction.EGRESS) if own(talk.client) else (talk.client, Direction.INGRESS)
        )
        found.setdefault((who(end), direction, talk.protocol, talk.port), []).append(talk)
    every = (_peer(key, some) for key, some in found.items())
    return tuple(sorted(every, key=lambda peer: (-peer.connections, peer.key)))


def _peer(key: PeerKey, talks: list[Talk]) -> Peer:
    _, direction, protocol, port = key
    ends = [talk.server if direction is Direction.EGRESS else talk.client for talk in talks]
    end = ends[0]
    for other in ends[1:]:
        end = both(end, other)
    by_source: dict[str, list[Talk]] = {}
    for talk in talks:
        by_source.setdefault(talk.source, []).append(talk)
    sights = tuple(_sight(source, some) for source, some in sorted(by_source.items()))
    return Peer(end, direction, protocol, port, sights)


def _sight(source: str, talks: list[Talk]) -> Sight:
    passed = [talk for talk in talks if talk.verdict in PASSED]
    denied = [talk for talk in talks if talk.verdict is Verdict.DENIED]
    total = sum(talk.connections for talk in talks)
    through, refused = (sum(talk.connections for talk in some) for some in (passed, denied))
    counts: Counts | None = None
    for talk in talks:
        counts = added(counts, talk.counts)
    return Sight(
        source=source,
        first=min(talk.first for talk in talks),
        last=max(talk.last for talk in talks),
        passed=through,
        denied=refused,
        other=total - through - refused,
        last_passed=max((talk.last for talk in passed), default=None),
        last_denied=max((talk.last for talk in denied), default=None),
        answered=any(talk.answered for talk in passed),
        reasons=_some(reason for talk in denied for reason in talk.reasons),
        policies=tuple(sorted({policy for talk in denied for policy in talk.policies})[:MOST_TOLD]),
        counts=counts,
        starts=tuple(sorted(start for talk in talks for start in talk.starts)),
    )


def _some(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts))[:MOST_TOLD])
