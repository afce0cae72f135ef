"""
Who has been talking to whom, counted from what the nodes of the Hubble Relay keep: what the bot's answers are made of.

One column for each round of talk, the newest last, so that before and after a change stand side by side.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bot.sandbox.flows.events import DROPPED, EGRESS, VERDICT_EVENT
from bot.sandbox.flows.traffic import EVERY, Traffic

ROUNDS: Final = 15
"""Columns: five minutes of talk."""

LATELY: Final = 2
"""Rounds that count as now."""

Ends = tuple[str, str, int]
"""Addresses of client and server, and the server's port."""


class Talk(msgspec.Struct, frozen=True):
    """One client and one port of a server: connections that passed and that were dropped, by round; ``last`` in UTC."""

    client: str
    server: str
    port: int
    passed: tuple[int, ...]
    dropped: tuple[int, ...]
    last: str = ""

    @property
    def now(self) -> str:
        """What became of the newest round: ``passed``, ``dropped``, ``both``; ``still`` where there is none lately."""
        lately = zip(self.passed[-LATELY:], self.dropped[-LATELY:], strict=True)
        through, cut = next((both for both in reversed(tuple(lately)) if any(both)), (0, 0))
        return "both" if through and cut else "passed" if through else "dropped" if cut else "still"

    @property
    def words(self) -> str:
        """The same in words, for whom the columns are not seen."""
        told = [f"{sum(self.passed)} passed"] if any(self.passed) else []
        told += [f"{sum(self.dropped)} dropped"] if any(self.dropped) else []
        said = {"passed": "the newest passed", "dropped": "the newest was dropped"}.get(self.now, "")
        return ", ".join((*told, *filter(None, (said,)), f"last at {self.last} UTC"))


class Hearing:
    """Counts anew when a node has seen more; nothing is heard where there is no relay."""

    def __init__(self, traffic: Traffic | None) -> None:
        self._traffic = traffic
        self._counted = -1
        self._found: tuple[Talk, ...] = ()

    def talks(self) -> tuple[Talk, ...]:
        """Return who talked to whom in the last rounds, by client, server and port."""
        if self._traffic is None:
            return ()
        seen = sum(node.seen for node in self._traffic.relay.nodes.values())
        if seen != self._counted:
            self._counted, self._found = seen, counted(self._traffic)
        return self._found


def counted(traffic: Traffic) -> tuple[Talk, ...]:
    """Return what the nodes keep of the last rounds before the newest event."""
    rings = [node.ring for node in traffic.relay.nodes.values() if node.ring]
    if not rings:
        return ()
    newest = max(_second(ring[-1]) for ring in rings)
    columns: dict[Ends, tuple[list[int], list[int]]] = {}
    last: dict[Ends, float] = {}
    for event in (event for ring in rings for event in _judged(ring)):
        ends, at = _ends(event), _second(event)
        column = ROUNDS - 1 - round((newest - at) / EVERY.total_seconds())
        if column < 0:
            continue
        passed, dropped = columns.setdefault(ends, ([0] * ROUNDS, [0] * ROUNDS))
        (dropped if event.verdict == DROPPED else passed)[column] += 1
        last[ends] = max(at, last.get(ends, at))
    return tuple(_talk(ends, columns[ends], last) for ends in sorted(columns))


def _talk(ends: Ends, columns: tuple[list[int], list[int]], last: Mapping[Ends, float]) -> Talk:
    passed, dropped = columns
    return Talk(*ends, tuple(passed), tuple(dropped), f"{datetime.fromtimestamp(last[ends], UTC):%H:%M:%S}")


def _judged(ring: Any) -> Iterator[Any]:
    """Give one event of each connection: the verdict where it set out."""
    for event in ring:
        if event.event_type.type == VERDICT_EVENT and event.traffic_direction == EGRESS:
            yield event


def _ends(event: Any) -> Ends:
    inside = event.l4.UDP if event.l4.HasField("UDP") else event.l4.TCP
    return event.IP.source, event.IP.destination, inside.destination_port


def _second(event: Any) -> float:
    return float(event.time.seconds + event.time.nanos / 1e9)
