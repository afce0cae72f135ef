"""How a test knows that Felix has programmed what was written, without waiting for what it hopes to see.

Felix reads each kind of policy from a watch of its own, in the order in which they were written, and programs them in
that order. So a change to one more policy of a kind, made last, is in force only when all of that kind are.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from tests.controlplane import objects
from tests.packetlab.lab import PATIENCE, Packets
from tests.packetlab.network import TCP_PORTS, Try

Body = dict[str, Any]
KUBERNETES, NAMESPACED, GLOBAL = "kubernetes", "namespaced", "global"
"""NetworkPolicies, Calico's own of a namespace, and Calico's of the whole cluster."""
MARK = "barrier"
"""The label of the pods of a barrier, so that a policy for the whole cluster can leave them alone."""


@dataclass(frozen=True)
class _Gate:
    """One policy that lets one pod be called on one port at a time."""

    path: str
    kind: str
    tries: tuple[Try, ...]

    def opening(self, port: int) -> Body:
        """Return the patch that opens a port alone."""
        if self.kind == KUBERNETES:
            return {"spec": {"ingress": [{"ports": [{"protocol": "TCP", "port": port}]}]}}
        rule = {"action": "Allow", "protocol": "TCP", "destination": {"ports": [port]}}
        return {"spec": {"ingress": [rule]}}


class Barrier:
    """One pod that calls, and for each kind of policy one that is called."""

    def __init__(self, packets: Packets, gates: Iterable[_Gate]) -> None:
        self._packets = packets
        self._gates = tuple(gates)
        self._ports = cycle(TCP_PORTS)

    @classmethod
    async def built(cls, packets: Packets, kinds: Iterable[str]) -> "Barrier":
        """Put it into a namespace of its own."""
        space = await packets.world.namespace()
        source = await packets.pod(space, "source", {MARK: "source"})
        return cls(packets, [await _gate(packets, space, source, kind) for kind in kinds])

    async def passed(self) -> None:
        """Return when everything that was written before is in force. Raises TimeoutError."""
        port = next(self._ports)
        api = self._packets.world.api
        await asyncio.gather(*(api.patch(gate.path, gate.opening(port)) for gate in self._gates))
        tries = [attempt for gate in self._gates for attempt in gate.tries]
        wanted = {attempt: "open" if attempt.port == port else "cut" for attempt in tries}
        async with asyncio.timeout(PATIENCE):
            while await self._packets.network.seen(tries, patience=0.1) != wanted:
                await asyncio.sleep(0.02)


async def _gate(packets: Packets, space: str, source: str, kind: str) -> _Gate:
    target = await packets.pod(space, kind, {MARK: kind})
    body, path = _policy(space, kind)
    await packets.world.create(body)
    tries = tuple(Try(source, packets.address(target), "tcp", port) for port in TCP_PORTS)
    return _Gate(path, kind, tries)


def _policy(space: str, kind: str) -> tuple[Body, str]:
    if kind == KUBERNETES:
        body = objects.network_policy(MARK, space, {MARK: kind}, ingress=[])
        return body, f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies/{MARK}"
    name = f"default.{MARK}-{space}"
    spec = {"order": -1_000_000, "selector": f"{MARK} == '{kind}'", "types": ["Ingress"], "ingress": []}
    head = {"apiVersion": "crd.projectcalico.org/v1", "metadata": {"name": name}, "spec": spec}
    root = "/apis/crd.projectcalico.org/v1"
    if kind == GLOBAL:
        return {**head, "kind": "GlobalNetworkPolicy"}, f"{root}/globalnetworkpolicies/{name}"
    within = {"name": name, "namespace": space}
    path = f"{root}/namespaces/{space}/networkpolicies/{name}"
    return {**head, "kind": "NetworkPolicy", "metadata": within}, path
