"""The flows of one cluster, as its relay gathers them from the ring buffers of all nodes."""

import asyncio
from collections.abc import AsyncIterable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import grpc
import msgspec

from bot.adapters.flows.hubble import questions
from bot.adapters.flows.hubble.clocks import ahead, behind, beyond, by_ours, edges, said, unjudged
from bot.adapters.flows.hubble.clocks import losses as late
from bot.adapters.flows.hubble.connection import Relay, connected
from bot.adapters.flows.hubble.coverage import (
    Around,
    Buffer,
    Edge,
    at_home,
    covered,
    narrowed,
    newest,
    overrun,
)
from bot.adapters.flows.hubble.errors import refused, why
from bot.adapters.flows.hubble.receipt import Edges, Receipt
from bot.adapters.flows.hubble.tally import MOST_NODES
from bot.adapters.flows.hubble.wire import GET_FLOWS, GET_NODES, SERVER_STATUS, message
from bot.adapters.flows.hubble.words import CONNECTED
from bot.domain.errors import DeniedError, OutsideError
from bot.domain.flows.asked import Asked
from bot.domain.flows.concerning import matcher
from bot.domain.flows.taken import Capability, Loss, Partial, Taken, Truncated
from bot.domain.numbers import few

SOURCE: Final = "hubble"
CAN: Final = frozenset(Capability) - {
    *(Capability.COUNTS, Capability.HISTORY, Capability.TOKENS),
    Capability.NAMES,  # it tells some: those that Cilium's DNS proxy saw looked up
}
BLIND: Final = (
    "A pod on its node's network stands here under the node, not under its own name.",
    "Only what the agent's data path carries is seen: not what a node's own programs do past it.",
    "A DNS name is known only where Cilium's DNS proxy saw it looked up.",
    "A connection that goes on shows up again only now and then, so its packets and bytes are not counted.",
)
LOOK: Final = 5.0
"""Seconds for what is asked beside the flows, and for a look at a relay's health."""

PUNCTUAL: Final = 0.9
"""The part of the time given that the relay gets, so that what it told is still returned in time."""

_LONG: Final = 10 * 366 * 86_400 * 1_000_000
"""Microseconds: an agent that says that it runs for more than ten years is taken for ten."""


class Hubble:
    """The port ``FlowSource``, for one cluster."""

    def __init__(self, relay: Relay, clock: Callable[[], datetime]) -> None:
        self._relay, self._clock = relay, clock

    @property
    def name(self) -> str:
        """Who tells."""
        return SOURCE

    @property
    def can(self) -> frozenset[Capability]:
        """Return what a relay can know; a Retina behind it names no policies."""
        return CAN

    def serves(self, cluster: str) -> bool:
        """Whether it is the relay of this cluster."""
        return cluster == self._relay.cluster

    async def ask(self, asked: Asked, within: float) -> Taken:
        """Answer as ``FlowSource.ask``: flows, oldest, newest and status are asked side by side."""
        further = beyond(asked.until, self._clock())
        wide = msgspec.structs.replace(asked, until=asked.until + further)
        try:
            receipt = Receipt(SOURCE, matcher(wide), asked.limit)
        except ValueError as error:
            raise DeniedError(
                "NotAskable", f"{asked.subject} or its peer is no address or network"
            ) from error
        time = within * PUNCTUAL
        async with connected(self._relay) as channel:
            beside = _Beside(channel, min(time, LOOK), self._clock)
            looking = asyncio.create_task(beside.look())
            try:
                ended = await self._stream(channel, wide, receipt, time)
                around = await looking
            finally:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
        now = max(self._clock(), asked.until)
        return await asyncio.to_thread(_taken, asked, receipt, ended, Sight(around, now, further))

    async def health(self) -> str:
        """Return why the relay cannot be asked now, as ``FlowSource.health``."""
        try:
            async with connected(self._relay) as channel:
                call = _single(channel, SERVER_STATUS, "ServerStatusResponse")
                await call(message("ServerStatusRequest")(), timeout=LOOK)
        except grpc.aio.AioRpcError as error:
            return self._refused(error).text
        except OutsideError as error:
            return error.text
        return ""

    def _refused(self, error: grpc.aio.AioRpcError) -> OutsideError:
        relay = self._relay
        return refused(error, str(relay), anonymous=bool(relay.ca_file) and not relay.cert_file)

    async def _stream(self, channel: grpc.aio.Channel, asked: Asked, receipt: Receipt, time: float) -> str:
        """Fill the receipt; return why it ended early, empty where it did not. Raises where nothing came at all."""
        try:
            await _each(_call(channel, questions.flows(asked), time), receipt.take)
        except grpc.aio.AioRpcError as error:
            if not receipt.understood:
                raise self._refused(error) from error
            return why(error)
        return ""


class Sight(msgspec.Struct, frozen=True):
    """What was seen around the flows, the time when they had come, and how far ``beyond`` the question was asked."""

    around: Around
    now: datetime
    beyond: timedelta


def _taken(asked: Asked, receipt: Receipt, ended: str, sight: Sight) -> Taken:
    early = ahead(sight.around, receipt.kept, sight.now)
    around = msgspec.structs.replace(edges(sight.around, early), present=receipt.tally.connected)
    flows = by_ours(receipt.kept, early, asked.until)
    if early or any(flow.start >= asked.until for flow in flows):
        flows = tuple(filter(matcher(asked), flows))
    last = receipt.last and min(receipt.last, sight.now) - max(early.values(), default=timedelta(0))
    until = min(last, asked.until) if ended and last else None if ended else asked.until
    window = covered(asked, flows, around, until)
    if window is not None and receipt.truncated:
        window = narrowed(window, receipt.kept[0].start)
    losses: list[Loss] = [*overrun(asked, window, around), *receipt.tally.losses()]
    losses += late(early, at_home(asked, flows, behind(around, sight.now)), sight.beyond)
    if unsaid := at_home(asked, flows, dict.fromkeys(unjudged(around), timedelta(0))):
        told = f"the clock of {few(sorted(unsaid), 3)} could not be told"
        losses.append(Partial(f"{told}: it did not say when it saw its newest or oldest event"))
    if ended:
        losses.append(Partial(ended))
    if receipt.truncated:
        losses.append(Truncated(len(receipt.kept)))
    return Taken(
        SOURCE,
        flows,
        window=window,
        newest=newest(around, last),
        losses=tuple(losses),
        blind=tuple(filter(None, (*BLIND, said(early)))),
        can=tuple(sorted(CAN)),
    )


class _Beside:
    """What is asked beside the flows. Nobody waits longer for it, and without it less is claimed."""

    def __init__(self, channel: grpc.aio.Channel, time: float, clock: Callable[[], datetime]) -> None:
        self._channel, self._time, self._clock = channel, time, clock

    async def look(self) -> Around:
        """Ask all of it at once."""
        return Around(*await asyncio.gather(self._edge(first=True), self._edge(first=False), self._buffers()))

    async def _edge(self, *, first: bool) -> Edge:
        """Return the oldest or newest time that each node holds."""
        edges = Edges()
        try:
            await _each(_call(self._channel, questions.edge(first=first), self._time), _few(edges))
        except (grpc.aio.AioRpcError, _EnoughError):
            return None
        return edges.at

    async def _buffers(self) -> tuple[Buffer, ...] | None:
        """Return how full each node's buffer is."""
        call = _single(self._channel, GET_NODES, "GetNodesResponse")
        try:
            told = await call(message("GetNodesRequest")(), timeout=self._time)
        except grpc.aio.AioRpcError:
            return None
        now = self._clock()
        return tuple(_buffer(each, now) for each in told.nodes[:MOST_NODES] if each.state == CONNECTED)


def _buffer(told: Any, now: datetime) -> Buffer:
    up = timedelta(microseconds=min(told.uptime_ns // 1000, _LONG))
    return Buffer(told.name.rpartition("/")[2], told.num_flows, told.max_flows, now - up)


class _EnoughError(Exception):
    """More was told than there are nodes."""


def _few(edges: Edges) -> Callable[[bytes], None]:
    seen = 0

    def take(raw: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen > MOST_NODES:  # it took the question for another one
            raise _EnoughError
        edges.take(raw)

    return take


def _call(channel: grpc.aio.Channel, request: Any, time: float) -> AsyncIterable[bytes]:
    call: Any = channel.unary_stream(GET_FLOWS, request_serializer=_plain, response_deserializer=None)
    found: AsyncIterable[bytes] = call(request, timeout=time)
    return found


async def _each(call: AsyncIterable[bytes], take: Callable[[bytes], None]) -> None:
    async for raw in call:  # each is a turn of the loop: others have theirs between
        take(raw)


def _single(channel: grpc.aio.Channel, method: str, answer: str) -> Any:
    decode = message(answer).FromString
    call: Any = channel.unary_unary(method, request_serializer=_plain, response_deserializer=decode)
    return call


def _plain(request: Any) -> bytes:
    encoded: bytes = request.SerializeToString()
    return encoded
