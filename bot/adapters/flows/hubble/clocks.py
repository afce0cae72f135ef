"""
Nodes whose clocks differ from ours: one that is ahead would hide its newest seconds, one behind shows them as old.

Hubble's events bear the time of the node that saw them, and nothing else tells what its clock says. An event of the future
shows one that is ahead, by that much at least. One that is behind looks like a node on which nothing happens; it is suspected
where a busy node has had no event for far longer than it ever goes without.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.adapters.flows.hubble.coverage import Around, Edge
from bot.domain.flows.flow import Flow
from bot.domain.flows.taken import Loss, Skewed

AHEAD: Final = timedelta(minutes=10)
"""How far beyond its end is asked, where a question ends now."""

NEARLY: Final = timedelta(minutes=1)
"""How long ago the end of a question still is now: the cluster was asked before, and who is meant."""

CLOSE: Final = timedelta(seconds=2)
"""By how much clocks differ that are kept by NTP on a bad day; nothing is said of it."""

QUIET: Final = timedelta(seconds=30)
GAPS: Final = 20
"""So many times the usual time between two events of a node is no chance, where they come as they come."""

BUSY: Final = 1000
"""Events of a node of which the usual time between two is taken for known: of fewer, some that came together mislead."""

Clocks = Mapping[str, timedelta]
"""By how much the clock of a node is ahead of ours, or (where that is asked for) perhaps behind."""


def beyond(until: datetime, now: datetime) -> timedelta:
    """Return how far beyond its end a question is asked, for nodes that are ahead."""
    return AHEAD if now - until <= NEARLY else timedelta(0)


def ahead(around: Around, flows: Iterable[Flow], now: datetime) -> Clocks:
    """Return the nodes that have told of the future."""
    latest = dict(around.newest or {})
    for flow in flows:
        if flow.start > now:
            node = flow.observer.node
            latest[node] = max(flow.start, latest.get(node, flow.start))
    return {node: at - now for node, at in latest.items() if at - now > CLOSE}


def behind(around: Around, now: datetime) -> Clocks:
    """Return the nodes that are busy, and whose newest event is older than that fits with."""
    oldest, newest = around.oldest or {}, around.newest or {}
    found: dict[str, timedelta] = {}
    for each in around.buffers or ():
        if each.held < BUSY or each.node not in oldest or each.node not in newest:
            continue
        usual = (newest[each.node] - oldest[each.node]) / (each.held - 1)
        quiet = now - newest[each.node]
        if quiet > max(QUIET, GAPS * usual):
            found[each.node] = quiet
    return found


def unjudged(around: Around) -> tuple[str, ...]:
    """Return the nodes that are busy, and of which it is not known whether they are behind: they did not say all of it."""
    said = (around.oldest or {}).keys() & (around.newest or {}).keys()
    return tuple(
        sorted(each.node for each in around.buffers or () if each.held >= BUSY and each.node not in said)
    )


def by_ours(flows: Iterable[Flow], clocks: Clocks, until: datetime) -> tuple[Flow, ...]:
    """
    Return the same with the times of nodes that are ahead taken back: none is of the future then.

    By how much they are ahead is known as the least that it can be, so what comes out as just after ``until`` was before.
    """
    if not clocks:
        return tuple(flows)
    return tuple(_back(flow, clocks.get(flow.observer.node), until) for flow in flows)


def edges(around: Around, clocks: Clocks) -> Around:
    """Return what each node holds by our clock."""
    oldest, newest = _taken_back(around.oldest, clocks), _taken_back(around.newest, clocks)
    return msgspec.structs.replace(around, oldest=oldest, newest=newest)


def said(clocks: Clocks) -> str:
    """Say what was done about nodes that are ahead; empty where there are none."""
    if not clocks:
        return ""
    return f"{Skewed(*_named(clocks))}: their times are taken back by that."


def losses(before: Clocks, after: Clocks, reached: timedelta) -> Iterable[Loss]:
    """Yield what may be lacking: what nodes ``before`` us wrote further ahead than was asked, and all of those ``after``."""
    if further := {node: by for node, by in before.items() if by > reached}:
        yield Skewed(*_named(further))
    if after:
        names, seconds = _named(after)
        yield Skewed(names, -seconds)


def _named(clocks: Clocks) -> tuple[tuple[str, ...], int]:
    return tuple(sorted(clocks)), round(max(clocks.values()).total_seconds())


def _back(flow: Flow, by: timedelta | None, until: datetime) -> Flow:
    if by is None:
        return flow
    over = flow.start - by - until
    if timedelta(0) <= over < CLOSE:
        by += over + timedelta.resolution
    return msgspec.structs.replace(flow, start=flow.start - by, end=flow.end - by)


def _taken_back(edge: Edge, clocks: Clocks) -> Edge:
    return edge and {node: at - clocks.get(node, timedelta(0)) for node, at in edge.items()}
