"""What a plan must not promise: a list that nobody could read, or a policy that nobody reads, is never good news."""

import msgspec
import pytest

from bot.domain.digests import worse
from bot.domain.documents import Document
from bot.domain.findings import Forecast
from bot.domain.plans import Plan
from bot.domain.queries import Answer, Each, Listing, Query, told
from bot.domain.refs import (
    CILIUM_CLUSTERWIDE_POLICY,
    CILIUM_POLICY,
    CONFIG_MAP,
    DAEMON_SET,
    NETWORK_POLICY,
    Kind,
)
from bot.domain.views import Foreign
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import Body, Staged, named, owned, planned, pod

ALL_OUT_DENIED = {"endpointSelector": {}, "egressDeny": [{"toEntities": ["all"]}]}
OPEN_OUT = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}


class Enforcing(Staged):
    """A cluster whose engine is Ready on the pod's own node, with policies of engines in it."""

    def __init__(self, name: str, program: str, image: str, *, serves: tuple[str, ...] | None = ()) -> None:
        staged = cluster()
        assert staged.discovered is not None
        super().__init__(msgspec.structs.replace(staged.discovered, serves=serves), staged.objects)
        self.foreign: list[tuple[Kind, Body]] = []
        container = {"name": program, "image": image}
        template = {"spec": {"containers": [container]}}
        self.put(named(DAEMON_SET, name, "kube-system", spec={"template": template}))
        agent = pod(
            f"{name}-x7k2p", spec={"containers": [container]}, ownerReferences=owned("DaemonSet", name)
        )
        agent["metadata"]["namespace"] = "kube-system"
        self.put(agent)

    def answer(self, query: Query) -> Answer:
        """Answer as any staged world, and list the policies of engines."""
        answer = super().answer(query)
        match query, answer:
            case Each(kind=kind), Listing(()):
                found = (Foreign(k, Document.of(body).text) for k, body in self.foreign if k == kind)
                return Listing(tuple(found))
            case _:
                return answer


def calico(serves: tuple[str, ...] | None = ()) -> Enforcing:
    """Return a cluster that Calico's own agents hold."""
    return Enforcing("calico-node", "calico-node", "docker.io/calico/node:v3.30.2", serves=serves)


def cilium(**settings: str) -> Enforcing:
    """Return a cluster that Cilium holds, with these settings."""
    serves = (CILIUM_POLICY.served, CILIUM_CLUSTERWIDE_POLICY.served)
    made = Enforcing("cilium", "cilium-agent", "quay.io/cilium/cilium:v1.18.6", serves=serves)
    given = {"enable-policy": "default"} | {key.replace("_", "-"): value for key, value in settings.items()}
    made.put(named(CONFIG_MAP, "cilium-config", "kube-system", data=given))
    return made


def gaps(plan: Plan) -> str:
    """Return what the plan says that it does not know."""
    return "; ".join(f.text for f in plan.residual if f.code == "not-modelled")


def test_with_an_engine_at_work_and_no_other_policy_the_forecast_is_full() -> None:
    assert planned(quarantine(), calico()).forecast is Forecast.FULL
    assert planned(quarantine(), cilium()).forecast is Forecast.FULL


def test_policies_that_could_not_be_listed_are_not_no_policies() -> None:
    world = calico()
    world.blind.add("list networkpolicies in prod/payments")
    plan = planned(quarantine(), world)
    assert plan.forecast is Forecast.UNKNOWN
    assert "list networkpolicies in prod/payments could not be read" in gaps(plan)


@pytest.mark.parametrize(
    "question",
    [
        "list ciliumnetworkpolicies in prod/payments",
        "list ciliumclusterwidenetworkpolicies in prod/*",
    ],
)
def test_policies_of_the_engine_that_could_not_be_listed_are_not_none(question: str) -> None:
    world = cilium()
    assert planned(quarantine(), world).forecast is Forecast.FULL
    assert any(question == asked for asked in map(told, world.asked))
    world.blind.add(question)
    plan = planned(quarantine(), world)
    assert plan.forecast is Forecast.UNKNOWN
    assert question in gaps(plan)


def test_an_engines_deny_that_its_settings_switch_off_closes_nothing() -> None:
    world = cilium(enable_cilium_network_policy="false")
    world.put(named(NETWORK_POLICY, "open", spec=OPEN_OUT))
    world.foreign.append((CILIUM_POLICY, named(CILIUM_POLICY, "shut", spec=ALL_OUT_DENIED)))
    plan = planned(quarantine(), world)
    assert plan.forecast is Forecast.PARTIAL
    assert any(f.code == "open-internet" and "payments/open" in f.text for f in plan.residual)
    assert "whether the engine reads policies of ciliumnetworkpolicies" in gaps(plan)


def test_where_only_policies_of_the_whole_cluster_are_switched_off_the_others_count() -> None:
    world = cilium(enable_cilium_clusterwide_network_policy="false")
    world.put(named(NETWORK_POLICY, "open", spec=OPEN_OUT))
    clusterwide = named(CILIUM_CLUSTERWIDE_POLICY, "shut", spec=ALL_OUT_DENIED)
    world.foreign.append((CILIUM_CLUSTERWIDE_POLICY, clusterwide))
    assert "ciliumclusterwidenetworkpolicies" in gaps(planned(quarantine(), world))
    world.foreign = [(CILIUM_POLICY, named(CILIUM_POLICY, "shut", spec=ALL_OUT_DENIED))]
    plan = planned(quarantine(), world)
    assert plan.forecast is Forecast.FULL


@pytest.mark.parametrize(
    ("setting", "sure"),
    [
        ("", True),
        ("!k8s:pod-.* k8s:!controller-.*", True),
        ("k8s:firebreak.dev k8s:app", True),
        ("k8s:io.kubernetes.pod.namespace k8s:app", False),
        ("k8s:!firebreak", False),
        ("!k8s:firebreak", False),
        ("k8s:(", False),
    ],
)
def test_a_label_that_cilium_leaves_out_of_identities_promises_nothing(setting: str, *, sure: bool) -> None:
    plan = planned(quarantine(), cilium(labels=setting))
    assert plan.forecast is (Forecast.FULL if sure else Forecast.UNKNOWN)
    assert ("its setting `labels`" in gaps(plan)) is not sure


def test_a_long_list_of_labels_is_read_to_its_end() -> None:
    many = " ".join(f"k8s:team-{n}" for n in range(50))
    assert planned(quarantine(), cilium(labels=f"{many} k8s:firebreak.dev")).forecast is Forecast.FULL


def test_antreas_own_policies_are_not_read_so_nothing_is_promised_there() -> None:
    world = Enforcing("antrea-agent", "antrea-agent", "antrea/antrea-agent-ubuntu:v2.3.0")
    plan = planned(quarantine(), world)
    assert plan.forecast is Forecast.UNKNOWN
    assert "crd.antrea.io" in gaps(plan)


def _to(*blocks: str) -> Staged:
    world = cluster()
    peers = [{"ipBlock": {"cidr": block}} for block in blocks]
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": peers}]}
    world.put(named(NETWORK_POLICY, "partners", spec=spec))
    return world


def test_a_policy_that_is_opened_wider_is_worse_though_the_sentence_names_only_the_first_blocks() -> None:
    some = ("198.51.100.0/28", "198.51.100.32/28", "198.51.100.64/28", "203.0.113.0/28")
    narrow, wide = planned(quarantine(), _to(*some)), planned(quarantine(), _to(*some[:3], "203.0.113.0/24"))
    same = planned(quarantine(), _to(*reversed(some)))

    assert [f.code for f in worse(narrow, wide, threshold=5)] == ["open-internet"]
    assert not worse(narrow, same, threshold=5)
