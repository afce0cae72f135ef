"""What an engine does not reach, or what only its own deny settles, is neither promised nor denied."""

from typing import Any

import pytest

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.findings import Forecast, Verdict
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.ladder.standing import Standing
from bot.domain.plans import Part
from bot.domain.queries import Discovered, Each, told
from bot.domain.refs import (
    API_SERVICE,
    CALICO_GLOBAL_POLICY,
    CALICO_POLICY,
    CALICO_STORED_GLOBAL_POLICY,
    CALICO_STORED_POLICY,
    CALICO_STORED_TIER,
    CALICO_TIER,
    CILIUM_POLICY,
    DAEMON_SET,
    NETWORK_POLICY,
    POD,
    REPLICA_SET,
    KubeRef,
)
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import Staged, named, planned, pod, refused
from tests.actions.test_quarantine_honest import OPEN_OUT, Enforcing, calico, cilium, gaps

DENY_OUT = {"selector": "all()", "order": 1, "types": ["Egress"], "egress": [{"action": "Deny"}]}
FRONT = {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Egress"], "egress": [{}]}


def aws(*serves: str) -> Enforcing:
    """Return a cluster that AWS's agent holds, told to enforce."""
    made = Enforcing("aws-node", "aws-eks-nodeagent", "amazon/aws-network-policy-agent:v1.2.7", serves=serves)
    body = made.objects[KubeRef("prod", DAEMON_SET, "kube-system", "aws-node")]
    (agent,) = body["spec"]["template"]["spec"]["containers"]
    agent["args"] = ["--enable-network-policy=true"]
    return made


def npm() -> Enforcing:
    """Return a cluster that Azure NPM holds."""
    return Enforcing("azure-npm", "azure-npm", "mcr.microsoft.com/containernetworking/azure-npm:v1.5.40")


def asking(**how: Any) -> QuarantinePod:
    return QuarantinePod("prod", "payments", ("api-1",), **how)


def examined(part: Part, world: Staged) -> Proof:
    asking = Standing().examine(part)
    try:
        batch = next(asking)
        while True:
            batch = asking.send(tuple(world.answer(query) for query in batch))
    except StopIteration as stop:
        proof: Proof = stop.value
        return proof


# -- whom an engine does not reach ----------------------------------------------------------------------------


def test_awss_agent_holds_a_pod_that_has_an_owner() -> None:
    assert planned(quarantine(), aws()).forecast is Forecast.FULL


def test_awss_agent_is_not_believed_to_hold_a_pod_without_an_owner() -> None:
    world = aws()
    world.put(pod("api-1"))
    plan = planned(quarantine(), world)

    assert plan.forecast is Forecast.UNKNOWN
    assert "a pod without an owner is not policed by the AWS network policy agent" in gaps(plan)
    assert plan.parts[0].best_verdict == Verdict.INCONCLUSIVE

    shut = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    world.put(named(NETWORK_POLICY, "shut", spec=shut))
    proof = examined(plan.parts[0], world)
    assert proof.outcome is Outcome.SILENT
    assert "without an owner" in proof.text


def test_a_pod_that_is_detached_is_not_held_by_awss_agent_and_detaching_is_not_recommended() -> None:
    world = aws()
    world.put(named(NETWORK_POLICY, "front", spec=FRONT))
    world.put(named(REPLICA_SET, "api", spec={"replicas": 3, "selector": {"matchLabels": {"app": "api"}}}))

    plain = planned(asking(), world)
    assert plain.forecast is Forecast.PARTIAL
    assert "detach-recommended" not in {w.code for w in plain.warnings}
    assert not [offer for finding in plain.residual for offer in finding.offers]

    detached = planned(asking(using="detach"), world)
    assert detached.forecast is Forecast.UNKNOWN
    assert "without an owner" in gaps(detached)


def test_awss_own_policies_are_named_where_they_are_served_and_promise_nothing() -> None:
    groups = "networking.k8s.aws/v1alpha1"
    usual = planned(quarantine(), aws(f"{groups}/policyendpoints"))
    assert usual.forecast is Forecast.FULL

    plan = planned(quarantine(), aws(f"{groups}/clusternetworkpolicies", f"{groups}/policyendpoints"))
    assert plan.forecast is Forecast.UNKNOWN
    assert "policies of AWS's own (clusternetworkpolicies) are not read" in gaps(plan)


def addressed(world: Enforcing, name: str, *addresses: str) -> None:
    body = world.objects[KubeRef("prod", POD, "payments", name)]
    body["status"]["podIP"] = addresses[0] if addresses else ""
    body["status"]["podIPs"] = [{"ip": address} for address in addresses]


def test_azure_npm_holds_a_pod_of_ipv4_alone() -> None:
    assert planned(quarantine(), npm()).forecast is Forecast.FULL


def test_azure_npm_does_not_hold_what_passes_over_ipv6() -> None:
    world = npm()
    addressed(world, "api-1", "10.0.0.7", "fd00::7")
    plan = planned(quarantine(), world)

    assert plan.forecast is Forecast.UNKNOWN
    assert "IPv6 is not policed by Azure NPM" in gaps(plan)


def test_a_pod_without_an_address_yet_gets_such_as_its_neighbours_have() -> None:
    world = npm()
    addressed(world, "api-1")
    assert planned(quarantine(), world).forecast is Forecast.FULL

    addressed(world, "api-2", "10.0.0.8", "fd00::8")
    assert planned(quarantine(), world).forecast is Forecast.UNKNOWN


def test_an_engine_that_reaches_all_of_it_promises_all_of_it() -> None:
    world = calico()
    world.put(pod("api-1"))
    addressed(world, "api-1", "10.0.0.7", "fd00::7")

    assert planned(quarantine(), world).forecast is Forecast.FULL


# -- a deny that is in force while NetworkPolicies are not ----------------------------------------------------


def test_ciliums_own_deny_holds_where_networkpolicies_are_switched_off() -> None:
    world = cilium(enable_k8s_networkpolicy="false")
    plan = planned(quarantine(), world)

    assert plan.strategy == "cilium-deny"
    assert plan.forecast is Forecast.FULL
    assert plan.parts[0].best_verdict == Verdict.CONTAINED
    assert plan.parts[0].proving is not None
    assert plan.parts[0].proving.engine == "Cilium"
    assert "not-enforced" not in {f.code for f in plan.residual}


def test_what_stands_of_it_is_measured_by_the_deny_too() -> None:
    world = cilium(enable_k8s_networkpolicy="false")
    part = planned(quarantine(), world).parts[0]

    assert "nothing enforces" not in examined(part, world).text


def test_without_the_deny_a_cluster_that_ignores_networkpolicies_enforces_nothing() -> None:
    world = cilium(enable_k8s_networkpolicy="false")
    plan = planned(asking(using="networkpolicy"), world)

    assert plan.forecast is Forecast.NOT_ENFORCED
    assert "nothing enforces" in examined(plan.parts[0], world).text


# -- words that fit each other --------------------------------------------------------------------------------


def test_where_something_is_known_to_be_open_the_best_verdict_is_partial_proved_engine_or_not() -> None:
    unproved = cluster()
    unproved.put(named(NETWORK_POLICY, "open", spec=OPEN_OUT))
    plan = planned(quarantine(), unproved)
    assert (plan.forecast, plan.parts[0].best_verdict) == (Forecast.UNKNOWN, Verdict.PARTIAL)

    proved = calico()
    proved.put(named(NETWORK_POLICY, "open", spec=OPEN_OUT))
    plan = planned(quarantine(), proved)
    assert (plan.forecast, plan.parts[0].best_verdict) == (Forecast.PARTIAL, Verdict.PARTIAL)


def test_contained_is_promised_only_where_somebody_can_see_that_the_cut_bites() -> None:
    assert planned(quarantine(), cilium()).parts[0].best_verdict == Verdict.CONTAINED
    assert planned(quarantine(), calico()).parts[0].best_verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("using", ["auto", "networkpolicy"])
def test_detaching_is_not_recommended_where_the_engine_has_a_deny(using: str) -> None:
    world = cilium()
    world.put(named(NETWORK_POLICY, "front", spec=FRONT))
    plan = planned(asking(using=using), world)

    assert "detach-recommended" not in {w.code for w in plan.warnings}


def test_detaching_is_not_recommended_where_nothing_enforces_or_the_node_is_the_boundary() -> None:
    off = cilium(enable_policy="never")
    off.discovered = Discovered("prod", "uid-cluster", serves=(CILIUM_POLICY.served,))
    off.put(named(NETWORK_POLICY, "front", spec=FRONT))
    assert "detach-recommended" not in {w.code for w in planned(asking(), off).warnings}

    shared = npm()
    shared.put(named(NETWORK_POLICY, "front", spec=FRONT))
    assert "detach-recommended" in {w.code for w in planned(asking(), shared).warnings}
    shared.put(pod("api-1", spec={"hostNetwork": True}))
    assert "detach-recommended" not in {w.code for w in planned(asking(), shared).warnings}


def test_a_plan_that_detaches_is_judged_by_the_labels_that_it_leaves() -> None:
    world = npm()
    world.put(named(NETWORK_POLICY, "front", spec=FRONT))

    assert planned(asking(), world).forecast is Forecast.PARTIAL
    assert planned(asking(using="detach"), world).forecast is Forecast.FULL


# -- definitions that were left behind ------------------------------------------------------------------------

OWN_API = (CALICO_POLICY.served, CALICO_GLOBAL_POLICY.served, CALICO_TIER.served)
STORED = (CALICO_STORED_POLICY.served, CALICO_STORED_GLOBAL_POLICY.served, CALICO_STORED_TIER.served)


def served_by(spec: dict[str, Any] | None, *serves: str) -> Enforcing:
    """Return Calico's cluster that serves these kinds; `spec` is that of the APIService of its own API."""
    made = calico((*OWN_API, *serves))
    body = {"kind": "APIService", "metadata": {"name": "v3.projectcalico.org"}, "spec": spec}
    if spec is not None:
        made.objects[KubeRef("prod", API_SERVICE, "", "v3.projectcalico.org")] = body
    return made


def test_calicos_own_api_beside_its_storage_is_believed_where_its_api_server_shows_it() -> None:
    world = served_by({"service": {"name": "calico-api", "namespace": "calico-apiserver"}}, *STORED)
    plan = planned(quarantine(), world)

    assert plan.strategy == "calico-deny"
    assert plan.forecast is Forecast.FULL
    assert "list networkpolicies in prod/payments" in map(told, world.asked)
    assert CALICO_STORED_GLOBAL_POLICY not in {q.kind for q in world.asked if isinstance(q, Each)}


def test_definitions_beside_the_storage_get_no_deny_and_promise_nothing() -> None:
    world = served_by({"groupPriorityMinimum": 1000}, *STORED)
    world.foreign.append((CALICO_GLOBAL_POLICY, named(CALICO_GLOBAL_POLICY, "shut", spec=DENY_OUT)))
    world.put(named(NETWORK_POLICY, "open", spec=OPEN_OUT))
    plan = planned(quarantine(), world)

    assert plan.strategy == "network-policy"
    assert "which of the two Calico reads is not known" in "".join(plan.means)
    assert "which of the two Calico reads is not known" in gaps(plan)
    assert plan.forecast is Forecast.PARTIAL, "a deny that may do nothing closes nothing"
    assert refused(asking(using="calico"), world).code == "strategy-not-possible"


def test_what_calico_stores_is_read_where_its_own_api_may_be_left_over() -> None:
    world = served_by({"groupPriorityMinimum": 1000}, *STORED)
    world.put(named(NETWORK_POLICY, "open", spec=OPEN_OUT))
    stored = named(CALICO_STORED_GLOBAL_POLICY, "default.shut", spec=DENY_OUT)
    world.foreign.append((CALICO_STORED_GLOBAL_POLICY, stored))
    plan = planned(quarantine(), world)

    assert not [f for f in plan.residual if f.code.startswith("open-")]
    assert plan.forecast is Forecast.UNKNOWN


def test_who_serves_it_is_asked_only_where_both_are_served_and_no_answer_promises_nothing() -> None:
    alone = served_by(None)
    assert planned(quarantine(), alone).forecast is Forecast.FULL
    assert "get prod: APIService v3.projectcalico.org" not in map(told, alone.asked)

    blind = served_by(None, *STORED)
    blind.blind.add("get prod: APIService v3.projectcalico.org")
    plan = planned(quarantine(), blind)
    assert plan.strategy == "network-policy"
    assert plan.forecast is Forecast.UNKNOWN
    assert "whether Calico reads projectcalico.org is not known" in gaps(plan)
