"""What the plan of a quarantine says: what stays open, who else is hit, what it could not see."""

from typing import Any

import pytest

from bot.domain.findings import Finding, Forecast
from bot.domain.plans import Plan
from bot.domain.refs import NETWORK_POLICY, NODE, POD, POD_DISRUPTION_BUDGET, SERVICE, STATEFUL_SET, KubeRef
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import Staged, named, owned, planned, pod


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def text(findings: tuple[Finding, ...], code: str) -> str:
    return " | ".join(finding.text for finding in findings if finding.code == code)


def with_policy(name: str = "other", **spec: Any) -> Plan:
    world = cluster()
    world.put(named(NETWORK_POLICY, name, spec=spec))
    return planned(quarantine(), world)


# -- what stays open ---------------------------------------------------------------------------------------

APP: dict[str, Any] = {"podSelector": {"matchLabels": {"app": "api"}}}


@pytest.mark.parametrize(
    ("spec", "open_ways"),
    [
        ({"ingress": [{}]}, ["ingress"]),
        ({"egress": [{}]}, ["egress"]),
        ({"ingress": [{}], "egress": [{}]}, ["ingress", "egress"]),
        ({"policyTypes": ["Ingress", "Egress"]}, []),
        ({"policyTypes": ["Ingress"], "egress": [{}]}, []),
        ({"policyTypes": ["Egress"], "ingress": [{}], "egress": [{}]}, ["egress"]),
        ({"policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": [{"to": []}]}, ["egress"]),
    ],
)
def test_what_another_policy_allows_stays_allowed_in_the_directions_it_governs(
    spec: dict[str, Any], open_ways: list[str]
) -> None:
    plan = with_policy(**APP, **spec)

    assert sorted(ways(plan)) == sorted(open_ways)
    assert all("NetworkPolicy payments/other" in f.text for f in openings(plan))


def test_a_policy_that_selects_other_pods_leaves_nothing_open() -> None:
    plan = with_policy(podSelector={"matchLabels": {"app": "web"}}, ingress=[{}])

    assert not openings(plan)


def test_a_policy_that_only_selects_the_pod_because_of_our_label_keeps_it_open() -> None:
    exists = {"key": "firebreak.dev/quarantine", "operator": "Exists"}
    plan = with_policy(podSelector={"matchExpressions": [exists]}, ingress=[{}])

    assert ways(plan) == {"ingress"}


def test_a_policy_that_our_label_escapes_keeps_nothing_open() -> None:
    absent = {"key": "firebreak.dev/quarantine", "operator": "DoesNotExist"}
    plan = with_policy(podSelector={"matchExpressions": [absent]}, ingress=[{}])

    assert not openings(plan)


def test_what_stays_open_is_told_worst_first() -> None:
    plan = with_policy(podSelector={}, policyTypes=["Egress"], egress=[{}])

    told = codes(openings(plan))
    assert told[:2] == ["open-internet", "open-metadata"]
    assert told == [
        *(code for code in told if code != "open-nodes"),
        *(["open-nodes"] * told.count("open-nodes")),
    ]


def test_with_several_targets_each_opening_says_whose_it_is() -> None:
    world = cluster()
    world.put(named(NETWORK_POLICY, "other", spec=APP | {"ingress": [{}]}))
    plan = planned(quarantine("api-1", "api-2"), world)

    found = [f for f in plan.residual if f.code == "open-internet"]
    assert [f.subject.split()[0] for f in found] == ["payments/api-1", "payments/api-2"]


def test_what_no_policy_settles_is_said_every_time() -> None:
    plan = planned(quarantine(), cluster())

    told = codes(plan.residual)
    assert told[0] == "enforcement-unknown"
    assert {"own-node", "established-connections", "icmp"} <= set(told)
    assert "is not proved" in text(plan.residual, "enforcement-unknown")


def openings(plan: Plan) -> tuple[Finding, ...]:
    """Return what policies leave open."""
    return tuple(f for f in plan.residual if f.code.startswith("open-"))


def ways(plan: Plan) -> set[str]:
    """Return the directions in which policies leave anything open."""
    return {f.subject.split()[1] for f in openings(plan)}


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"hostPID": True}, "hostPID"),
        (
            {"containers": [{"name": "root", "securityContext": {"privileged": True}}]},
            "container root is privileged",
        ),
        (
            {"initContainers": [{"name": "i", "securityContext": {"privileged": True}}]},
            "container i is privileged",
        ),
        ({"ephemeralContainers": [{"name": "e", "securityContext": {"privileged": True}}]}, "container e is"),
    ],
)
def test_a_pod_that_its_network_does_not_bound_is_forecast_as_not_enforced(
    spec: dict[str, Any], why: str
) -> None:
    world = cluster()
    world.put(pod("api-1", spec=spec, ownerReferences=owned("ReplicaSet", "api")))
    plan = planned(quarantine("api-1", "api-2"), world)

    assert [part.forecast for part in plan.parts] == [Forecast.NOT_ENFORCED, Forecast.UNKNOWN]
    assert [part.best_verdict for part in plan.parts] == ["NOT_ENFORCED", "INCONCLUSIVE"]
    assert plan.forecast == Forecast.NOT_ENFORCED
    assert why in text(plan.residual, "node-boundary")


# -- who else is hit ---------------------------------------------------------------------------------------


def test_a_service_that_still_sends_to_the_pod_is_counted_by_its_ready_endpoints() -> None:
    world = cluster()
    world.put(pod("api-4", ready=False, ownerReferences=owned("ReplicaSet", "api")))
    plan = planned(quarantine(), world)

    assert "1 of 3 ready endpoints of Service payments/api will be black-holed" in text(
        plan.side_effects, "service-endpoints"
    )
    assert plan.blast_radius.services == ("payments/api",)


@pytest.mark.parametrize("selector", [None, {}, {"app": "web"}])
def test_a_service_that_does_not_select_the_pod_is_not_named(selector: dict[str, str] | None) -> None:
    world = cluster()
    world.put(named(SERVICE, "api", spec={"selector": selector}))

    assert planned(quarantine(), world).blast_radius.services == ()


def test_replicas_that_remain_are_counted_without_targets_unready_and_quarantined_ones() -> None:
    world = cluster()
    owner = owned("ReplicaSet", "api")
    world.put(
        pod("api-3", labels={"app": "api", "firebreak.dev/quarantine": "fb-1-0"}, ownerReferences=owner)
    )
    world.put(pod("api-4", ready=False, ownerReferences=owner))
    world.put(pod("other", ownerReferences=owned("ReplicaSet", "other")))

    assert planned(quarantine("api-1"), world).blast_radius.ready_left == 1
    both = planned(quarantine("api-1", "api-2"), world)
    assert both.blast_radius.ready_left == 0
    assert both.blast_radius.last_ready_replica
    assert "no Ready replica of ReplicaSet api is left" in text(both.warnings, "last-ready-replica")


def test_a_pod_that_is_not_ready_is_nobodys_last_ready_replica() -> None:
    world = cluster()
    world.put(pod("lone", ready=False, ownerReferences=owned("ReplicaSet", "lone")))

    assert not planned(quarantine("lone"), world).blast_radius.last_ready_replica


@pytest.mark.parametrize(("targets", "lost"), [(("db-0",), False), (("db-0", "db-1"), True)])
def test_a_statefulset_that_loses_its_majority_is_warned_of(targets: tuple[str, ...], lost: bool) -> None:
    world = cluster()
    world.put(named(STATEFUL_SET, "db", spec={"replicas": 3}))
    for index in range(3):
        world.put(pod(f"db-{index}", labels={"app": "db"}, ownerReferences=owned("StatefulSet", "db")))
    plan = planned(quarantine(*targets), world)

    assert ("statefulset-quorum" in codes(plan.warnings)) is lost
    assert ("1 of 3 replicas stay Ready" in text(plan.warnings, "statefulset-quorum")) is lost


@pytest.mark.parametrize(
    ("selector", "covers"),
    [
        ({"matchLabels": {"app": "api"}}, True),
        ({}, True),
        (None, False),
        ({"matchLabels": {"app": "x"}}, False),
    ],
)
def test_a_disruption_budget_that_covers_the_pod_is_named(
    selector: dict[str, Any] | None, covers: bool
) -> None:
    world = cluster()
    spec, status = {"selector": selector}, {"disruptionsAllowed": 1}
    world.put(named(POD_DISRUPTION_BUDGET, "api", spec=spec, status=status))

    assert ("disruption-budget" in codes(planned(quarantine(), world).side_effects)) is covers


def test_a_pod_that_nothing_would_make_again_is_warned_of() -> None:
    world = cluster()
    world.put(pod("lone"))
    plan = planned(quarantine("lone"), world)

    assert "no-controller" in codes(plan.warnings)
    assert plan.blast_radius.ready_left is None


@pytest.mark.parametrize(("there", "words"), [(True, "is not Ready"), (False, "does not exist any more")])
def test_a_node_that_is_not_ready_or_gone_is_warned_of(there: bool, words: str) -> None:
    world = cluster()
    world.put(named(NODE, "node-1", status={"conditions": [{"type": "Ready", "status": "Unknown"}]}))
    if not there:
        del world.objects[KubeRef("prod", NODE, "", "node-1")]

    assert words in text(planned(quarantine(), world).warnings, "node-not-ready")


def test_a_pod_without_a_node_is_warned_of() -> None:
    world = cluster()
    world.put(pod("api-1", spec={"nodeName": ""}))

    assert "not-scheduled" in codes(planned(quarantine(), world).warnings)


def test_the_token_that_stays_valid_is_named_once_for_all_targets() -> None:
    plan = planned(quarantine("api-1", "api-2"), cluster())

    tokens = [f for f in plan.warnings if f.code == "service-account-token"]
    assert [f.subject for f in tokens] == ["payments/api"]


def test_annotations_of_others_that_are_replaced_for_the_time_being_are_told() -> None:
    world = cluster()
    ref = KubeRef("prod", POD, "payments", "api-1")
    world.objects[ref]["metadata"]["annotations"] = {"karpenter.sh/do-not-disrupt": "no"}
    plan = planned(quarantine(), world)

    assert "has values of its own for karpenter.sh/do-not-disrupt" in text(
        plan.side_effects, "autoscaler-held"
    )
    assert "karpenter.sh/do-not-disrupt=true (was no)" in plan.parts[0].words[1]


def test_the_reader_is_told_which_pod_it_is() -> None:
    (part,) = planned(quarantine(), cluster()).parts

    assert part.target.details == (
        ("owner", "ReplicaSet api"),
        ("node", "node-1"),
        ("image", "registry.test/api:1"),
        ("ready", "yes"),
        ("pod IP", "10.0.0.7"),
    )
    assert part.target.uid == "uid-api-1"
    assert part.target.title == "prod/payments/api-1"
    assert part.target.labels == (("app", "api"),)


# -- what could not be seen --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "list networkpolicies in prod/payments",
        "list services in prod/payments",
        "list poddisruptionbudgets in prod/payments",
        "list pods in prod/payments",
        "get prod: Node node-1",
        "get prod: ReplicaSet payments/api",
        "dry run on prod: Pod payments/api-1",
    ],
)
def test_a_question_without_an_answer_is_said_and_refuses_nothing(question: str) -> None:
    world = cluster()
    world.blind = {question}
    plan = planned(quarantine(), world)

    assert [unseen.question for unseen in plan.unseen] == [question]


def test_replicas_that_cannot_be_listed_are_not_known_rather_than_none() -> None:
    world = cluster()
    world.blind = {"list pods in prod/payments"}
    radius = planned(quarantine(), world).blast_radius

    assert radius.ready_left is None
    assert not radius.last_ready_replica
    assert radius.services == ("payments/api",)


def test_a_node_that_cannot_be_understood_is_unseen() -> None:
    world = cluster()
    world.put(named(NODE, "node-1", status={"conditions": "none"}))

    assert [u.question for u in planned(quarantine(), world).unseen] == ["get prod: Node node-1"]


def test_only_what_is_declared_is_asked_of_the_cluster() -> None:
    world: Staged = cluster()
    planned(quarantine("api-1", "api-2"), world)
    asked = {type(query).__name__ for query in world.asked}

    of_others = {"Flows", "Contained"}  # flows are asked of those who saw them, our records of ourselves
    assert asked - of_others == {"Discover", "Get", "Each", "DryRun"}
