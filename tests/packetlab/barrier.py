"""How a test knows that Felix has programmed what was written, without waiting for what it hopes to see.

Felix reads all NetworkPolicies from one watch, in the order in which they were written, and programs them in that
order. So a change to one more policy, made last, is in force only when all that was written before it is.
"""

import asyncio
from itertools import cycle

from tests.controlplane import objects
from tests.packetlab.lab import PATIENCE, Packets
from tests.packetlab.network import TCP_PORTS, Try


class Barrier:
    """Two pods of their own, and one policy that lets them talk on one port at a time."""

    def __init__(self, packets: Packets, space: str, source: str, target: str) -> None:
        self._packets = packets
        self._path = f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies/barrier"
        self._tries = [Try(source, packets.address(target), "tcp", port) for port in TCP_PORTS]
        self._ports = cycle(TCP_PORTS)

    @classmethod
    async def built(cls, packets: Packets) -> "Barrier":
        """Put it into a namespace of its own."""
        space = await packets.world.namespace()
        source = await packets.pod(space, "source", {"end": "source"})
        target = await packets.pod(space, "target", {"end": "target"})
        await packets.world.create(objects.network_policy("barrier", space, {"end": "target"}, ingress=[]))
        return cls(packets, space, source, target)

    async def passed(self) -> None:
        """Return when everything that was written before is in force. Raises TimeoutError."""
        port = next(self._ports)
        rule = {"ports": [{"protocol": "TCP", "port": port}]}
        await self._packets.world.api.patch(self._path, {"spec": {"ingress": [rule]}})
        wanted = {attempt: "open" if attempt.port == port else "cut" for attempt in self._tries}
        async with asyncio.timeout(PATIENCE):
            while await self._packets.network.seen(self._tries, patience=0.1) != wanted:
                await asyncio.sleep(0.02)
