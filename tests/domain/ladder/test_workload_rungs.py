"""A Deployment that is cut as a whole: all rungs look at its pods of now, and count them as one."""

from typing import Any

import msgspec
import pytest

from bot.domain.directions import Direction
from bot.domain.documents import Document
from bot.domain.findings import Verdict
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.flow import Endpoint, Flow, Policy
from bot.domain.flows.flow import Verdict as Seen
from bot.domain.isolation import LABEL
from bot.domain.ladder.acknowledged import Acknowledged
from bot.domain.ladder.returned import restored, returned
from bot.domain.ladder.rungs import Outcome, Proof
from bot.domain.ladder.standing import Standing
from bot.domain.ladder.witnessed import SOME_IDLE, Witnessed, ours
from bot.domain.plans import Part, Proving
from bot.domain.queries import Answer, Flowing, Flows, Found, Get, Query, Unavailable
from bot.domain.refs import CILIUM_ENDPOINT, NETWORK_POLICY, POD, KubeRef
from tests.actions.staged import Staged, named, owned, planned, pod
from tests.actions.test_quarantine_workload import ASKED, HASHED, deployed, deployment
from tests.domain.flows.observed import C2, at, flow, taken
from tests.domain.ladder.test_standing import proof_of

OPEN = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
SHUT = {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress", "Egress"]}


def contained() -> tuple[Staged, Part]:
    world = deployed()
    (part,) = planned(ASKED, world).parts
    world.put(named(NETWORK_POLICY, "firebreak-fb-7k3q-0", spec=SHUT))
    return world, part


def examined(part: Part, world: Staged) -> Proof:
    return proof_of(Standing().examine(part), world)


def test_a_deployment_has_what_it_takes_to_be_proved() -> None:
    _, part = contained()

    assert part.proving is not None
    assert part.proving.settle > 0
    assert Standing().suits(part)
    assert restored(part)


def test_it_holds_when_nothing_is_allowed_any_of_its_pods_one_that_came_later_too() -> None:
    world, part = contained()
    world.put(pod("api-4", labels=HASHED, ownerReferences=owned("ReplicaSet", "api-5c9d")))
    told = examined(part, world)

    assert (told.outcome, "its 4 pods" in told.text) == (Outcome.HOLDS, True)


def test_a_hole_has_one_name_for_all_pods_so_that_a_replica_more_is_no_new_hole() -> None:
    world, part = contained()
    world.put(named(NETWORK_POLICY, "open", spec=OPEN))
    first = examined(part, world)
    world.put(pod("api-4", labels=HASHED, ownerReferences=owned("ReplicaSet", "api-5c9d")))
    second = examined(part, world)

    assert first.outcome is Outcome.OPEN
    assert "payments/api can reach the internet" in first.text
    assert {hole.about for hole in first.holes} == {hole.about for hole in second.holes}


def test_what_the_plan_said_is_what_is_found_so_nobody_is_called_for_it() -> None:
    world = deployed()
    world.put(named(NETWORK_POLICY, "open", spec=OPEN))
    plan = planned(ASKED, world)
    world.put(named(NETWORK_POLICY, "firebreak-fb-7k3q-0", spec=SHUT))

    holes = {hole.about for hole in examined(plan.parts[0], world).holes}
    assert holes
    assert holes <= {finding.subject for finding in plan.residual}
    assert len({(f.code, f.subject) for f in plan.residual}) == len(plan.residual)
    assert plan.parts[0].best_verdict == Verdict.PARTIAL


NAMES = ("api-1", "api-2", "api-3")


def dropped(name: str, part: Part, port: int = 5432) -> Flow:
    ((space, policy),) = ours(part)
    own = Endpoint(f"10.0.1.{name[-1]}", namespace=space, pod=name)
    return flow(10, own, C2, (9, port), verdict=Seen.DENIED, policies=(Policy(policy, space),))


def witnessed(world: Staged, part: Part, *flows: Flow) -> Proof:
    asking = Witnessed(at(0)).examine(part)
    try:
        batch = next(asking)
        while True:
            batch = asking.send(tuple(_answer(world, query, flows) for query in batch))
    except StopIteration as stop:
        told: Proof = stop.value
        return told


def _answer(world: Staged, query: Query, flows: tuple[Flow, ...]) -> Answer:
    if not isinstance(query, Flows):
        return world.answer(query)
    assert query.pod == "deployment/api"
    standing = (ref.name for ref in world.objects if isinstance(ref, KubeRef) and ref.kind == POD)
    assert query.pods == tuple(sorted(name for name in standing if name.startswith("api-")))
    subject = Subject(About.WORKLOAD, query.pod, query.namespace, query.pods)
    return Flowing(Asked("prod", subject, at(0), at(60)), (taken(*flows),))


def test_flows_prove_a_deployments_cut_where_each_of_its_pods_was_dropped() -> None:
    world, part = contained()
    proof = witnessed(world, part, *(dropped(name, part) for name in NAMES))

    assert Witnessed(at(0)).suits(part)
    assert (proof.outcome, proof.text) == (
        Outcome.HOLDS,
        "3 attempts of its 3 pods were dropped by our policy, and none passed since",
    )


def test_drops_of_some_of_its_pods_show_nothing_of_the_others() -> None:
    world, part = contained()
    proof = witnessed(world, part, *(dropped(name, part) for name in NAMES[:2]), dropped("api-1", part, 22))

    assert (proof.outcome, proof.text) == (Outcome.SILENT, SOME_IDLE)


@pytest.mark.parametrize("direction", [Direction.EGRESS, None])
def test_a_drop_between_two_of_its_pods_is_that_of_the_one_whose_node_dropped_it(
    direction: Direction | None,
) -> None:
    world, part = contained()
    other = dropped("api-2", part).source
    within = msgspec.structs.replace(dropped("api-1", part), destination=other, direction=direction)
    proof = witnessed(world, part, dropped("api-1", part), dropped("api-3", part), within)

    assert (proof.outcome, proof.text) == (Outcome.SILENT, SOME_IDLE)


def test_a_replica_that_came_later_and_gets_through_is_a_hole_of_the_deployment() -> None:
    world, part = contained()
    new = Endpoint("10.0.1.9", namespace="payments", pod="api-9", workload="deployment/api")
    twin = Endpoint("10.0.1.8", namespace="payments", pod="api-gateway-1", workload="deployment/api-gateway")
    drops = tuple(dropped(name, part) for name in NAMES)
    proof = witnessed(world, part, *drops, flow(20, new, C2), flow(20, twin, C2, (5, 443)))

    assert proof.outcome is Outcome.OPEN
    assert [hole.about for hole in proof.holes] == ["payments/api seen egress 203.0.113.7:443"]


def test_a_deployment_that_is_gone_leaves_nothing_to_witness() -> None:
    _, part = contained()
    gone = Staged()
    asking = Witnessed(at(0)).examine(part)

    assert proof_of(asking, gone).outcome is Outcome.SILENT


def test_our_label_on_a_pod_of_it_hides_nothing_from_a_later_look() -> None:
    world, part = contained()
    evil = {**HASHED, "role": "evil", LABEL: "x"}
    world.put(pod("api-0", labels=evil, ownerReferences=owned("ReplicaSet", "api-5c9d")))
    assert "its 4 pods" in examined(part, world).text

    world.put(named(NETWORK_POLICY, "open", spec={**OPEN, "podSelector": {"matchLabels": {"role": "evil"}}}))
    assert examined(part, world).outcome is Outcome.OPEN


def test_many_pods_are_counted_and_some_looked_at() -> None:
    world, part = contained()
    for number in range(30):
        world.put(pod(f"api-x{number}", labels=HASHED, ownerReferences=owned("ReplicaSet", "api-5c9d")))

    assert "20 of its 33 pods" in examined(part, world).text


def test_another_deployment_of_the_same_name_or_none_is_silence() -> None:
    world, part = contained()
    other = msgspec.structs.replace(part, target=msgspec.structs.replace(part.target, uid="uid-before"))
    assert "another Deployment" in examined(other, world).text

    deployment(world, selector={"matchLabels": {"app": "none"}})
    assert examined(part, world).outcome is Outcome.SILENT


def test_what_is_allowed_after_a_rollback_is_held_against_before_for_all_its_pods() -> None:
    world, part = contained()
    assert proof_of(returned(part), world).outcome is Outcome.OPEN  # still cut

    del world.objects[KubeRef("prod", NETWORK_POLICY, "payments", "firebreak-fb-7k3q-0")]
    assert proof_of(returned(part), world).outcome is Outcome.HOLDS


class Endpoints(Staged):
    """A cluster in which Cilium says something of each pod."""

    says: dict[str, Any] | None = None

    def answer(self, query: Query) -> Answer:
        """Answer as any staged world, and of endpoints what Cilium says."""
        match query:
            case Get(KubeRef(_, kind, _, name) as ref) if kind == CILIUM_ENDPOINT:
                if self.says is None or name == "api-9":
                    return Unavailable("late")
                return Found(ref, Document.of({"status": self.says}), "1")
            case _:
                return super().answer(query)


def cilium(says: dict[str, Any] | None) -> Proof:
    staged, part = contained()
    world = Endpoints(staged.discovered, staged.objects)
    world.says = says
    part = msgspec.structs.replace(part, proving=Proving("Cilium"))
    assert Acknowledged().suits(part)
    return proof_of(Acknowledged().examine(part), world)


SHUT_WAY = {"enforcing": True, "allowed": [{"identity": 1}]}
SOME_DENIED = {"enforcing": True, "allowed": [{}], "denied": [{"identity": 9}]}
ONE_PORT_DENIED = {"enforcing": True, "allowed": [{}], "denied": [{"dest-port": 25, "protocol": 6}]}
DENIED = {"enforcing": True, "allowed": [{"identity": 7}], "denied": [{}]}


def test_endpoints_that_let_nothing_through_hold() -> None:
    policy = {"ingress": SHUT_WAY, "egress": DENIED}
    told = cilium({"state": "ready", "policy": policy})

    assert (told.outcome, "its 3 pods" in told.text) == (Outcome.HOLDS, True)


@pytest.mark.parametrize(
    "says",
    [
        None,
        {"state": "ready"},
        {"state": "regenerating", "policy": {"ingress": SHUT_WAY, "egress": SHUT_WAY}},
        {"state": "ready", "policy": {"ingress": SHUT_WAY}},
        {"state": "ready", "policy": {"ingress": SHUT_WAY, "egress": {"enforcing": False}}},
        {"state": "ready", "policy": {"ingress": SHUT_WAY, "egress": {"enforcing": True, "allowed": [{}]}}},
        {"state": "ready", "policy": {"ingress": SHUT_WAY, "egress": SOME_DENIED}},
        {"state": "ready", "policy": {"ingress": SHUT_WAY, "egress": ONE_PORT_DENIED}},
        {"state": "ready", "policy": "x"},
    ],
)
def test_everything_else_that_endpoints_say_is_silence(says: dict[str, Any] | None) -> None:
    assert cilium(says).outcome is Outcome.SILENT
