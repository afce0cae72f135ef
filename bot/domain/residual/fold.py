"""
Rulings folded over many endpoints at once.

A set of endpoints is the bits of one whole number, so that "these pods, but not those" is one operation however many
they are.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.domain.residual.pace import Pace, Steps
from bot.domain.residual.rules import UNSELECTED, Cause, Verb
from bot.domain.residual.sets import ALL_PORTS, PortSet

Patch = tuple[int, PortSet]
"""Endpoints, and the same ports of each."""


class Entry(NamedTuple):
    """A clause: what it does, where, and whose it is."""

    verb: Verb
    where: tuple[Patch, ...]
    cause: Cause
    odd: str = ""


class Stage(NamedTuple):
    """The clauses that are asked in turn, and where what they leave is denied."""

    entries: Sequence[Entry]
    closed: int


class Cell(NamedTuple):
    """Ports that are allowed at some endpoints, and everything that allows them. Cells share nothing."""

    mask: int
    ports: PortSet
    causes: tuple[Cause, ...]


def fold(universe: int, stages: Iterable[Stage], pace: Pace, odd: dict[str, None]) -> Steps[list[Cell]]:
    """
    Return what is allowed among some endpoints once every stage has been asked.

    Notes in ``odd`` what is not modelled and was reached by anything that was not decided before.
    """
    left: list[Patch] = [(universe, ALL_PORTS)]
    allowed: list[tuple[int, PortSet, Cause]] = []
    for stage in stages:
        passed: list[Patch] = []
        taken: list[Patch] = []
        for entry in stage.entries:
            if pace.due(len(left) * len(entry.where)):
                yield
            if entry.odd and _hit(_without(left, taken), entry):
                odd[entry.odd] = None
            if entry.verb is Verb.UNKNOWN:
                continue
            if entry.verb is not Verb.ALLOW:
                left, taken = _without(left, taken), []
            hit = _hit(left, entry)
            if entry.verb is Verb.ALLOW:
                # Those that allow side by side are all to blame, so none hides another.
                allowed += [(mask, ports, entry.cause) for mask, ports in hit]
                taken += hit
                continue
            left = _without(left, hit)
            passed += hit if entry.verb is Verb.NEXT else []
        left = _without([(m & ~stage.closed, p) for m, p in left if m & ~stage.closed], taken) + passed
    allowed += [(mask, ports, UNSELECTED) for mask, ports in left]
    return (yield from _cells(allowed, pace))


def _hit(left: Sequence[Patch], entry: Entry) -> list[Patch]:
    return [both for patch in entry.where for both in _both(left, patch)]


def _both(left: Sequence[Patch], patch: Patch) -> Iterable[Patch]:
    mask, ports = patch
    for there, free in left:
        shared = there & mask
        if shared:
            common = free & ports
            if common:
                yield shared, common


def _without(left: list[Patch], taken: Sequence[Patch]) -> list[Patch]:
    for mask, ports in taken:
        if any(there & mask for there, _ in left):
            left = [rest for patch in left for rest in _minus(patch, mask, ports)]
    return left


def _minus(patch: Patch, mask: int, ports: PortSet) -> Iterable[Patch]:
    there, free = patch
    apart = there & ~mask
    if apart:
        yield apart, free
    shared = there & mask
    if shared:
        rest = free - ports
        if rest:
            yield shared, rest


def _cells(allowed: Sequence[tuple[int, PortSet, Cause]], pace: Pace) -> Steps[list[Cell]]:
    """Return what is allowed, cut so that each piece has one set of causes, and joined where pieces agree."""
    by_mask: dict[int, list[tuple[PortSet, Cause]]] = {}
    for mask, ports, cause in allowed:
        by_mask.setdefault(mask, []).append((ports, cause))
    pieces: list[tuple[int, tuple[int, ...]]] = []
    for mask in by_mask:
        if pace.due(len(pieces)):
            yield
        pieces = _split(pieces, mask)
    joined: dict[tuple[PortSet, tuple[Cause, ...]], int] = {}
    for mask, masks in pieces:
        here = [given for of in masks for given in by_mask[of]]
        if pace.due(len(here) * len(here)):
            yield
        for ports, causes in _by_causes(here):
            joined[ports, causes] = joined.get((ports, causes), 0) | mask
    return [Cell(mask, ports, causes) for (ports, causes), mask in joined.items()]


def _split(pieces: list[tuple[int, tuple[int, ...]]], mask: int) -> list[tuple[int, tuple[int, ...]]]:
    rest = mask
    found: list[tuple[int, tuple[int, ...]]] = []
    for there, masks in pieces:
        shared = there & rest
        if not shared:
            found.append((there, masks))
            continue
        rest &= ~shared
        found.append((shared, (*masks, mask)))
        if there != shared:
            found.append((there & ~shared, masks))
    if rest:
        found.append((rest, (mask,)))
    return found


def _by_causes(here: Sequence[tuple[PortSet, Cause]]) -> Iterable[tuple[PortSet, tuple[Cause, ...]]]:
    cells: list[tuple[PortSet, set[Cause]]] = []
    for ports, cause in here:
        left = ports
        found: list[tuple[PortSet, set[Cause]]] = []
        for there, causes in cells:
            shared = there & left
            if not shared:
                found.append((there, causes))
                continue
            found.append((shared, causes | {cause}))
            left = left - shared
            if apart := there - shared:
                found.append((apart, causes))
        cells = [*found, (left, {cause})] if left else found
    return [(ports, tuple(sorted(causes))) for ports, causes in cells]
