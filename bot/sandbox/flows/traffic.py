"""
What the pods of a small world say to each other and outside, as its Hubble Relay tells it.

Whether a connection passes is what the cluster's policies say at that moment: there is no second truth about them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from bot.sandbox.flows.events import Denial, Wire, dropped, forwarded
from bot.sandbox.flows.events import End as FlowEnd
from bot.sandbox.flows.relay import Node, RelayDouble
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.objects import Json, name_of
from bot.sandbox.kubernetes.resources import NODES, PODS
from bot.sandbox.network import end, networked
from bot.sandbox.page.reach import End, Ruling, ruled
from bot.sandbox.tls import MutualCertificates, mint_mutual

NAME: Final = "instance.hubble-relay.cilium.io"
EVERY: Final = timedelta(seconds=20)
"""How often the pods talk."""

BAR: Final = 15

NAMED: Final = "Cilium"
"""Of what kind a policy is that a relay can name in a drop: under other engines it names none."""

EARLIER: Final = timedelta(minutes=5)
"""How long they have been talking when the world begins: what fits a node's buffer."""


class Line(msgspec.Struct, frozen=True):
    """
    Who connects to whom: an app of a namespace, or the suspect alone, to an app or an address.

    ``rounds`` are those of every `BAR` in which it does; empty for all: people are not as regular as programs.
    """

    client: tuple[str, str]
    server: tuple[str, str] | str
    port: int
    protocol: str = "TCP"
    rounds: tuple[int, ...] = ()


class Traffic:
    """The relay of one cluster, and the pods that make it have something to tell."""

    def __init__(self, cluster: ClusterDouble, relay: RelayDouble, proof: MutualCertificates) -> None:
        self._cluster, self.relay, self.proof = cluster, relay, proof
        self._port = 40000
        self.lines: tuple[Line, ...] = ()

    async def go_on(self, clock: Callable[[], datetime]) -> None:
        """Let the pods talk on until cancelled: what policies say meanwhile decides what passes."""
        number = 0
        while True:
            await asyncio.sleep(EVERY.total_seconds())
            self.round(self.lines, number, clock())
            number += 1

    @property
    def server_name(self) -> str:
        """The name in the relay's certificate."""
        return NAME

    def talk(self, lines: tuple[Line, ...], at: datetime) -> None:
        """Let each line connect once, and the nodes see what becomes of it."""
        world = networked(self._cluster)
        for line in lines:
            for client, server in self._ends(line):
                ruling = ruled(client, server, line.port, world)
                self._seen(client, (server, line), ruling, at)

    def chatter(self, lines: tuple[Line, ...], until: datetime) -> None:
        """Let them talk for some minutes until a moment."""
        for number in range(EARLIER // EVERY):
            self.round(lines, number, until - EARLIER + EVERY * number)

    def round(self, lines: tuple[Line, ...], number: int, at: datetime) -> None:
        """Let those talk whose turn it is."""
        self.talk(tuple(line for line in lines if not line.rounds or number % BAR in line.rounds), at)

    def keep(self, line: Line, at: datetime, port: int) -> None:
        """Let a connection that is open show itself again: engines cut what begins, and seldom what is open."""
        for client, server in self._ends(line):
            wire = Wire(_told(client), _told(server), line.port, port, line.protocol)
            for event in forwarded(wire, at):
                self._node(client).see(event)

    def _ends(self, line: Line) -> Iterator[tuple[End, End]]:
        clients = [end(pod) for pod in self._pods(*line.client)]
        if isinstance(line.server, str):
            yield from ((client, End(line.server, line.server)) for client in clients)
            return
        servers = [end(pod) for pod in self._pods(*line.server)]
        for number, client in enumerate(clients):
            others = [one for one in servers if one.name != client.name]
            if others:
                yield client, others[number % len(others)]

    def _pods(self, namespace: str, name: str) -> list[Json]:
        """Return the pods of an app, or the one of this name, by name."""
        every = [pod for pod in self._cluster.registry.store.each(PODS) if _space(pod) == namespace]
        named = [pod for pod in every if name_of(pod) == name]
        return named or sorted((p for p in every if name_of(p).startswith(f"{name}-")), key=name_of)

    def _seen(self, client: End, to: tuple[End, Line], ruling: Ruling, at: datetime) -> None:
        server, line = to
        self._port += 1
        wire = Wire(_told(client), _told(server), line.port, self._port, line.protocol)
        node = self._node(client)
        events = forwarded(wire, at)
        if ruling.against:
            named = next((one for one in ruling.against if one.startswith(NAMED)), "")
            kind, _, policy = named.partition(" ")
            events = dropped(wire, at, Denial(policy, client.namespace, kind) if policy else None)
        for event in events:
            node.see(event)

    def _node(self, client: End) -> Node:
        pods = self._pods(client.namespace, client.name)
        named = f"default/{pods[0]['spec'].get('nodeName', '')}" if pods else ""
        return self.relay.nodes.get(named) or next(iter(self.relay.nodes.values()))


def usual(suspect: str, namespace: str, beacon: str) -> tuple[Line, ...]:
    """Return who talks to whom in the staged incident: users' requests, names that are looked up, and the beacon."""
    return (
        Line((namespace, "web"), (namespace, "api"), 8080),
        Line((namespace, "api"), ("kube-system", "coredns"), 53, "UDP"),
        Line((namespace, suspect), beacon, 443),
        Line((namespace, suspect), (namespace, "api"), 8080),
    )


@asynccontextmanager
async def relayed(cluster: ClusterDouble, folder: Path) -> AsyncIterator[Traffic]:
    """Run the relay of a cluster, with mutual TLS; the client's files stand in a folder of their own."""
    files = folder / "hubble"
    files.mkdir(exist_ok=True)
    proof = mint_mutual(files, NAME)
    nodes = [Node(f"default/{name_of(node)}") for node in cluster.registry.store.each(NODES)]
    relay = RelayDouble(nodes)
    async with relay.serving(proof):
        yield Traffic(cluster, relay, proof)


def _space(pod: Json) -> str:
    return str(pod["metadata"]["namespace"])


def _told(one: End) -> FlowEnd:
    if not one.namespace:
        return FlowEnd(one.address)
    app = one.name.rsplit("-", 2)[0]
    labels = tuple(f"{key}={value}" for key, value in sorted(one.labels.items()))
    return FlowEnd(one.address, one.namespace, one.name, app, labels, 1000)
