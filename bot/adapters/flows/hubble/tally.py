"""What a relay itself says that it lost, summed while an answer comes in."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from bot.adapters.flows.hubble.errors import clean
from bot.adapters.flows.hubble.words import CONNECTED, LOST_AT, SILENT_NODES
from bot.domain.flows.flow import LONGEST
from bot.domain.flows.taken import Garbled, Loss, Overrun, Unanswered

MOST_NODES: Final = 5_000
"""Nodes of one cluster (Kubernetes documentation, "Considerations for large clusters"); what is more is not remembered."""


class Tally:
    """Losses so far: bounded by the number of nodes, however long the stream is."""

    def __init__(self) -> None:
        self.garbled = 0
        self._lost: dict[tuple[str, str], int] = {}
        self._silent: dict[str, str] = {}
        self._connected: set[str] = set()

    def lost(self, told: Any, node: str) -> None:
        """Add lost events of a node."""
        at = (LOST_AT.get(told.source, "somewhere on the way"), _plain(node))
        if at in self._lost or len(self._lost) < MOST_NODES:
            self._lost[at] = self._lost.get(at, 0) + told.num_events_lost

    def node(self, told: Any) -> None:
        """Note what became of nodes; one that is connected says nothing of what it missed before."""
        if told.state_change in SILENT_NODES:
            said = clean(told.message)[:100] or SILENT_NODES[told.state_change]
            self.silent(told.node_names, said)
        elif told.state_change == CONNECTED:
            fresh = (_plain(name) for name in told.node_names)
            self._connected.update(islice(fresh, MOST_NODES - len(self._connected)))

    @property
    def connected(self) -> frozenset[str]:
        """The nodes of which the relay said that it has them."""
        return frozenset(self._connected)

    def silent(self, nodes: Iterable[str], why: str) -> None:
        """Note nodes that did not answer."""
        for name in nodes:
            if len(self._silent) < MOST_NODES:
                self._silent.setdefault(_plain(name), why)

    def losses(self) -> tuple[Loss, ...]:
        """Return all of it, in order; the nodes that give the same reason together."""
        overruns = (
            Overrun(f"{where} on {node}" if node else where, lost or None)
            for (where, node), lost in sorted(self._lost.items())
        )
        reasons = sorted(set(self._silent.values()))
        silent = (
            Unanswered(tuple(sorted(node for node, why in self._silent.items() if why == reason)), reason)
            for reason in reasons
        )
        return (*overruns, *silent, *((Garbled(self.garbled),) if self.garbled else ()))


def _plain(node: str) -> str:
    """Return a node's name without the cluster's before it."""
    return clean(node)[:LONGEST].rpartition("/")[2]
