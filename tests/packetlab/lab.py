"""The packet lab: a real API server, a real Calico that enforces, and pods whose packets can be tried."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.controlplane import objects
from tests.controlplane.api import connect
from tests.controlplane.server import ControlPlane, running_control_plane
from tests.controlplane.world import World
from tests.crds.fetch import Manifest
from tests.packetlab.felix import Felix, prepare, running_felix
from tests.packetlab.network import NODE, Network, Try, laid_out

NODE_NAME = "packet-lab"
FIRST = ip_address("10.244.1.0")
PATIENCE = 15.0
"""Seconds until Felix must have programmed what the API server took; here it takes a fraction of one."""


@dataclass(frozen=True)
class PacketLab:
    """The running lab. Pods come and go with each test (`Packets`)."""

    plane: ControlPlane
    network: Network
    felix: Felix
    _numbers: Iterator[int] = field(default_factory=lambda: count(10))

    def address(self) -> str:
        """Return an address that no pod had before: the node still remembers the connections of those."""
        return str(FIRST + next(self._numbers))


@contextmanager
def running_lab(
    programs: Mapping[str, Path], crds: Sequence[Manifest], directory: Path
) -> Iterator[PacketLab]:
    """Start everything, and leave nothing behind. Raises WireError or NotStartedError."""
    with ExitStack() as stack:
        network = stack.enter_context(laid_out(directory / "wire.log"))
        plane = stack.enter_context(running_control_plane(programs, directory / "plane"))
        network.relay(NODE, urlsplit(plane.url).port or 0)
        asyncio.run(_prepared(plane, crds))
        kubeconfig = plane.kubeconfig("admin")
        felix = stack.enter_context(
            running_felix(programs["calico-felix"], network, kubeconfig, NODE_NAME, directory)
        )
        yield PacketLab(plane, network, felix)


async def _prepared(plane: ControlPlane, crds: Sequence[Manifest]) -> None:
    async with connect(plane, "admin") as api:
        await prepare(api, NODE_NAME, crds)


class Packets:
    """What one test has in the lab: an admin's hands in the cluster, and pods with addresses of their own."""

    def __init__(self, lab: PacketLab, world: World) -> None:
        self.lab = lab
        self.world = world
        self._addresses: dict[str, str] = {}

    @property
    def network(self) -> Network:
        """The wires."""
        return self.lab.network

    async def pod(
        self, namespace: str, name: str, labels: Mapping[str, str], ports: Sequence[tuple[str, str, int]] = ()
    ) -> str:
        """Join a pod to the node and make it known to the API server; return its name in the lab.

        `ports` are (name, protocol, number) of its container, by default `http`, TCP 8080.
        """
        body = objects.pod(name, namespace, labels=labels, node=NODE_NAME, ip=self.lab.address())
        if ports:
            body["spec"]["containers"][0]["ports"] = [
                {"name": each, "protocol": protocol, "containerPort": number}
                for each, protocol, number in ports
            ]
        return await self.add(body)

    async def add(self, body: dict[str, Any]) -> str:
        """Join a pod to the node, as its body says, and create it; return its name in the lab."""
        metadata, address = body["metadata"], body["status"]["podIP"]
        plugged = self.network.plug(metadata["namespace"], metadata["name"], address)
        self._addresses[plugged] = address
        await self.world.create(body)
        return plugged

    def address(self, pod: str) -> str:
        """Return the address of a pod by its name in the lab."""
        return self._addresses[pod]

    async def until(self, expected: Mapping[Try, str], *, within: float = PATIENCE) -> None:
        """Wait until every attempt ends as expected, all in one look. Fails with the differences."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while wrong := await self.differences(expected):
            if loop.time() > deadline:
                raise AssertionError(f"never so: {wrong}")
            await asyncio.sleep(0.05)

    async def differences(self, expected: Mapping[Try, str]) -> dict[Try, str]:
        """Return what is not as expected, as it is."""
        seen = await self.network.seen(expected)
        return {attempt: seen[attempt] for attempt in expected if seen[attempt] != expected[attempt]}

    async def clear(self) -> None:
        """Take away all that the test made."""
        await self.world.clear()
        for pod in self._addresses:
            self.network.unplug(pod)
