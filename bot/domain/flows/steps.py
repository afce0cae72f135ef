"""What to do next, by a few rules that show their numbers. A suggestion is never more than that."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.flows.peers import Lot, Peer
from bot.domain.flows.summing import OPEN, Noted, Summary

MOST: Final = 3
MANY_PEERS: Final = 10
"""So many other ends or ports that were all denied look like someone who tries doors."""


class Doing(StrEnum):
    """What a step would do."""

    BLOCK = "block"
    QUARANTINE = "quarantine"
    TRACE = "trace"


class Step(msgspec.Struct, frozen=True, gc=False):
    """A suggestion: what, about which peer (``None``: the subject itself), and why, with its numbers."""

    doing: Doing
    peer: Peer | None
    why: str


def steps(found: Summary) -> tuple[Step, ...]:
    """Return at most three suggestions, the weightiest first, one for each thing that could be done."""
    told: dict[tuple[Doing, object], Step] = {}
    for rule in RULES:
        for step in rule(found):
            told.setdefault((step.doing, step.peer.end if step.peer else None), step)
    return tuple(told.values())[:MOST]


def _calls_home(found: Summary) -> Iterator[Step]:
    for one in _reached(found):
        if one.beat:
            passes = (
                "passed until it was denied" if one.peer.wavers or one.peer.lot is Lot.STOPPED else "passes"
            )
            yield Step(Doing.BLOCK, one.peer, f"{one.peer} is called {one.beat}, and {passes}")


def _new_outside(found: Summary) -> Iterator[Step]:
    for one in _reached(found):
        if one.new:
            yield Step(
                Doing.BLOCK, one.peer, f"{one.peer} was not seen before: {one.peer.passed} connections passed"
            )


def _knocks(found: Summary) -> Iterator[Step]:
    """Many doors were tried from the subject, and all were shut."""
    shut = [
        one.peer for one in found.peers if one.peer.direction is Direction.EGRESS and one.peer.lot not in OPEN
    ]
    if len(shut) >= MANY_PEERS:
        number = sum(peer.denied for peer in shut)
        yield Step(
            Doing.QUARANTINE, None, f"it tried {len(shut)} ends and ports that all denied it, {number} times"
        )


def _new_inside(found: Summary) -> Iterator[Step]:
    """Somebody in the cluster is talked to who was not before: where it may have gone on to."""
    fresh = [one for one in found.peers if one.new and not one.external and one.peer.passed]
    if fresh:
        most = max(fresh, key=lambda one: one.peer.passed).peer
        yield Step(
            Doing.TRACE, most, f"{len(fresh)} peers in the cluster were not seen before, the busiest {most}"
        )


def _reached(found: Summary) -> Iterable[Noted]:
    """Return external peers that the subject connected to and that passed, those with the most first."""
    passing = (one for one in found.external if one.peer.lot in OPEN and one.peer.passed)
    return (one for one in passing if one.peer.direction is Direction.EGRESS)


RULES: Final[tuple[Callable[[Summary], Iterator[Step]], ...]] = (
    _calls_home,
    _new_outside,
    _knocks,
    _new_inside,
)
