"""What an event becomes: its verdict, who decided, its direction, its ends; and that nothing from a relay can break us."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.flows.hubble.reading import Reader
from bot.adapters.flows.hubble.receipt import Receipt
from bot.adapters.flows.hubble.wire import message
from bot.domain.directions import Direction
from bot.domain.flows.concerning import matcher
from bot.domain.flows.flow import LONGEST, MOST_LABELS, Being, Flow, Grain, Policy, Verdict
from bot.domain.flows.taken import Garbled
from tests.adapters.flows.hubble_stage import NOON, question


def read(**told: Any) -> Flow | None:
    fields = {"IP": {"source": "10.0.0.1", "destination": "10.0.0.2"}, **told}
    flow = message("Flow")(**fields)
    if "time" not in told:
        flow.time.FromDatetime(NOON)
    return Reader("hubble").flow(flow, "default/aks-1")


def known(**told: Any) -> Flow:
    found = read(**told)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("number", "verdict"),
    [
        (0, Verdict.UNKNOWN),
        (1, Verdict.ALLOWED),
        (3, Verdict.ERROR),
        (4, Verdict.AUDITED),
        (5, Verdict.ALLOWED),
        (6, Verdict.UNKNOWN),
        (7, Verdict.UNKNOWN),
        (4711, Verdict.UNKNOWN),
    ],
)
def test_each_verdict_is_said_as_what_it_decides(number: int, verdict: Verdict) -> None:
    assert known(verdict=number).verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict", "reason"),
    [
        (133, Verdict.DENIED, "POLICY_DENIED"),
        (181, Verdict.DENIED, "POLICY_DENY"),
        (158, Verdict.ERROR, "SERVICE_BACKEND_NOT_FOUND"),
        (9999, Verdict.ERROR, "drop reason 9999"),
        (0, Verdict.ERROR, "dropped, and no reason told"),
    ],
)
def test_a_drop_is_denied_only_where_a_policy_is_the_reason(code: int, verdict: Verdict, reason: str) -> None:
    found = known(verdict=2, drop_reason_desc=code)

    assert (found.verdict, found.reason) == (verdict, reason)


def test_a_drop_that_names_a_policy_is_denied_by_it() -> None:
    by = {"name": "deny-all", "namespace": "payments", "kind": "CiliumNetworkPolicy"}

    found = known(verdict=2, egress_denied_by=[by], ingress_allowed_by=[{"name": "allow"}])

    assert (found.verdict, found.policies) == (
        Verdict.DENIED,
        (Policy("deny-all", "payments", "CiliumNetworkPolicy"),),
    )


def test_a_drop_whose_other_side_was_allowed_is_not_blamed_on_a_policy() -> None:
    found = known(verdict=2, drop_reason_desc=169, ingress_allowed_by=[{"name": "allow"}])

    assert found.verdict is Verdict.ERROR


@pytest.mark.parametrize(
    ("told", "reply", "direction"),
    [(1, False, "ingress"), (2, False, "egress"), (1, True, "egress"), (2, True, "ingress")],
)
def test_the_direction_is_that_of_what_was_seen(told: int, reply: bool, direction: str) -> None:
    assert known(traffic_direction=told, is_reply={"value": reply}).direction is Direction(direction)


def test_what_is_not_told_stays_unknown() -> None:
    found = known()

    assert (found.reply, found.direction, found.protocol, found.connections) == (None, None, "", None)
    assert found.source.being is Being.UNKNOWN


@pytest.mark.parametrize(
    ("layer4", "expected"),
    [
        ({"TCP": {"source_port": 4, "destination_port": 5}}, ("TCP", 4, 5)),
        ({"UDP": {"source_port": 4, "destination_port": 5}}, ("UDP", 4, 5)),
        ({"SCTP": {"source_port": 4, "destination_port": 5}}, ("SCTP", 4, 5)),
        ({"ICMPv4": {"type": 8}}, ("ICMP", 0, 0)),
        ({"ICMPv6": {"type": 128}}, ("ICMP", 0, 0)),
    ],
)
def test_protocol_and_ports(layer4: dict[str, Any], expected: tuple[str, int, int]) -> None:
    found = known(l4=layer4)

    assert (found.protocol, found.source_port, found.destination_port) == expected


@pytest.mark.parametrize(
    ("end", "being", "name"),
    [
        ({"labels": ["reserved:host"], "identity": 1}, Being.NODE, "aks-1"),
        ({"labels": ["reserved:remote-node"], "identity": 6}, Being.NODE, ""),
        ({"labels": ["reserved:kube-apiserver", "reserved:remote-node"], "identity": 7}, Being.NODE, ""),
        ({"labels": ["reserved:world"], "identity": 2}, Being.WORLD, ""),
        ({"labels": ["cidr:203.0.113.0/24", "reserved:world"], "identity": 1 << 24}, Being.WORLD, ""),
        ({"labels": ["reserved:unmanaged"], "identity": 3}, Being.UNKNOWN, ""),
        ({"pod_name": "api-1", "namespace": "payments"}, Being.POD, ""),
    ],
)
def test_who_stands_at_an_end(end: dict[str, Any], being: Being, name: str) -> None:
    found = known(destination=end).destination

    assert (found.being, found.name) == (being, name)


def test_a_service_is_one_where_nobody_else_is_known() -> None:
    service = {"name": "db", "namespace": "orders"}

    bare = known(destination_service=service).destination
    pod = known(
        destination_service=service, destination={"pod_name": "db-0", "namespace": "orders"}
    ).destination

    assert (bare.being, bare.namespace, bare.name) == (Being.SERVICE, "orders", "db")
    assert (pod.being, pod.pod, pod.name) == (Being.POD, "db-0", "")


def test_one_reader_keeps_the_hosts_of_two_nodes_apart() -> None:
    reader = Reader("hubble")
    host = message("Flow")(IP={"source": "10.0.0.1"}, source={"labels": ["reserved:host"]})

    assert [reader.flow(host, node).source.name for node in ("a/one", "two")] == ["one", "two"]  # type: ignore[union-attr]  # both are traffic


def test_only_a_pods_own_labels_are_kept_in_order() -> None:
    labels = [
        "k8s:tier=b",
        "k8s:app=a",
        "k8s:io.kubernetes.pod.namespace=x",
        "k8s:io.cilium.k8s.policy.cluster=c",
    ]

    assert known(source={"labels": [*labels, "reserved:init"]}).source.labels == ("app=a", "tier=b")


def test_a_socket_event_is_no_traffic() -> None:
    assert read(event_type={"type": 7}) is None


def test_a_sum_says_how_many_it_stands_for() -> None:
    found = known(aggregate={"ingress_flow_count": 3, "egress_flow_count": 4})

    assert (found.connections, found.granularity.grain) == (7, Grain.AGGREGATE)


def test_the_word_of_our_policy_and_a_question_are_noted() -> None:
    found = known(policy_log=["FB-1"], event_type={"type": 129}, l7={"dns": {"query": "evil.example.com."}})

    assert found.note == "FB-1; DNS evil.example.com"


def test_text_from_outside_is_cut_and_otherwise_left_as_it_came() -> None:
    hostile = "\x00\u202e<!channel>`*=cmd()" + "x" * 1000
    found = known(
        source={"pod_name": hostile, "namespace": "n", "labels": [f"k8s:{n}={hostile}" for n in range(500)]},
        destination_names=[f"{n}{hostile}" for n in range(500)],
        node_name=hostile,
        drop_reason_desc=133,
        verdict=2,
        ingress_denied_by=[{"name": hostile}] * 100,
    )

    assert found.source.pod == hostile[:LONGEST]
    assert len(found.source.labels) <= MOST_LABELS
    assert len(found.destination.names) <= MOST_LABELS
    assert max(map(len, (*found.source.labels, *found.destination.names, found.observer.node))) <= LONGEST
    assert len(found.policies) == 16


@pytest.mark.parametrize(
    "wrong",
    [
        {"IP": {"source": "no address"}},
        {"IP": {"source": "10.0.0.1/8"}},
        {"time": {"seconds": 1 << 62}},
        {"time": {"seconds": -(1 << 62)}},
    ],
)
def test_what_cannot_be_understood_is_counted(wrong: dict[str, Any]) -> None:
    receipt = Receipt("hubble", matcher(question()), 10)

    receipt.take(message("GetFlowsResponse")(flow=wrong).SerializeToString())

    assert receipt.tally.losses() == (Garbled(1),)


def test_one_address_has_one_spelling() -> None:
    found = known(IP={"source": "2001:DB8:0::1", "destination": "2001:db8::1"})

    assert found.source.address == found.destination.address == "2001:db8::1"


TEXT = st.text(max_size=40)
NUMBER = st.integers(0, 2**32 - 1)
END = st.fixed_dictionaries(
    {},
    optional={
        "identity": NUMBER,
        "namespace": TEXT,
        "pod_name": TEXT,
        "labels": st.lists(TEXT, max_size=4),
        "workloads": st.lists(st.fixed_dictionaries({"name": TEXT, "kind": TEXT}), max_size=2),
    },
)
FLOW = st.fixed_dictionaries(
    {},
    optional={
        "time": st.fixed_dictionaries(
            {"seconds": st.integers(-(2**63), 2**63 - 1), "nanos": st.integers(-(2**31), 2**31 - 1)}
        ),
        "verdict": NUMBER,
        "IP": st.fixed_dictionaries({"source": TEXT | st.ip_addresses().map(str), "destination": TEXT}),
        "l4": st.fixed_dictionaries({"TCP": st.fixed_dictionaries({"source_port": NUMBER})}),
        "source": END,
        "destination": END,
        "node_name": TEXT,
        "destination_names": st.lists(TEXT, max_size=3),
        "traffic_direction": NUMBER,
        "trace_observation_point": NUMBER,
        "drop_reason_desc": NUMBER,
        "is_reply": st.fixed_dictionaries({"value": st.booleans()}),
        "destination_service": st.fixed_dictionaries({"name": TEXT}),
        "egress_denied_by": st.lists(st.fixed_dictionaries({"name": TEXT}), max_size=2),
        "policy_log": st.lists(TEXT, max_size=2),
    },
)


@given(flow=FLOW)
def test_any_flow_is_taken_or_counted(flow: dict[str, Any]) -> None:
    receipt = Receipt("hubble", lambda _: True, 10)

    receipt.take(message("GetFlowsResponse")(flow=flow).SerializeToString())

    assert len(receipt.kept) + receipt.tally.garbled == 1 or receipt.understood == 1


@given(raw=st.binary(max_size=400))
def test_any_bytes_are_taken_or_counted(raw: bytes) -> None:
    receipt = Receipt("hubble", lambda _: True, 10)

    receipt.take(raw)

    assert receipt.understood + receipt.tally.garbled == 1


@given(
    events=st.lists(
        st.fixed_dictionaries(
            {"state_change": NUMBER, "node_names": st.lists(TEXT, max_size=3), "message": TEXT}
        ),
        max_size=20,
    )
)
def test_words_of_nodes_are_told_on_one_line(events: list[dict[str, Any]]) -> None:
    receipt = Receipt("hubble", lambda _: True, 10)
    for told in events:
        receipt.take(message("GetFlowsResponse")(node_status=told).SerializeToString())

    assert all(str(loss).isprintable() for loss in receipt.tally.losses())
