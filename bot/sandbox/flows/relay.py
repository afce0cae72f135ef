"""
A Hubble Relay for rehearsals and tests: a real gRPC server over TLS, before nodes with ring buffers of their own.

It answers ``GetFlows``, ``GetNodes`` and ``ServerStatus`` as a relay does: first who is connected and who is not, then the flows of all
nodes in order of time; ``number`` is for each node. What is staged is what the nodes saw.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import grpc

from bot.sandbox.flows.matching import sent
from bot.sandbox.flows.protocol import message
from bot.sandbox.tls import MutualCertificates

RING: Final = 4095
"""Events that an agent keeps by default."""

CONNECTED, UNAVAILABLE = 1, 2


@dataclass
class Node:
    """
    One agent, up for ``uptime`` seconds: its buffer, and how many events it lost before they came there (by where).

    Its clock is so many seconds ``ahead`` of the world's.
    """

    name: str
    capacity: int = RING
    reachable: bool = True
    uptime: float = 3600.0
    ahead: float = 0.0
    seen: int = 0
    lost: dict[int, int] = field(default_factory=dict)
    ring: deque[Any] = field(default_factory=deque)

    def see(self, flow: Any) -> None:
        """Keep an event; the oldest one goes where there is no room."""
        self.seen += 1
        flow.node_name = self.name
        flow.time.FromDatetime(flow.time.ToDatetime() + timedelta(seconds=self.ahead))
        self.ring.append(flow)
        while len(self.ring) > self.capacity:
            self.ring.popleft()


@dataclass
class RelayFaults:
    """
    How it misbehaves. ``hang``: it sends so many messages and then nothing more. ``die``: it breaks off after so many.

    ``before`` is sent as it is, before all else; ``endless`` again and again, for ever, with a ``pause`` (seconds) after every
    50th, in which whoever shares its loop gets on. ``foreign``: it speaks another protocol.
    """

    hang: int | None = None
    die: int | None = None
    endless: Callable[[int], bytes] | None = None
    pause: float = 0.0
    before: Sequence[bytes] = ()
    foreign: bool = False


class RelayDouble:
    """The relay of one cluster. ``asked`` are the requests that came, decoded."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self.nodes = {node.name: node for node in nodes}
        self.faults = RelayFaults()
        self.asked: list[Any] = []
        self.streamed = 0
        self.port = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self, proof: MutualCertificates | None, *, mutual: bool = True) -> AsyncIterator[None]:
        """Listen on a free port of the loopback address; without certificates in the clear."""
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self._methods(),))
        if proof is None:
            self.port = server.add_insecure_port("127.0.0.1:0")
        else:
            roots = proof.ca_file.read_bytes() if mutual else None
            own = grpc.ssl_server_credentials(
                [(proof.key, proof.chain)], root_certificates=roots, require_client_auth=mutual
            )
            self.port = server.add_secure_port("127.0.0.1:0", own)
        await server.start()
        try:
            yield
        finally:
            await server.stop(0)

    def _methods(self) -> grpc.GenericRpcHandler:
        name = "elsewhere.Service" if self.faults.foreign else "observer.Observer"
        flows: Any = grpc.unary_stream_rpc_method_handler(
            self._get_flows, request_deserializer=message("GetFlowsRequest").FromString
        )
        status: Any = grpc.unary_unary_rpc_method_handler(
            self._status, request_deserializer=message("ServerStatusRequest").FromString
        )
        nodes: Any = grpc.unary_unary_rpc_method_handler(
            self._get_nodes, request_deserializer=message("GetNodesRequest").FromString
        )
        methods = {"GetFlows": flows, "ServerStatus": status, "GetNodes": nodes}
        return grpc.method_handlers_generic_handler(name, methods)

    async def _get_flows(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        self.asked.append(request)
        if request.number and (request.HasField("since") or request.HasField("until")):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "number cannot be used with since or until")
        if request.first and request.follow:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "first cannot be used with follow")
        count = 0
        for raw in self._answer(request):
            if count == self.faults.die:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the relay goes down")
            if count == self.faults.hang:
                await asyncio.Event().wait()
            yield raw
            count += 1
            await self._sent()
        if self.faults.hang is not None and count <= self.faults.hang:
            await asyncio.Event().wait()

    async def _sent(self) -> None:
        self.streamed += 1
        if self.faults.pause and self.streamed % 50 == 0:
            await asyncio.sleep(self.faults.pause)

    def _answer(self, request: Any) -> Iterator[bytes]:
        if not request.number:
            yield from self.faults.before
        for state in (CONNECTED, UNAVAILABLE):
            named = [node.name for node in self.nodes.values() if node.reachable is (state == CONNECTED)]
            if named:
                yield _status_event(state, named)
        flows = [self._from(node, request) for node in self.nodes.values() if node.reachable]
        for flow in heapq.merge(*flows, key=_at):
            yield response(flow)
        for node in self.nodes.values():
            for where, lost in node.lost.items():
                yield _lost(node.name, where, lost)
        while self.faults.endless and not request.number:
            yield self.faults.endless(self.streamed)

    def _from(self, node: Node, request: Any) -> list[Any]:
        found = [flow for flow in node.ring if sent(request, flow)]
        if not request.number:
            return found
        return found[: request.number] if request.first else found[-request.number :]

    async def _get_nodes(self, _: Any, __: Any) -> bytes:
        if self.faults.hang is not None:
            await asyncio.Event().wait()
        told = message("GetNodesResponse")()
        for node in self.nodes.values():
            if not node.reachable:
                told.nodes.add(name=node.name, state=UNAVAILABLE)
                continue
            told.nodes.add(
                name=node.name,
                state=CONNECTED,
                uptime_ns=int(node.uptime * 1e9),
                num_flows=len(node.ring),
                max_flows=node.capacity,
                seen_flows=node.seen,
            )
        encoded: bytes = told.SerializeToString()
        return encoded

    async def _status(self, _: Any, context: Any) -> bytes:
        if self.faults.hang is not None:
            await asyncio.Event().wait()
        del context
        up = [node for node in self.nodes.values() if node.reachable]
        away = [node.name for node in self.nodes.values() if not node.reachable]
        told = message("ServerStatusResponse")(
            num_flows=sum(len(node.ring) for node in up),
            max_flows=sum(node.capacity for node in up),
            seen_flows=sum(node.seen for node in up),
            uptime_ns=int(max((node.uptime for node in up), default=0) * 1e9),
            unavailable_nodes=away[:10],
            version="1.19.4",
        )
        told.num_connected_nodes.value, told.num_unavailable_nodes.value = len(up), len(away)
        encoded: bytes = told.SerializeToString()
        return encoded


def _at(flow: Any) -> tuple[int, int]:
    return flow.time.seconds, flow.time.nanos


def response(flow: Any) -> bytes:
    """Return the message that carries a flow."""
    told = message("GetFlowsResponse")(flow=flow, node_name=flow.node_name, time=flow.time)
    encoded: bytes = told.SerializeToString()
    return encoded


def _status_event(state: int, nodes: list[str]) -> bytes:
    told = message("GetFlowsResponse")(node_status={"state_change": state, "node_names": nodes})
    encoded: bytes = told.SerializeToString()
    return encoded


def _lost(node: str, where: int, lost: int) -> bytes:
    told = message("GetFlowsResponse")(lost_events={"source": where, "num_events_lost": lost}, node_name=node)
    encoded: bytes = told.SerializeToString()
    return encoded
