"""Several actions as one plan: what is joined and how, what does not go together, and that names never collide."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions import parameters, revive
from bot.actions.block_address import BlockAddress
from bot.actions.contain import Contain, Single, one_request
from bot.actions.quarantine_pod import QuarantinePod
from bot.actions.quarantine_workload import QuarantineWorkload
from bot.domain.changes import Contribute, Create
from bot.domain.composing import MOST_STEPS, SHARED_SERVICE
from bot.domain.confirmations import confirmation
from bot.domain.digests import Terms, digest
from bot.domain.findings import Forecast, OfferKind
from bot.domain.isolation import index_of, request_of
from bot.domain.plans import Part
from bot.domain.queries import Get, kube, told
from bot.domain.refs import DEPLOYMENT, NAMESPACE, NODE, SERVICE
from bot.domain.spelling import spelled
from tests.actions.cluster import READY_NODE, cluster
from tests.actions.firewall import FACTS, PROD, block, estate
from tests.actions.staged import NOW, REQUEST, Staged, named, owned, planned, pod, refused

TERMS = Terms(lease=3600, on_expiry="hold", quorum=1)
LABELS = {"app": "web", "pod-template-hash": "77"}


def world() -> Staged:
    """Return a cluster with pods in two namespaces, a Deployment, and the firewall before it."""
    made = cluster()
    made.put(named(NAMESPACE, "shop", status={"phase": "Active"}))
    made.put(named(NODE, "node-1", status=READY_NODE))
    made.put(pod("cart-1", namespace="shop", labels={"app": "cart"}))
    for name in ("web-1", "web-2"):
        body = pod(name, namespace="shop", labels=LABELS, ownerReferences=owned("ReplicaSet", "web-77"))
        made.put(body)
    deployment = named(
        DEPLOYMENT, "web", "shop", spec={"replicas": 2, "selector": {"matchLabels": {"app": "web"}}}
    )
    made.objects[kube("prod", DEPLOYMENT, "shop", "web")] = deployment
    made.objects |= estate().objects
    assert made.discovered is not None
    made.discovered = msgspec.structs.replace(made.discovered, firewall=FACTS)
    return made


PODS = QuarantinePod("prod", "payments", ("api-1", "api-2"))
CART = QuarantinePod("prod", "shop", ("cart-1",))
WEB = QuarantineWorkload("prod", "shop", ("web",))
BLOCKED = block("203.0.113.7", "203.0.113.9")


def contain(*steps: Single) -> Contain:
    return Contain("prod", steps or (PODS, CART, WEB, BLOCKED))


# -- one plan ------------------------------------------------------------------------------------------------


def test_all_parts_stand_in_order_each_in_its_own_lane() -> None:
    plan = planned(contain(), world())

    assert [(p.target.kind, p.target.name) for p in plan.parts] == [
        ("Pod", "api-1"),
        ("Pod", "api-2"),
        ("Pod", "cart-1"),
        ("Deployment", "web"),
        ("Address", "203.0.113.7"),
        ("Address", "203.0.113.9"),
    ]
    assert len({part.lane for part in plan.parts}) == 5  # the firewall's policy is one lane
    assert [(step.action, len(parts)) for step, parts in plan.by_step()] == [
        ("quarantine-pod", 2),
        ("quarantine-pod", 1),
        ("quarantine-workload", 1),
        ("block-address", 2),
    ]
    assert (plan.action, plan.cluster, plan.cluster_uid) == ("contain", "prod", "uid-cluster")


def names(parts: tuple[Part, ...]) -> list[str]:
    return [str(c.ref) for p in parts for c in p.changes if isinstance(c, Create)]


def test_no_two_steps_make_an_object_of_the_same_name_and_each_mark_names_its_own_part() -> None:
    twins = contain(QuarantinePod("prod", "payments", ("api-1",)), CART, WEB)
    plan = planned(twins, world())
    marks = [
        (n, part.proving.mark) for n, part in enumerate(plan.parts) if part.proving and part.proving.mark
    ]

    assert len(set(names(plan.parts))) == len(names(plan.parts)) == 3
    assert [name.rpartition("firebreak-")[2] for name in names(plan.parts)] == [
        f"{REQUEST.lower()}-{n}" for n in range(3)
    ]
    assert marks
    for number, mark in marks:  # our own records are asked by it whose mark it is
        assert (request_of(mark), index_of(mark)) == (REQUEST, number)


def test_a_step_says_the_same_as_it_does_alone() -> None:
    plan = planned(contain(), world())
    alone = [planned(step, world()) for step in contain().steps]

    for own in alone:
        assert set(own.unseen) <= set(plan.unseen)
        assert set(own.warnings) <= set(plan.warnings)
        assert set(own.side_effects) <= set(plan.side_effects)
        assert {(f.code, f.subject) for f in own.residual} <= {(f.code, f.subject) for f in plan.residual}
    assert [step.forecast for step in plan.steps] == [own.forecast for own in alone]
    assert [step.blast_radius.size for step in plan.steps] == [own.blast_radius.size for own in alone]
    assert plan.blast_radius.pods == sum(own.blast_radius.pods for own in alone)
    assert plan.blast_radius.addresses == 2
    assert plan.also == tuple(target for own in alone for target in own.also)
    assert "step 4: 3 to 5 minutes typically" in plan.eta


def test_the_steps_are_asked_side_by_side_and_what_two_ask_once() -> None:
    made = world()
    planning = contain().plan(NOW, REQUEST)
    rounds, batch = 1, next(planning)
    try:
        while True:
            assert len({told(query) for query in batch}) == len(batch)
            batch = planning.send(tuple(made.answer(query) for query in batch))
            rounds += 1
    except StopIteration:
        pass
    alone = [_rounds(step) for step in contain().steps]

    assert rounds == max(alone) < sum(alone)
    assert sum(query == Get(kube("prod", NODE, "", "node-1")) for query in made.asked) <= 2


def _rounds(action: Single) -> int:
    made, planning = world(), action.plan(NOW, REQUEST)
    rounds, batch = 1, next(planning)
    try:
        while True:
            batch = planning.send(tuple(made.answer(query) for query in batch))
            rounds += 1
    except StopIteration:
        return rounds


def test_the_forecast_is_the_worst_and_the_scope_the_widest() -> None:
    plan = planned(contain(PODS, block(scope="estate")), world())

    assert (plan.scope, contain(PODS, block(scope="estate")).at_scope) == ("estate", "estate")
    assert plan.forecast is Forecast.UNKNOWN
    assert plan.reversible
    assert (
        confirmation(plan) == "203.0.113.7"
    )  # the target that reaches beyond the cluster is typed, not the first


def test_it_offers_no_means_that_would_be_for_all_steps_alike() -> None:
    made = world()
    plan = planned(contain(), made)

    assert all(offer.kind is OfferKind.BLOCK for f in plan.residual for offer in f.offers)


def test_a_service_that_two_steps_take_endpoints_from_is_named() -> None:
    made = world()
    made.put(named(SERVICE, "all", "shop", spec={"selector": {"tier": "front"}}))
    for name in ("cart-1", "web-1", "web-2"):
        body = made.put(pod(name, namespace="shop", labels={**LABELS, "tier": "front"}))
        body["metadata"]["labels"] |= {"app": "cart" if name == "cart-1" else "web"}
        body["metadata"] |= {} if name == "cart-1" else {"ownerReferences": owned("ReplicaSet", "web-77")}
    plan = planned(contain(CART, WEB), made)

    (found,) = [warning for warning in plan.warnings if warning.code == SHARED_SERVICE]
    assert found.subject == "shop/all"
    assert "steps 1 and 2" in found.text
    assert plan.blast_radius.services == ("shop/all",)


# -- refused -------------------------------------------------------------------------------------------------


def test_one_refusal_refuses_all_of_it_and_says_which_step() -> None:
    made = world()
    del made.objects[PROD]
    refusal = refused(contain(), made)

    assert refusal.code == "standing-part-absent"
    assert refusal.text.startswith("step 4 (203.0.113.7,203.0.113.9): ")
    missing = contain(QuarantinePod("prod", "payments", ("api-9",)), CART)
    assert refused(missing, world()).text.startswith("step 1 (prod/payments/api-9): there is no pod")


def test_what_did_not_answer_keeps_the_code_by_which_it_is_asked_again() -> None:
    made = world()
    made.blind = {told(Get(PROD))}

    assert refused(contain(), made).code == "firewall-unavailable"


def test_a_pod_that_a_selector_catches_too_is_not_contained_twice() -> None:
    refusal = refused(contain(QuarantinePod("prod", "shop", ("web-1",)), WEB), world())

    assert refusal.code == "target-twice"
    assert "prod/shop/web-1 is hit by step 1 and by step 2" in refusal.text


TWENTY = QuarantinePod("prod", "payments", tuple(f"api-{n}" for n in range(20)))


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((PODS,), "2 to 10 steps"),
        ((TWENTY, BlockAddress("prod", ("203.0.113.7",))), "takes 20 targets in all, not 21"),
        (tuple(QuarantinePod("prod", f"ns-{n}", ("a",)) for n in range(MOST_STEPS + 1)), "not 11"),
        ((PODS, QuarantinePod("prod", "payments", ("api-3",))), "all pods of 'payments' in one place"),
        ((PODS, QuarantinePod("prod", "payments", ("api-1",), using="detach")), "in one place"),
        ((WEB, WEB), "named twice"),
        ((PODS, BlockAddress("dev", ("203.0.113.7",))), "in one cluster"),
        ((block(), block("203.0.113.0/24", scope="estate")), "overlap"),
        ((block(), block("198.51.100.1")), "all addresses of scope cluster in one place"),
    ],
)
def test_steps_that_do_not_go_together_are_refused_in_plain_words(steps: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Contain("prod", steps)


def test_one_step_alone_is_that_action_itself() -> None:
    assert one_request((PODS,)) is PODS
    assert one_request((PODS, CART)) == Contain("prod", (PODS, CART))
    with pytest.raises(ValueError, match="2 to 10"):
        one_request(())


# -- what is agreed --------------------------------------------------------------------------------------------


def test_it_is_stored_and_revived_whole_and_the_digest_changes_with_each_step() -> None:
    asked = contain()
    assert revive("contain", parameters(asked)) == asked
    others = (
        contain(PODS, CART, WEB),
        contain(CART, PODS, WEB, BLOCKED),
        contain(PODS, CART, WEB, block("203.0.113.7")),
        contain(msgspec.structs.replace(PODS, probes="keep"), CART, WEB, BLOCKED),
    )
    digests = [digest(planned(each, world()), TERMS) for each in (asked, *others)]

    assert len(set(digests)) == len(digests)
    assert digests[0] == digest(planned(asked, world()), TERMS)


# -- every combination -----------------------------------------------------------------------------------------

EVERY: tuple[Single, ...] = (PODS, CART, WEB, BLOCKED, block("198.51.100.7", scope="estate"))


@given(st.lists(st.sampled_from(EVERY), min_size=2, max_size=5, unique=True))
def test_whatever_is_put_together_nothing_is_lost_and_nothing_collides(steps: list[Single]) -> None:
    action = Contain("prod", tuple(steps))
    plan = planned(action, world())
    made = [
        str(c.ref) if isinstance(c, Create) else f"{c.thing} {c.entry}"
        for p in plan.parts
        for c in p.changes
        if isinstance(c, Create | Contribute)
    ]

    assert len(plan.parts) == sum(len(step.places) for step in steps) == len(action.places)
    assert len(set(made)) == len(made)
    assert len({(part.target.kind, part.target.uid) for part in plan.parts}) == len(plan.parts)
    assert sum(step.parts for step in plan.steps) == len(plan.parts)
    assert all(part.target.name in plan.summary for part in plan.parts)
    assert spelled(action).startswith("contain ")
