"""Who a question is about is what the cluster says; what it does not say stops no question, and is said."""

from typing import Any

import msgspec
import pytest

from bot.domain import refs
from bot.domain.flows.asked import About, Subject
from bot.domain.flows.hints import Around, hints
from bot.domain.flows.resolving import NOT_SHARED, Resolved, resolving, unshared
from bot.domain.flows.wish import Wish
from bot.domain.queries import Answer, Discover, Discovered, FirewallFacts, Query
from bot.domain.refs import ArmRef
from tests.domain.explain.clusters import Answering, calico, run

Body = dict[str, Any]
AKS = ArmRef(
    "/subscriptions/1/resourceGroups/rg-prod/providers/Microsoft.ContainerService/managedClusters/prod"
)
HUB = ArmRef("/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/azureFirewalls/hub")


def pod(name: str, address: str, owner: tuple[str, str] = ("", ""), **more: Any) -> Body:
    kind, by = owner
    owners = [{"kind": kind, "name": by, "uid": "o", "controller": True}] if kind else []
    labels = {"pod-template-hash": "5c9d"}
    meta = {"name": name, "namespace": "payments", "labels": labels, "ownerReferences": owners}
    spec = {"nodeName": "node-1", "serviceAccountName": "api", **more}
    return {"kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running", "podIP": address}}


NODE: Body = {
    "kind": "Node",
    "metadata": {"name": "node-1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "10.240.0.4"}]},
}
SET = ("ReplicaSet", "api-5c9d")
WORLD = (
    pod("api-1", "10.244.0.7", SET),
    pod("api-10", "10.244.0.8", SET),
    pod("api-gateway-5c9d-x", "10.244.0.9", ("ReplicaSet", "api-gateway-5c9d")),
    pod("db-0", "10.244.0.10", ("StatefulSet", "db")),
    pod("agent", "10.240.0.4", hostNetwork=True),
    NODE,
)


def resolved(subject: Subject, world: Answering | None = None) -> Resolved:
    return run(resolving(Wish("prod", subject)), world or Answering(WORLD))


def test_a_pod_has_its_own_address_and_stands_behind_that_of_its_node() -> None:
    found = resolved(Subject(About.POD, "api-1", "payments"))
    assert found.subject == Subject(
        About.POD,
        "api-1",
        "payments",
        pods=("api-1",),
        addresses=("10.244.0.7",),
        behind=("10.240.0.4",),
        service_accounts=("api",),
    )
    assert found.notes == ()
    assert {known.address for known in found.known} >= {"10.244.0.7", "10.244.0.8", "10.240.0.4"}


@pytest.mark.parametrize(
    ("name", "pods"),
    [("deployment/api", ("api-1", "api-10")), ("statefulset/db", ("db-0",)), ("deployment/gone", ())],
)
def test_a_workload_is_the_pods_that_it_made_and_not_those_whose_names_begin_alike(
    name: str, pods: tuple[str, ...]
) -> None:
    found = resolved(Subject(About.WORKLOAD, name, "payments"))
    assert found.subject.pods == pods
    assert bool(found.notes) is not bool(pods), "that none is there is said"


def test_a_pod_on_its_nodes_network_has_no_address_of_its_own_and_that_is_said() -> None:
    found = resolved(Subject(About.POD, "agent", "payments"))
    assert (found.subject.addresses, found.subject.behind) == ((), ("10.240.0.4",))
    assert "on the network of the node" in found.notes[0]


def test_what_is_behind_a_nodes_address_is_left_out_for_whoever_may_not_see_all_and_that_is_said() -> None:
    narrowed = unshared(resolved(Subject(About.POD, "api-1", "payments")))
    assert narrowed.subject.behind == ()
    assert narrowed.subject.addresses == ("10.244.0.7",)
    assert narrowed.notes == (NOT_SHARED,)


def test_a_cluster_that_does_not_answer_stops_no_question_and_is_said() -> None:
    found = resolved(Subject(About.POD, "api-1", "payments"), Answering(WORLD, blind="pods in prod/*"))
    assert found.subject.addresses == ("10.244.0.7",), "it was read in its namespace alone"
    assert "its pods did not answer" in found.notes[0]
    dark = resolved(Subject(About.POD, "api-1", "payments"), Answering(WORLD, blind="i"))
    assert dark.subject == Subject(About.POD, "api-1", "payments")
    assert len(dark.notes) == 2


CILIUM: Body = {
    "kind": "DaemonSet",
    "metadata": {"name": "cilium", "namespace": "kube-system", "labels": {"k8s-app": "cilium"}},
    "spec": {
        "template": {
            "metadata": {"labels": {"k8s-app": "cilium"}},
            "spec": {"containers": [{"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.18.6"}]},
        }
    },
}


def endpoint(name: str, number: object) -> Body:
    meta = {"name": name, "namespace": "payments"}
    return {"kind": refs.CILIUM_ENDPOINT.kind, "metadata": meta, "status": {"identity": {"id": number}}}


def test_with_cilium_the_numbers_of_its_identities_are_asked_for() -> None:
    world = Answering((*WORLD, CILIUM, endpoint("api-1", 1234), endpoint("api-10", "odd")))
    found = resolved(Subject(About.WORKLOAD, "deployment/api", "payments"), world)
    assert found.subject.identities == ("1234",)
    assert found.around.cilium
    assert resolved(Subject(About.POD, "api-1", "payments")).subject.identities == ()


class Placed(Answering):
    """A cluster of AKS, behind a firewall."""

    def answer(self, query: Query) -> Answer:
        if not isinstance(query, Discover):
            return super().answer(query)
        facts = FirewallFacts(HUB, HUB, None, None, firewalls=(HUB,))
        return Discovered("prod", "uid", managed_cluster=AKS, firewall=facts)


def test_what_could_be_switched_on_is_of_this_very_cluster_and_nothing_that_is_on() -> None:
    subject = Subject(About.POD, "api-1", "payments")
    aks = resolved(subject, Placed(WORLD)).around
    relay, log = hints(aks, ())
    assert relay.command == "az aks update --resource-group rg-prod --name prod --enable-acns"
    assert f"--resource {HUB.id} " in log.command
    assert [hint.setting for hint in hints(aks, ("hubble",))] == ["azure.log_analytics"]
    assert hints(aks, ("hubble", "firewall")) == ()
    own = resolved(subject, Answering((*WORLD, CILIUM))).around
    (helm,) = hints(own, ())
    assert helm.command.startswith("helm upgrade cilium cilium/cilium ")
    assert hints(resolved(subject, Answering((*WORLD, *calico("node-1")))).around, ()) == ()
    (vnet,) = [one for one in hints(msgspec.structs.replace(aks, firewalls=()), ()) if "VNet" in one.what]
    assert vnet.command.startswith("az network watcher flow-log create")
    assert hints(Around(), ()) == ()
