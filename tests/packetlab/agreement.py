"""One round of the comparison: policies are written, and every packet does what the evaluator says, or is reported."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.domain import views
from bot.domain.engines.engine import EngineName
from bot.domain.engines.limits import LIMITS
from bot.domain.network_policies import whole
from bot.domain.residual import calico
from bot.domain.residual.network_policy import Semantics, compiled
from bot.domain.residual.world import World, world_of
from tests.packetlab.barrier import KUBERNETES, Barrier
from tests.packetlab.expected import Verdicts
from tests.packetlab.generated import PODS, SPACES, Body
from tests.packetlab.lab import Packets
from tests.packetlab.network import (
    NODE,
    NODE_ADDRESS,
    OUTSIDE,
    OUTSIDE_ADDRESS,
    OUTSIDE_NEIGHBOURS,
    PATIENCE,
    TCP_PORTS,
    UDP_PORTS,
    Try,
)

DOORS = (
    *(("tcp", port) for port in TCP_PORTS),
    *(("udp", port) for port in UDP_PORTS),
    ("icmp", 0),
)
BLOCK = LIMITS[EngineName.CALICO].ip_block
SEMANTICS = Semantics(BLOCK.pods is not False, BLOCK.nodes is not False)
"""As people are told it of this engine."""
SURE = 1.3
"""Seconds for the second look at what differs: a TCP SYN that was lost is sent again after one."""


PLURALS = {
    "NetworkPolicy": "networkpolicies",
    "GlobalNetworkPolicy": "globalnetworkpolicies",
    "GlobalNetworkSet": "globalnetworksets",
}


@dataclass
class Count:
    """What was compared."""

    policies: int = 0
    compared: int = 0
    cut: int = 0
    pierced: int = 0
    """Open though a policy isolates an end: something allowed it."""


class Comparison:
    """The fixed pods in the lab, and policies that come and go around them."""

    def __init__(
        self, packets: Packets, barrier: Barrier, spaces: Sequence[str], pods: Sequence[str]
    ) -> None:
        self._packets = packets
        self._barrier = barrier
        self._pods = pods
        self._standing: list[str] = []
        self.spaces = spaces
        self.count = Count()

    @classmethod
    @asynccontextmanager
    async def standing(
        cls, packets: Packets, kinds: Iterable[str] = (KUBERNETES,)
    ) -> AsyncIterator["Comparison"]:
        """Put the fixed pods into namespaces of their own; policies will be of these kinds."""
        spaces = [await packets.world.namespace(labels=labels) for labels in SPACES]
        pods = [await packets.add(each.body(spaces, packets.lab.address())) for each in PODS]
        made = cls(packets, await Barrier.built(packets, kinds), spaces, pods)
        try:
            yield made
        finally:
            await made._write(())

    @property
    def addresses(self) -> list[str]:
        """The addresses of the fixed pods."""
        return [self._packets.address(pod) for pod in self._pods]

    async def round(self, policies: Sequence[Body]) -> str:
        """Let these policies stand in the place of those before; return what differs, in words, or nothing."""
        await self._write(policies)
        await self._barrier.passed()
        verdicts = Verdicts(await self._world(policies))
        expected = {attempt: verdicts.of(*ends, attempt) for attempt, ends in self._tries().items()}
        self._counted(policies, expected, verdicts)
        wrong: Mapping[Try, str] = dict.fromkeys(expected, "")
        for patience in (PATIENCE, SURE, SURE):
            seen = await self._packets.network.seen(wrong, patience=patience)
            wrong = {attempt: what for attempt, what in seen.items() if what != expected[attempt]}
            if not wrong:
                return ""
        return self._told(wrong, policies)

    async def _write(self, policies: Sequence[Body]) -> None:
        api = self._packets.world.api
        await asyncio.gather(*(api.delete(path) for path in self._standing))
        paths = [_collection(policy) for policy in policies]
        await asyncio.gather(*(api.create(path, p) for path, p in zip(paths, policies, strict=True)))
        self._standing = [f"{at}/{p['metadata']['name']}" for at, p in zip(paths, policies, strict=True)]

    async def _world(self, policies: Iterable[Body]) -> World:
        """Return the world as the bot reads it, but with the policies as written: their defaults are ours to know."""
        api = self._packets.world.api
        lists = await asyncio.gather(
            *(api.get(f"/api/v1/{name}") for name in ("pods", "namespaces", "nodes"))
        )
        pods, spaces, nodes = (answer["items"] for answer in lists)
        theirs = [each for each in policies if each["apiVersion"] != "networking.k8s.io/v1"]
        ours = [each for each in policies if each not in theirs]
        read = [whole(view) for view in _views(ours, views.NetworkPolicyView)]
        return world_of(
            _views(pods, views.PodView),
            _views(spaces, views.NamespaceView),
            _views(nodes, views.NodeView),
            compiled(read, SEMANTICS)
            + calico.compiled(msgspec.json.encode(each).decode() for each in theirs),
        )

    def _tries(self) -> dict[Try, tuple[str, str]]:
        """Return every attempt with its ends: a pod as `namespace/name`, anybody else by address or `node`."""
        address = self._packets.address
        sources = [*self._pods, OUTSIDE]
        targets = {pod: address(pod) for pod in self._pods}
        targets |= {each: each for each in (OUTSIDE_ADDRESS, *OUTSIDE_NEIGHBOURS)}
        targets |= {NODE: NODE_ADDRESS}
        return {
            Try(source, targets[target], *door): (OUTSIDE_ADDRESS if source == OUTSIDE else source, target)
            for source in sources
            for target in targets
            for door in DOORS
            if source != target and (source in self._pods or target in self._pods)
        }

    def _counted(self, policies: Sequence[Body], expected: Mapping[Try, str], verdicts: Verdicts) -> None:
        self.count.policies += len(policies)
        self.count.compared += len(expected)
        self.count.cut += sum(what == "cut" for what in expected.values())
        self.count.pierced += verdicts.pierced

    def _told(self, wrong: Mapping[Try, str], policies: Sequence[Body]) -> str:
        names = {self._packets.address(pod): pod for pod in self._pods}
        lines = [
            f"{each.source} -> {names.get(each.address, each.address)} {each.protocol} {each.port}: packets {what}"
            for each, what in wrong.items()
        ]
        return "\n".join([*lines, *(msgspec.json.encode(p).decode() for p in policies)])


def _collection(body: Body) -> str:
    """Return the path to which a policy is posted."""
    namespace = body["metadata"].get("namespace")
    place = f"namespaces/{namespace}/" if namespace else ""
    return f"/apis/{body['apiVersion']}/{place}{PLURALS[body['kind']]}"


def _views(bodies: Iterable[Mapping[str, Any]], kind: type[Any]) -> list[Any]:
    return [msgspec.json.decode(msgspec.json.encode(body), type=kind) for body in bodies]
