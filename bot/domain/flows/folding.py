"""
Observations folded into connections: each once, whoever saw it, wherever on the way, and in whichever direction.

A connection is known by its addresses, ports and protocol; a reply belongs to the request. What two verdicts were seen
of stands under both, unless one is only the beginning of the other: that a packet left its pod is no proof that it
passed where it was denied later on its way (Cilium: trace points and policy verdicts are events of their own).
"""

from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Final

from bot.domain.directions import Direction
from bot.domain.flows.counting import larger, swapped
from bot.domain.flows.flow import Counts, Endpoint, Flow, Observer, Policy, Verdict
from bot.domain.flows.talks import both

REPLIED: Final = 1
ARRIVED: Final = 2
LEFT: Final = 4
ENTERED: Final = 8
SURE: Final = 16
"""
How a connection was seen: answered, at its destination, on its way out, or where it entered before any decision; and
whether its source told which end connected.
"""

Key = tuple[Hashable, int, Hashable, int, str]

Moved = dict[tuple[Observer, Direction | None, datetime, datetime], Counts]
"""How much was seen to move, by where and when it was seen."""


class Connection:
    """One connection under one verdict, while observations are folded into it."""

    __slots__ = ("bits", "client", "counts", "end", "notes", "server", "start", "told")

    def __init__(self, flow: Flow, client: Endpoint, server: Endpoint) -> None:
        self.start: datetime = flow.start
        self.end: datetime = flow.end
        self.client, self.server = client, server
        self.bits = 0
        self.told: set[tuple[str, tuple[Policy, ...]]] | None = None
        self.notes: set[str] | None = None
        self.counts: Moved | None = None

    def spans(self, flow: Flow) -> None:
        """Take in when it was seen too."""
        self.start, self.end = min(self.start, flow.start), max(self.end, flow.end)

    def ends(self, client: Endpoint, server: Endpoint) -> None:
        """Learn who the ends are."""
        self.client, self.server = both(self.client, client), both(self.server, server)

    def tell(self, flow: Flow) -> None:
        """Take in what few observations carry."""
        if flow.reason or flow.policies:
            self.told = {*(self.told or ()), (flow.reason, flow.policies)}
        if flow.note:
            self.notes = {*(self.notes or ()), flow.note}
        if flow.counts is not None:
            at = (flow.observer, flow.direction, flow.start, flow.end)
            told = swapped(flow.counts) if flow.reply else flow.counts
            self.counts = _most(self.counts, {at: told})

    def absorb(self, other: "Connection", *, turned: bool) -> None:
        """Take over what was seen of the same connection, the other way round where ``turned``."""
        client, server = (other.server, other.client) if turned else (other.client, other.server)
        self.start, self.end = min(self.start, other.start), max(self.end, other.end)
        self.client, self.server = both(self.client, client), both(self.server, server)
        self.bits |= REPLIED if turned else other.bits
        if other.told:
            self.told = {*(self.told or ()), *other.told}
        if other.notes:
            self.notes = {*(self.notes or ()), *other.notes}
        if other.counts:
            more = {k: swapped(c) if turned else c for k, c in other.counts.items()}
            self.counts = _most(self.counts, more)

    def turn(self) -> "Connection":
        """Return it as its other end sees it: what was taken for a request was an answer."""
        self.client, self.server = self.server, self.client
        self.bits = REPLIED
        self.counts = {at: swapped(counts) for at, counts in self.counts.items()} if self.counts else None
        return self


Cells = dict[Key, Connection]


class Ledger:
    """All connections that one source told, by verdict, and apart from them the rows that it counted itself."""

    def __init__(self) -> None:
        self.cells: dict[Verdict, Cells] = {verdict: {} for verdict in Verdict}
        self.counted: set[Flow] = set()


def fold(flows: Iterable[Flow], ledger: Ledger) -> None:
    """Fold flows into a ledger. Every flow comes by here, so it calls little."""
    verdict: Verdict | None = None
    cells: Cells = {}
    for flow in flows:
        if flow.connections is not None:
            ledger.counted.add(flow)
            continue
        if flow.verdict is not verdict:
            verdict = flow.verdict
            cells = ledger.cells[verdict]
        key, client, server, bit = placed(flow)
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = Connection(flow, client, server)
        else:
            if flow.start < cell.start or flow.end > cell.end:
                cell.spans(flow)
            if client is not cell.client or server is not cell.server:
                cell.ends(client, server)
        cell.bits |= bit
        if flow.reason or flow.policies or flow.note or flow.counts is not None:
            cell.tell(flow)


def placed(flow: Flow) -> tuple[Key, Endpoint, Endpoint, int]:
    """Return which connection a flow is of, who connected to whom, and how it was seen."""
    one, other = flow.source, flow.destination
    here, there = one.address or _nameless(one), other.address or _nameless(other)
    if flow.reply:
        key = (there, flow.destination_port, here, flow.source_port, flow.protocol)
        return key, other, one, REPLIED | SURE
    key = (here, flow.source_port, there, flow.destination_port, flow.protocol)
    sure = 0 if flow.reply is None else SURE
    if flow.observer.point[:5] == "from-":
        return key, one, other, ENTERED | sure
    return key, one, other, (ARRIVED if flow.direction is Direction.INGRESS else LEFT) | sure


def _nameless(end: Endpoint) -> Hashable:
    return (end.namespace, end.pod or end.workload or end.name, end.names, end.identity)


def _most(one: Moved | None, other: Moved) -> Moved:
    joined = dict(one or {})
    for at, counts in other.items():
        joined[at] = larger(joined.get(at), counts) or counts
    return joined
