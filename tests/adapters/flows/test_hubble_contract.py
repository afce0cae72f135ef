"""The staged relay keeps the rules of a real one: filters, buffers, order, and who may ask (Hubble's API, Cilium 1.19)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from bot.adapters.flows.hubble.wire import GET_FLOWS, SERVER_STATUS, message
from bot.sandbox.flows.events import SOCKET_EVENT, Wire, event, forwarded
from bot.sandbox.flows.protocol import MESSAGES
from bot.sandbox.flows.protocol import message as told
from bot.sandbox.flows.relay import RING, Node, RelayDouble
from bot.sandbox.tls import mint_mutual
from tests.adapters.flows.hubble_stage import API, EVIL, NAME, NODES, NOON, ORDERS, TWIN, relay_double, see


@asynccontextmanager
async def asking(double: RelayDouble) -> AsyncIterator[grpc.aio.Channel]:
    async with double.serving(None), grpc.aio.insecure_channel(double.address) as channel:
        yield channel


async def sent(double: RelayDouble, **request: Any) -> list[Any]:
    async with asking(double) as channel:
        call: Any = channel.unary_stream(
            GET_FLOWS,
            request_serializer=lambda wanted: wanted.SerializeToString(),
            response_deserializer=message("GetFlowsResponse").FromString,
        )
        return [one async for one in call(message("GetFlowsRequest")(**request), timeout=10)]


async def flows(double: RelayDouble, **request: Any) -> list[Any]:
    return [one.flow for one in await sent(double, **request) if one.HasField("flow")]


@pytest.fixture
def double() -> RelayDouble:
    double = relay_double()
    see(double, [event(Wire(API, EVIL, 443), NOON + timedelta(seconds=2), verdict=1)], NODES[0])
    see(double, [event(Wire(TWIN, ORDERS, 5432), NOON, verdict=2)], NODES[1])
    see(double, [event(Wire(ORDERS, API, 8080), NOON + timedelta(seconds=1), verdict=1)], NODES[1])
    return double


async def test_flows_of_all_nodes_come_in_the_order_of_time(double: RelayDouble) -> None:
    assert [flow.time.ToSeconds() - int(NOON.timestamp()) for flow in await flows(double)] == [0, 1, 2]


async def test_who_is_connected_and_who_is_not_is_told_before_any_flow(double: RelayDouble) -> None:
    double.nodes[NODES[2]].reachable = False

    first, second, *rest = await sent(double)

    assert (first.node_status.state_change, list(first.node_status.node_names)) == (1, [*NODES[:2]])
    assert (second.node_status.state_change, list(second.node_status.node_names)) == (2, [NODES[2]])
    assert all(one.HasField("flow") for one in rest)


async def test_a_pod_filter_takes_every_name_that_begins_so(double: RelayDouble) -> None:
    found = await flows(double, whitelist=[{"source_pod": ["payments/api-1"]}])

    assert {flow.source.pod_name for flow in found} == {"api-1", "api-10"}


async def test_one_filter_of_several_must_match_and_all_that_it_sets(double: RelayDouble) -> None:
    either = [{"source_pod": ["orders/"]}, {"destination_ip": ["203.0.113.0/24"], "verdict": [2]}]

    assert [flow.source.pod_name for flow in await flows(double, whitelist=either)] == ["db-0"]


async def test_what_the_blacklist_matches_is_left_out(double: RelayDouble) -> None:
    see(double, [event(Wire(API, EVIL, 80), NOON, event_type={"type": SOCKET_EVENT})])

    found = await flows(double, blacklist=[{"event_type": [{"type": SOCKET_EVENT}]}])

    assert 80 not in {flow.l4.TCP.destination_port for flow in found}
    assert len(found) == 3


async def test_since_and_until_bound_the_time(double: RelayDouble) -> None:
    stamp: Any = message("GetFlowsRequest")().since
    stamp.FromDatetime(NOON + timedelta(seconds=1))

    assert len(await flows(double, since=stamp)) == 2
    assert len(await flows(double, until=stamp)) == 2
    assert len(await flows(double, since=stamp, until=stamp)) == 1


@pytest.mark.parametrize(("first", "seconds"), [(True, [0, 2]), (False, [1, 2])])
async def test_a_number_is_for_each_node(double: RelayDouble, first: bool, seconds: list[int]) -> None:
    found = await flows(double, number=1, first=first)

    assert [flow.time.ToSeconds() - int(NOON.timestamp()) for flow in found] == seconds


@pytest.mark.parametrize("wrong", [{"number": 5, "since": {"seconds": 1}}, {"first": True, "follow": True}])
async def test_what_excludes_each_other_is_refused(double: RelayDouble, wrong: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await sent(double, **wrong)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_node_forgets_its_oldest_events() -> None:
    double = RelayDouble([Node("default/small", capacity=3)])
    see(double, forwarded(Wire(API, EVIL, 443), NOON), "default/small")

    assert Node("any").capacity == RING == 4095
    assert len(await flows(double)) == 3
    assert double.nodes["default/small"].seen == 5


async def test_the_status_sums_over_the_nodes(double: RelayDouble) -> None:
    double.nodes[NODES[2]].reachable = False
    async with asking(double) as channel:
        call: Any = channel.unary_unary(
            SERVER_STATUS,
            request_serializer=lambda wanted: wanted.SerializeToString(),
            response_deserializer=message("ServerStatusResponse").FromString,
        )
        status = await call(message("ServerStatusRequest")(), timeout=10)

    assert (status.num_flows, status.max_flows) == (3, 2 * RING)
    assert (status.num_connected_nodes.value, status.num_unavailable_nodes.value) == (2, 1)
    assert list(status.unavailable_nodes) == [NODES[2]]


async def test_nobody_without_a_certificate_is_answered(double: RelayDouble, tmp_path: Path) -> None:
    proof = mint_mutual(tmp_path, NAME)
    open_proof = grpc.ssl_channel_credentials(proof.ca_file.read_bytes())
    async with (
        double.serving(proof),
        grpc.aio.secure_channel(
            double.address, open_proof, options=[("grpc.ssl_target_name_override", NAME)]
        ) as channel,
    ):
        call: Any = channel.unary_unary(SERVER_STATUS)
        with pytest.raises(grpc.aio.AioRpcError):
            await call(b"", timeout=10)


def test_both_sides_write_the_same_numbers() -> None:
    """The bot's .proto and the double's table were written apart; what both name must be the same field."""
    names = [line.partition(":")[0] for line in MESSAGES.strip().splitlines()]
    shared = [name for name in names if name not in {"Flags", "ICMP", "EventType"}]  # called otherwise there
    for name in shared:
        ours = {field.name: (field.number, field.is_repeated) for field in message(name).DESCRIPTOR.fields}
        theirs = {field.name: (field.number, field.is_repeated) for field in told(name).DESCRIPTOR.fields}
        both = ours.keys() & theirs.keys()

        assert {field: ours[field] for field in both} == {field: theirs[field] for field in both}
        assert theirs.keys() >= both
