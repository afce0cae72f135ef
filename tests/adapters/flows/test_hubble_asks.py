"""The pod that was asked about and no other, over real gRPC with mutual TLS, whatever the relay's filters let through."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.domain.flows.asked import About, Subject
from bot.domain.flows.flow import Being, Verdict
from bot.domain.flows.merging import merge
from bot.domain.flows.taken import Overrun, Taken, Truncated, Unanswered, Window
from bot.sandbox.flows.events import Denial, Wire, answer, dropped, event, forwarded
from bot.sandbox.flows.relay import RelayDouble
from tests.adapters.flows.hubble_stage import (
    API,
    DNS,
    EVIL,
    NODES,
    NOON,
    ORDERS,
    SUBJECT,
    TWIN,
    question,
    relay_double,
    see,
    staged,
)


def peers(taken: Taken) -> set[str]:
    ends = {end.pod or end.address for flow in taken.flows for end in (flow.source, flow.destination)}
    return ends - {API.pod}


@pytest.fixture
def busy() -> RelayDouble:
    """Staged: our pod with three peers, its twin with a fourth."""
    double = relay_double()
    see(double, forwarded(Wire(API, EVIL, 443), NOON))
    see(double, forwarded(Wire(ORDERS, API, 8080, 50001), NOON + timedelta(seconds=1)))
    see(double, forwarded(Wire(API, DNS, 53, 50002, "UDP"), NOON + timedelta(seconds=2)))
    see(double, forwarded(Wire(TWIN, DNS, 53, 50003, "UDP"), NOON + timedelta(seconds=3)))
    see(double, forwarded(Wire(TWIN, EVIL, 443, 50004), NOON + timedelta(seconds=4)), NODES[1])
    return double


async def test_a_twin_whose_name_only_begins_alike_is_another_pod(busy: RelayDouble, tmp_path: Path) -> None:
    async with staged(busy, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert peers(taken) == {EVIL.address, "db-0", "coredns-1"}
    assert any(flow.source.pod == "api-10" for flow in (await _all(busy, tmp_path)).flows)


async def _all(busy: RelayDouble, folder: Path) -> Taken:
    async with staged(busy, folder) as hubble:
        return await hubble.ask(question(Subject(About.NAMESPACE, namespace="payments")), 10)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (Subject(About.ADDRESS, "203.0.113.7"), (EVIL.address, "api-10")),
        (Subject(About.NETWORK, "203.0.113.0/24"), (EVIL.address, "api-10")),
        (Subject(About.NAME, "Evil.example.com."), (EVIL.address, "api-10")),
        (Subject(About.WORKLOAD, "deployment/db", "orders"), ("db-0",)),
        (Subject(About.WORKLOAD, "deployment/db", "orders", pods=("db-0",)), ("db-0",)),
        (Subject(About.WORKLOAD, "statefulset/db", "orders"), ()),
        (Subject(About.NAMESPACE, namespace="orders"), ("db-0",)),
        (Subject(About.NAMESPACE, namespace="order"), ()),
    ],
    ids=str,
)
async def test_each_kind_of_subject_is_asked_for_exactly(
    busy: RelayDouble, tmp_path: Path, subject: Subject, expected: tuple[str, ...]
) -> None:
    async with staged(busy, tmp_path) as hubble:
        taken = await hubble.ask(question(subject), 10)

    assert peers(taken) == set(expected)


async def test_peer_and_port_hold_for_replies_too(busy: RelayDouble, tmp_path: Path) -> None:
    async with staged(busy, tmp_path) as hubble:
        one = await hubble.ask(question(peer=Subject(About.ADDRESS, "203.0.113.7")), 10)
        same = await hubble.ask(question(port=443), 10)

    assert peers(one) == {EVIL.address}
    assert one.flows == same.flows
    assert {flow.reply for flow in one.flows} == {True, False}


async def test_only_what_was_denied_comes_where_only_that_was_asked_for(
    busy: RelayDouble, tmp_path: Path
) -> None:
    denial = Denial("firebreak-fb-1", "payments")
    see(busy, dropped(Wire(API, EVIL, 8443, 50010), NOON, denial))
    async with staged(busy, tmp_path) as hubble:
        taken = await hubble.ask(question(verdict=Verdict.DENIED), 10)

    assert {flow.destination_port for flow in taken.flows} == {8443}
    assert {(flow.reason, flow.policies[0].name) for flow in taken.flows} == {
        ("POLICY_DENY", "firebreak-fb-1")
    }


async def test_five_observations_of_one_connection_are_one_connection(tmp_path: Path) -> None:
    double = relay_double()
    see(double, forwarded(Wire(API, EVIL, 443), NOON))
    see(double, forwarded(Wire(API, EVIL, 443), NOON + timedelta(seconds=1)), NODES[1])
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    (talk,) = merge([taken]).talks
    assert len(taken.flows) == 10
    assert (talk.connections, talk.port, talk.client.pod, talk.server.address) == (
        1,
        443,
        "api-1",
        EVIL.address,
    )
    assert talk.answered


async def test_what_happened_before_and_after_the_time_is_left_out(tmp_path: Path) -> None:
    double = relay_double()
    asked = question()
    for at in (asked.since - timedelta(seconds=1), asked.since, asked.until):
        see(double, [event(Wire(API, EVIL, 443), at, verdict=1)])
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(asked, 10)

    assert [flow.start for flow in taken.flows] == [asked.since]


async def test_a_buffer_that_never_filled_covers_the_whole_time(tmp_path: Path) -> None:
    double = relay_double()
    see(double, forwarded(Wire(API, EVIL, 443), NOON))
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert taken.window == Window(question().since, question().until)
    assert taken.losses == ()


async def test_an_agent_that_started_lately_covers_no_time_before(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[2]].uptime = 60
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert taken.window == Window(NOON - timedelta(seconds=60), question().until)


async def test_a_full_buffer_covers_only_what_it_still_holds(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[1]].capacity = 4
    for second in range(10):
        see(double, [event(Wire(DNS, ORDERS, 1, 1), NOON + timedelta(seconds=second), verdict=1)], NODES[1])
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert taken.flows == ()
    assert taken.window == Window(NOON + timedelta(seconds=6), question().until)
    assert taken.losses == (Overrun("ring buffer of aks-2"),)


async def test_a_pod_whose_own_door_was_seen_is_covered_by_its_node_alone(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[1]].capacity = 1
    see(double, [event(Wire(DNS, ORDERS, 1, 1), NOON, verdict=1)], NODES[1])
    see(double, [answer(Wire(API, EVIL, 443), NOON, verdict=1, trace_observation_point=101)])
    async with staged(double, tmp_path) as hubble:
        one = await hubble.ask(question(), 10)
        whole = await hubble.ask(question(Subject(About.NAMESPACE, namespace="payments")), 10)

    assert one.window == Window(question().since, question().until)
    assert whole.window == Window(NOON, question().until)


async def test_nodes_that_are_away_and_events_that_were_lost_are_said(tmp_path: Path) -> None:
    double = relay_double()
    double.nodes[NODES[2]].reachable = False
    double.nodes[NODES[0]].lost = {3: 17, 1: 2}
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    assert taken.losses == (
        Overrun("Hubble's ring buffer on aks-1", 17),
        Overrun("kernel ring buffer on aks-1", 2),
        Unanswered(("aks-3",), "it is unavailable"),
    )


async def test_the_newest_are_kept_where_there_is_more_than_was_asked_for(tmp_path: Path) -> None:
    double = relay_double()
    times = [NOON + timedelta(seconds=second) for second in range(20)]
    see(double, [event(Wire(API, EVIL, 443), at, verdict=1) for at in times])
    async with staged(double, tmp_path) as hubble:
        taken = await hubble.ask(question(limit=5), 10)

    assert [flow.start for flow in taken.flows] == times[15:]
    assert Truncated(5) in taken.losses
    assert taken.window == Window(times[15], question().until)


async def test_an_end_is_told_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    double = relay_double()
    see(double, [event(Wire(API, EVIL, 443), NOON, verdict=1)])
    async with staged(double, tmp_path) as hubble:
        (flow,) = (await hubble.ask(question(), 10)).flows

    pod, world = flow.source, flow.destination
    assert (pod.being, pod.namespace, pod.pod, pod.workload) == (
        Being.POD,
        "payments",
        "api-1",
        "deployment/api",
    )
    assert (pod.labels, pod.identity) == (("app=api",), "1000")
    assert (world.being, world.address, world.names) == (Being.WORLD, "203.0.113.7", ("evil.example.com",))
    assert (flow.observer.node, flow.source_port, flow.protocol) == ("aks-1", 40000, "TCP")


async def test_equal_ends_are_one_object(busy: RelayDouble, tmp_path: Path) -> None:
    async with staged(busy, tmp_path) as hubble:
        taken = await hubble.ask(question(), 10)

    ends = [end for flow in taken.flows for end in (flow.source, flow.destination)]
    assert len({id(end) for end in ends}) == len(set(ends))


async def test_a_relay_with_tls_alone_needs_no_certificate_of_ours(busy: RelayDouble, tmp_path: Path) -> None:
    async with staged(busy, tmp_path, mutual=False) as hubble:
        relay = msgspec.structs.replace(hubble._relay, cert_file="", key_file="")
        taken = await type(hubble)(relay, lambda: NOON).ask(question(), 10)

    assert taken.flows


async def test_a_relay_tells_of_its_own_cluster_alone(busy: RelayDouble, tmp_path: Path) -> None:
    async with staged(busy, tmp_path) as hubble:
        assert (hubble.serves("prod"), hubble.serves("test")) == (True, False)
        assert await hubble.health() == ""
        assert hubble.name == (await hubble.ask(question(SUBJECT), 10)).source
