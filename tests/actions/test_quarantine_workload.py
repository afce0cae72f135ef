"""A whole Deployment is cut by its own selector: who is caught, what is said of it, and what is refused."""

from typing import Any

import pytest

from bot.actions.quarantine_pod import QuarantinePod
from bot.actions.quarantine_workload import QuarantineWorkload
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.grammar import Known, parse
from bot.adapters.slack.mistakes import Mistake
from bot.domain.changes import Create, Delete, undo
from bot.domain.findings import Refusal
from bot.domain.isolation.choosing import Strategy
from bot.domain.isolation.cutting import Options, Placement, StrategyName
from bot.domain.isolation.detach import Escape
from bot.domain.quarantine.means import Chosen
from bot.domain.quarantine.workload import DeploymentView, Workload, steps, together
from bot.domain.queries import kube
from bot.domain.refs import DEPLOYMENT, NETWORK_POLICY
from bot.domain.selectors import Selector
from bot.domain.views import Meta, ReplicaSpec
from tests.actions.cluster import cluster
from tests.actions.staged import Staged, named, owned, planned, pod, refused

HASHED = {"app": "api", "pod-template-hash": "5c9d"}
ASKED = QuarantineWorkload("prod", "payments", ("api",))


def deployment(world: Staged, name: str = "api", **spec: Any) -> None:
    body = named(DEPLOYMENT, name, spec={"replicas": 3, "selector": {"matchLabels": {"app": "api"}}, **spec})
    world.objects[kube("prod", DEPLOYMENT, "payments", name)] = body


def deployed() -> Staged:
    made = cluster()
    for name in ("api-1", "api-2", "api-3"):
        made.put(pod(name, labels=HASHED, ownerReferences=owned("ReplicaSet", "api-5c9d")))
    deployment(made)
    return made


@pytest.fixture
def world() -> Staged:
    return deployed()


def test_policies_alone_are_written_by_its_own_selector_and_taken_away_again(world: Staged) -> None:
    plan = planned(ASKED, world)
    (part,) = plan.parts
    (made,) = part.changes

    assert isinstance(made, Create)
    assert made.body.value["spec"] == {
        "podSelector": {"matchLabels": {"app": "api"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert undo(part.changes) == (Delete(made.ref, made.body),)
    assert (part.target.kind, part.target.name) == ("Deployment", "api")
    assert "3 running pods, and all that it starts later" in plan.summary
    assert part.pods == 3, "each counts where too much at once is judged"


def test_the_policy_protects_each_pod_that_is_caught_by_its_own_name_and_labels(world: Staged) -> None:
    plan = planned(ASKED, world)

    assert [t.name for t in plan.also] == ["api-1", "api-2", "api-3"]
    assert all(dict(t.labels) == HASHED for t in plan.also)
    assert plan.blast_radius.pods == 3
    assert plan.blast_radius.last_ready_replica is True


def test_what_else_the_selector_catches_is_named_and_cut_with_it(world: Staged) -> None:
    world.put(pod("stray", labels={"app": "api"}))

    plan = planned(ASKED, world)

    (found,) = [w for w in plan.warnings if w.code == "workload-others"]
    assert "stray" in found.text
    assert "api-1" not in found.text
    assert "stray" in [t.name for t in plan.also]


def test_pods_that_ended_or_were_cut_by_name_already_are_in_nobodys_way(world: Staged) -> None:
    ended = pod("api-0", labels=HASHED)
    ended["status"]["phase"] = "Succeeded"
    world.put(ended)
    world.put(pod("api-1", labels=HASHED | {"firebreak.dev/quarantine": "fb-aaaa-0"}))

    assert [t.name for t in planned(ASKED, world).also] == ["api-1", "api-2", "api-3"]


@pytest.mark.parametrize(
    ("spec", "code"),
    [({"selector": {}}, "no-selector"), ({"selector": {"matchLabels": {"app": "none"}}}, "no-pods")],
)
def test_a_deployment_that_selects_nothing_or_everything_is_refused(
    world: Staged, spec: dict[str, Any], code: str
) -> None:
    deployment(world, **spec)

    assert refused(ASKED, world).code == code


def test_a_deployment_that_is_not_there_is_refused() -> None:
    assert refused(ASKED, cluster()).code == "deployment-absent"


def test_where_the_rights_are_missing_it_says_which_to_give(world: Staged) -> None:
    world.refuses = lambda query: "Firebreak may write only its own label" if hasattr(query, "change") else ""

    found = refused(ASKED, world)

    assert found.code == "dry-run-refused"
    assert "--workloads" in found.remedy


def test_other_policies_that_allow_its_pods_are_found(world: Staged) -> None:
    spec = {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Egress"], "egress": [{}]}
    world.put(named(NETWORK_POLICY, "front", spec=spec))

    assert any("front" in finding.subject + finding.text for finding in planned(ASKED, world).residual)


def read(text: str) -> Propose:
    found = parse(text, Known(("prod",)))
    assert isinstance(found, Propose), found
    return found


def test_it_is_typed_as_a_quarantine_of_a_deployment() -> None:
    for text in ("quarantine deployment:prod/payments/api", "quarantine-deployment payments/api"):
        assert read(text).action == ASKED
    assert read("quarantine Deployment:payments/api for 4h because x").action == ASKED
    assert read("quarantine payments/api-1").action == QuarantinePod("prod", "payments", ("api-1",))
    assert read("plan quarantine deployment:payments/api").preview


@pytest.mark.parametrize(
    "text",
    ["quarantine deployment:", "quarantine deployment:api", "quarantine deployment:payments/api,other"],
)
def test_what_names_no_one_deployment_is_a_mistake(text: str) -> None:
    assert isinstance(parse(text, Known(("prod",))), Mistake)


def test_a_deployment_cannot_be_detached() -> None:
    assert isinstance(parse("quarantine deployment:payments/api using detach", Known(("prod",))), Mistake)


def chosen(name: StrategyName, *, order: int = -1000) -> Chosen:
    place = Placement(order=order)
    return Chosen(Strategy(name, "because"), Options(name, place=place), Escape(()))


def test_pods_under_different_engines_are_all_cut_by_what_every_engine_knows() -> None:
    calico, cilium = chosen(StrategyName.CALICO), chosen(StrategyName.CILIUM)

    assert together((calico, calico)) == calico
    assert together((calico, cilium)).options.strategy is StrategyName.NETWORK_POLICY
    assert "engines that differ" in together((calico, cilium)).strategy.reason
    other = chosen(StrategyName.CALICO, order=-2000)
    assert together((calico, other)).options.strategy is StrategyName.NETWORK_POLICY


def test_a_selector_that_cilium_cannot_see_is_refused_instead_of_cutting_nothing() -> None:
    view = DeploymentView(Meta("api"), ReplicaSpec(selector=Selector({"pod-template-hash": "5c9d"})))
    ref = kube("prod", DEPLOYMENT, "payments", "api")
    found = steps(
        Workload(ref, view, Selector({"pod-template-hash": "5c9d"}), ()),
        "FB-7K3Q",
        chosen(StrategyName.CILIUM),
    )

    assert isinstance(found, Refusal)
    assert found.code == "selector-ignored"
