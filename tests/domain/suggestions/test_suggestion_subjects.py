"""What is said of the subjects of an alert: there, not there, or not known, and whose an address is."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from bot.domain import refs, views
from bot.domain.alerts import Role, Subject, SubjectKind
from bot.domain.alerts.subjects import subject
from bot.domain.documents import Document
from bot.domain.queries import (
    Absent,
    Answer,
    Discover,
    Discovered,
    Each,
    FirewallFacts,
    Found,
    Get,
    Listing,
    Query,
    Unavailable,
    told,
)
from bot.domain.refs import ArmRef, KubeRef
from bot.domain.suggestions import Resolved, Standing
from bot.domain.suggestions.resolving import resolving

FIREWALL = ArmRef("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/azureFirewalls/fw")
PROD = "prod"


def pod(name: str, ip: str = "10.244.0.5", **more: Any) -> dict[str, Any]:
    """Return a pod as the API writes it."""
    owner = {"kind": "ReplicaSet", "name": "api-5c9d", "uid": "r", "controller": True}
    labels = {"pod-template-hash": "5c9d"}
    metadata = {
        "name": name,
        "namespace": "payments",
        "uid": name,
        "ownerReferences": [owner],
        "labels": labels,
    }
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": "node-1", **more},
        "status": {"podIP": ip, "phase": "Running"},
    }


NODE = {
    "kind": "Node",
    "metadata": {"name": "node-1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.1.0.4"}]},
}
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "api", "namespace": "payments"},
    "spec": {"clusterIPs": ["10.0.0.10"]},
}
SLICE = {
    "kind": "EndpointSlice",
    "metadata": {"name": "kubernetes"},
    "endpoints": [{"addresses": ["10.1.0.200"]}],
}
KINDS: Mapping[str, tuple[type[Any], dict[str, Any]]] = {
    "Pod": (views.PodView, pod("api-5c9d-x")),
    "Node": (views.NodeView, NODE),
    "Service": (views.ServiceView, SERVICE),
    "EndpointSlice": (views.EndpointSliceView, SLICE),
}


def answered(query: Query) -> Answer:
    """Answer as a small cluster does: one pod, one node, one Service, one firewall."""
    match query:
        case Discover(cluster):
            facts = FirewallFacts(
                FIREWALL, FIREWALL, None, None, (FIREWALL,), (("198.51.100.0/24", "the partner"),)
            )
            return Discovered(cluster, "uid", firewall=facts)
        case Each(_, kind):
            view, body = KINDS[kind.kind]
            return Listing((msgspec.convert(body, view),))
        case Get(ArmRef() as ref):
            inner = {"properties": {"privateIPAddress": "10.9.0.4"}}
            body = {"id": ref.id, "name": "fw", "properties": {"ipConfigurations": [inner]}}
            return Found(ref, Document.of(body), "1")
        case Get(KubeRef() as ref) if ref.name in {"api-5c9d-x", "payments"}:
            named = (
                pod(ref.name)
                if ref.kind == refs.POD
                else {"kind": "Namespace", "metadata": {"name": "payments"}}
            )
            return Found(ref, Document.of(named), "1")
        case Get(ref):
            return Absent(ref)
        case _:
            raise AssertionError(told(query))


def resolved(
    *subjects: Subject, clusters: Sequence[str] = (PROD,), silent: Sequence[str] = ()
) -> tuple[tuple[Resolved, ...], list[str]]:
    """Return what is said, and what was asked; questions that hold a word of ``silent`` get no answer."""
    asking, asked = resolving(subjects, clusters), list[str]()
    answers: tuple[Answer, ...] | None = None
    try:
        while True:
            queries = next(asking) if answers is None else asking.send(answers)
            asked += map(told, queries)
            answers = tuple(
                Unavailable("it is down") if any(word in told(query) for word in silent) else answered(query)
                for query in queries
            )
    except StopIteration as stop:
        return stop.value, asked


def address(name: str, cluster: str = PROD) -> Subject:
    return subject(SubjectKind.ADDRESS, name, cluster=cluster, role=Role.DESTINATION)


@pytest.mark.parametrize(
    ("what", "standing", "text"),
    [
        (subject(SubjectKind.POD, "api-5c9d-x", "payments"), "found", "Pod on node-1, of Deployment api"),
        (subject(SubjectKind.POD, "gone", "payments"), "absent", "there is no such pod in prod now"),
        (subject(SubjectKind.POD, "api"), "unknown", "the alert does not say in which namespace it is"),
        (subject(SubjectKind.NAMESPACE, "payments"), "found", "a namespace of prod"),
        (subject(SubjectKind.NAMESPACE, "gone"), "absent", "there is no such namespace in prod now"),
        (subject(SubjectKind.NODE, "node-1"), "found", "a node of prod, not Ready"),
        (subject(SubjectKind.NODE, "node-9"), "absent", "there is no such node in prod now"),
        (
            subject(SubjectKind.WORKLOAD, "api", "payments", owner="Deployment"),
            "found",
            "1 pod is of it in prod",
        ),
        (subject(SubjectKind.WORKLOAD, "api", "payments"), "found", "1 pod is of it in prod"),
        (subject(SubjectKind.WORKLOAD, "api", "payments", owner="StatefulSet"), "absent", "no pod of it"),
        (subject(SubjectKind.SERVICE_ACCOUNT, "default", "payments"), "found", "1 pod runs as it in prod"),
        (
            subject(SubjectKind.SERVICE_ACCOUNT, "other", "payments"),
            "unknown",
            "accounts themselves are not read",
        ),
        (subject(SubjectKind.CLUSTER, "prod"), "found", "one of the settings"),
        (subject(SubjectKind.CLUSTER, "dev"), "unknown", "the settings name no cluster dev"),
        (
            subject(SubjectKind.POD, "x", "payments", cluster="dev"),
            "unknown",
            "the settings name no cluster dev",
        ),
        (subject(SubjectKind.FQDN, "evil.example"), "unknown", "it was not looked up"),
    ],
)
def test_each_subject_is_told_as_the_cluster_has_it(what: Subject, standing: str, text: str) -> None:
    (found,), _ = resolved(what)

    assert (found.subject, found.standing.value) == (what, standing)
    assert text in found.text


@pytest.mark.parametrize(
    ("name", "whose", "ours"),
    [
        ("203.0.113.7", "outside: no pod, node or Service of prod has it", False),
        ("10.244.0.5", "the address of pod payments/api-5c9d-x", True),
        ("10.1.0.4", "the address of node node-1", True),
        ("10.0.0.10", "a Service's address: payments/api", True),
        ("10.1.0.200", "the API server's address", True),
        ("10.9.0.4", "one of the firewall's own addresses", True),
        ("198.51.100.9", "the partner (198.51.100.0/24)", True),
        ("168.63.129.16", "Azure's own host services", True),
        ("169.254.169.254", "the instance metadata service", True),
        ("::1", "loopback", True),
        ("2001:db8::1", "outside", False),
    ],
)
def test_an_address_is_told_by_whose_it_is(name: str, whose: str, *, ours: bool) -> None:
    (found,), _ = resolved(address(name))

    assert whose in found.text
    assert (found.standing, found.ours) == (Standing.FOUND, ours)


@pytest.mark.parametrize("silent", ["list pods", "list nodes", "list services", "discover", "azureFirewalls"])
def test_an_address_that_may_be_ours_is_not_known_while_anybody_does_not_answer(silent: str) -> None:
    (stranger,), _ = resolved(address("203.0.113.7"), silent=[silent])
    (azure,), _ = resolved(address("168.63.129.16"), silent=[silent])

    assert (stranger.standing, stranger.ours) == (Standing.UNKNOWN, False)
    assert "could not be seen" in stranger.text
    assert azure.ours, "and what is Azure's own is so whoever answers"


def test_what_does_not_answer_is_never_taken_for_not_there() -> None:
    (found,), _ = resolved(subject(SubjectKind.POD, "gone", "payments"), silent=["get"])

    assert found.standing is Standing.UNKNOWN
    assert "it is down" in found.text


def test_with_several_clusters_a_name_without_one_is_looked_for_nowhere_and_an_address_in_all() -> None:
    pods, nothing = resolved(subject(SubjectKind.POD, "api-5c9d-x", "payments"), clusters=("prod", "dev"))
    (found,), asked = resolved(address("10.1.0.4", cluster=""), clusters=("prod", "dev"))

    assert pods[0].text == "the alert does not say which cluster is meant"
    assert nothing == []
    assert found.text == "the address of node node-1, of prod"
    assert {each for each in asked if each.startswith("discover")} == {"discover prod", "discover dev"}


def test_the_same_question_is_asked_once() -> None:
    _, asked = resolved(*(address(f"203.0.113.{number}") for number in range(20)))

    assert len(asked) == len(set(asked)) == 6
