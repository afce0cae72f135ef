"""L1: what stands open for a pod as it stands now, by what is really written and nothing else."""

from typing import Any

import msgspec
import pytest

from bot.domain.isolation import LABEL
from bot.domain.ladder.returned import returned
from bot.domain.ladder.rungs import Asking, Outcome, Proof
from bot.domain.ladder.standing import Standing
from bot.domain.plans import Part
from bot.domain.refs import NETWORK_POLICY
from tests.actions.cluster import cluster, quarantine
from tests.actions.staged import Staged, named, planned, pod
from tests.domain.values import OWN_PART

MARK = "fb-7k3q-0"


def proof_of(asking: Asking, world: Staged) -> Proof:
    """Let a rung ask a staged world."""
    try:
        batch = next(asking)
        while True:
            batch = asking.send(tuple(world.answer(query) for query in batch))
    except StopIteration as stop:
        told: Proof = stop.value
        return told


def examined(part: Part, world: Staged) -> Proof:
    return proof_of(Standing().examine(part), world)


def isolate(world: Staged, **spec: Any) -> None:
    """Write what a quarantine writes: the label on the pod, and the policy that selects it."""
    marked = pod("api-1", labels={"app": "api", LABEL: MARK})
    world.put(marked)
    body = {"podSelector": {"matchLabels": {LABEL: MARK}}, "policyTypes": ["Ingress", "Egress"], **spec}
    world.put(named(NETWORK_POLICY, f"firebreak-{MARK}", spec=body))


def contained() -> tuple[Staged, Part]:
    """Return the staged cluster with its one pod contained, and the part that was planned."""
    world = cluster()
    (part,) = planned(quarantine(), world).parts
    isolate(world)
    return world, part


def test_a_pod_that_nothing_allows_anything_holds_though_it_is_quarantined_already() -> None:
    world, part = contained()

    assert examined(part, world).outcome is Outcome.HOLDS


def test_a_policy_that_allows_is_a_hole_with_its_name_and_its_port() -> None:
    world, part = contained()
    ports = [{"protocol": "TCP", "port": 443}]
    world.put(named(NETWORK_POLICY, "new", spec={"podSelector": {}, "egress": [{"ports": ports}]}))

    told = examined(part, world)

    assert told.outcome is Outcome.OPEN
    assert "NetworkPolicy payments/new" in told.text
    assert "443" in told.text
    assert all("payments/api-1 egress" in hole.about for hole in told.holes)


@pytest.mark.parametrize("missing", ["label", "policy"])
def test_what_is_not_written_counts_as_not_there(missing: str) -> None:
    world, part = contained()
    if missing == "label":
        world.put(pod("api-1"))
    else:
        world.objects = {ref: body for ref, body in world.objects.items() if ref.name != f"firebreak-{MARK}"}

    told = examined(part, world)

    assert told.outcome is Outcome.OPEN
    assert "no policy selects it" in told.text


def test_a_pod_that_is_gone_or_another_is_silence() -> None:
    world, part = contained()
    other = pod("api-1", labels={LABEL: MARK})
    other["metadata"]["uid"] = "uid-of-another"
    world.put(other)
    replaced = examined(part, world)
    world.objects = {ref: body for ref, body in world.objects.items() if ref.name != "api-1"}
    gone = examined(part, world)

    assert [replaced.outcome, gone.outcome] == [Outcome.SILENT, Outcome.SILENT]


@pytest.mark.parametrize("blind", ["list networkpolicies in prod/payments", "discover prod"])
def test_what_cannot_be_read_is_silence_and_never_holds(blind: str) -> None:
    world, part = contained()
    world.blind.add(blind)

    assert examined(part, world).outcome is Outcome.SILENT


def test_a_service_that_cannot_be_read_says_nothing_about_policies() -> None:
    world, part = contained()
    world.blind.add("list services in prod/payments")

    assert examined(part, world).outcome is Outcome.HOLDS


def test_a_rule_that_is_not_understood_keeps_it_silent() -> None:
    world, part = contained()
    odd = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"surprise": True}]}
    world.put(named(NETWORK_POLICY, "odd", spec=odd))

    assert examined(part, world).outcome is not Outcome.HOLDS


def test_the_same_hole_has_the_same_name_when_more_pods_stand_behind_it() -> None:
    world, part = contained()
    world.put(
        named(NETWORK_POLICY, "new", spec={"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]})
    )
    before = examined(part, world)
    world.put(pod("api-4"))

    assert [h.about for h in examined(part, world).holes] == [h.about for h in before.holes]


def test_it_suits_only_what_a_quarantine_has_cut() -> None:
    _, part = contained()

    assert [Standing().suits(p) for p in (part, OWN_PART)] == [True, False]


def test_after_a_rollback_what_was_before_is_found_again() -> None:
    world = cluster()
    world.put(named(NETWORK_POLICY, "web", spec={"podSelector": {}, "ingress": [{}]}))
    (part,) = planned(quarantine(), world).parts

    assert proof_of(returned(part), world).outcome is Outcome.HOLDS


def test_after_a_rollback_what_differs_is_named_both_ways() -> None:
    world = cluster()
    world.put(named(NETWORK_POLICY, "web", spec={"podSelector": {}, "ingress": [{}]}))
    (part,) = planned(quarantine(), world).parts
    world.objects = {ref: body for ref, body in world.objects.items() if ref.name != "web"}

    told = proof_of(returned(part), world)

    assert told.outcome is Outcome.OPEN
    assert "no longer allowed: " in told.text
    assert "allowed now, and not before: " in told.text
    assert "payments/web" in told.text


def test_after_a_rollback_what_cannot_be_read_is_said_not_to_be_known() -> None:
    world = cluster()
    (part,) = planned(quarantine(), world).parts
    world.blind.add("get prod: Pod payments/api-1")
    world.blind.add("discover prod")

    assert proof_of(returned(part), world).outcome is Outcome.SILENT


def test_a_part_of_an_older_program_has_nothing_to_compare() -> None:
    _, part = contained()
    assert part.proving is not None
    old = msgspec.structs.replace(part, proving=msgspec.structs.replace(part.proving, before=None))

    assert proof_of(returned(old), cluster()).outcome is Outcome.SILENT
