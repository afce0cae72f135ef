"""Connections gathered into talks: who asked whom on which port, under one verdict."""

import heapq
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from bot.domain.directions import Direction
from bot.domain.flows.counting import added, larger, swapped
from bot.domain.flows.flow import Counts, Endpoint, Flow, Policy, Verdict
from bot.domain.flows.folding import ARRIVED, REPLIED, Connection, Ledger
from bot.domain.flows.naming import Naming
from bot.domain.flows.talks import MOST_STARTS, MOST_TOLD, Talk, Who, both

T = TypeVar("T", str, Policy)
Key = tuple[Who, Who, int, str, Verdict]
Vantage = tuple[str, Direction | None, str, bool]
"""From where sums were taken: two vantages may have counted the same connection, so they are never added."""


class Group:
    """A talk while it is gathered. Whatever is added may be added in any order."""

    __slots__ = (
        "answered", "client", "connections", "counts", "first", "last", "notes", "server", "starts", "sums", "told"
    )  # fmt: skip

    def __init__(self, client: Endpoint, server: Endpoint, first: datetime, last: datetime) -> None:
        self.client, self.server = client, server
        self.first, self.last = first, last
        self.connections, self.answered = 0, False
        self.starts: list[datetime] = []
        self.told: set[tuple[str, tuple[Policy, ...]]] = set()
        self.notes: set[str] = set()
        self.counts: Counts | None = None
        self.sums: dict[Vantage, tuple[int, Counts | None]] = {}

    def spans(self, client: Endpoint, server: Endpoint, first: datetime, last: datetime) -> None:
        """Take in who and when."""
        if client is not self.client:
            self.client = both(self.client, client)
        if server is not self.server:
            self.server = both(self.server, server)
        self.first = min(self.first, first)
        self.last = max(self.last, last)

    def take(self, cell: Connection) -> None:
        """Take in one connection."""
        self.connections += 1
        self.starts.append(cell.start)
        if cell.bits & (REPLIED | ARRIVED):
            self.answered = True
        if cell.told:
            self.told |= cell.told
        if cell.notes:
            self.notes |= cell.notes
        if cell.counts:
            self.counts = added(self.counts, _of_connection(cell))

    def take_sum(self, flow: Flow) -> None:
        """Take in a row that its source counted."""
        vantage = (flow.observer.source, flow.direction, flow.observer.point, bool(flow.reply))
        number, counts = self.sums.get(vantage, (0, None))
        told = swapped(flow.counts) if flow.counts and flow.reply else flow.counts
        self.sums[vantage] = (number + (flow.connections or 0), added(counts, told))
        self.answered = self.answered or bool(flow.reply) or flow.direction is Direction.INGRESS
        if flow.reason or flow.policies:
            self.told.add((flow.reason, flow.policies))
        if flow.note:
            self.notes.add(flow.note)

    def talk(self, source: str, key: Key) -> Talk:
        """Return what was gathered."""
        number, counts = self.connections, self.counts
        for many, told in self.sums.values():
            number, counts = max(number, many), larger(counts, told)
        return Talk(
            source=source,
            client=self.client,
            server=self.server,
            protocol=key[3],
            port=key[2],
            verdict=key[4],
            connections=number,
            first=self.first,
            last=self.last,
            answered=self.answered,
            reasons=_first(reason for reason, _ in self.told if reason) if self.told else (),
            policies=_first(policy for _, some in self.told for policy in some) if self.told else (),
            notes=_first(self.notes) if self.notes else (),
            counts=counts,
            starts=_newest(self.starts),
            summed=bool(self.sums),
        )


def talks(source: str, ledger: Ledger, naming: Naming) -> Iterable[Talk]:
    """Return the talks of one settled ledger, in no order."""
    groups: dict[Key, Group] = {}
    for verdict, cells in ledger.cells.items():
        for (_, _, _, port, protocol), cell in cells.items():
            client, one = naming(cell.client, cell.start)
            server, other = naming(cell.server, cell.start)
            key = (one, other, port, protocol, verdict)
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(client, server, cell.start, cell.end)
            else:
                group.spans(client, server, cell.start, cell.end)
            group.take(cell)
    for flow in ledger.counted:
        _sum(groups, flow, naming)
    return (group.talk(source, key) for key, group in groups.items())


def _sum(groups: dict[Key, Group], flow: Flow, naming: Naming) -> None:
    ends = (flow.destination, flow.source) if flow.reply else (flow.source, flow.destination)
    (client, one), (server, other) = (naming(end, flow.start) for end in ends)
    port = flow.source_port if flow.reply else flow.destination_port
    key = (one, other, port, flow.protocol, flow.verdict)
    group = groups.get(key)
    if group is None:
        group = groups[key] = Group(client, server, flow.start, flow.end)
    else:
        group.spans(client, server, flow.start, flow.end)
    group.take_sum(flow)


def _first(some: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(set(some))[:MOST_TOLD])


def _newest(starts: list[datetime]) -> tuple[datetime, ...]:
    if len(starts) <= MOST_STARTS:
        return tuple(sorted(starts))
    return tuple(reversed(heapq.nlargest(MOST_STARTS, starts)))


def _of_connection(cell: Connection) -> Counts | None:
    """Return how much one connection moved: what each vantage saw in all, and of several the most."""
    seen: dict[tuple[object, object], Counts | None] = {}
    for (observer, direction, _, _), counts in (cell.counts or {}).items():
        vantage = (observer, direction)
        seen[vantage] = added(seen.get(vantage), counts)
    most: Counts | None = None
    for counts_seen in seen.values():
        most = larger(most, counts_seen)
    return most
