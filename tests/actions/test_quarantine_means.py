"""A quarantine by other means than the floor: what is written, what it says of itself, and what it recommends."""

import json
from typing import Any

import msgspec
import pytest

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.changes import Create, Patch
from bot.domain.queries import Discovered
from bot.domain.refs import CILIUM_POLICY, NETWORK_POLICY, REPLICA_SET, Kind
from tests.actions.cluster import cluster
from tests.actions.staged import Staged, named, planned, refused


def asking(**how: Any) -> QuarantinePod:
    return QuarantinePod("prod", "payments", ("api-1",), **how)


def allowing(world: Staged, name: str, selector: dict[str, Any]) -> None:
    spec = {"podSelector": selector, "policyTypes": ["Egress"], "egress": [{}]}
    world.put(named(NETWORK_POLICY, name, spec=spec))


@pytest.fixture
def world() -> Staged:
    made = cluster()
    made.put(named(REPLICA_SET, "api", spec={"replicas": 3, "selector": {"matchLabels": {"app": "api"}}}))
    allowing(made, "front", {"matchLabels": {"app": "api"}})
    return made


def kinds(plan: Any) -> list[Kind]:
    return [change.ref.kind for part in plan.parts for change in part.changes]


def test_where_only_labels_escape_a_policy_detaching_is_recommended_with_the_labels(world: Staged) -> None:
    plan = planned(asking(), world)

    (found,) = [w for w in plan.warnings if w.code == "detach-recommended"]
    assert "front" in found.text
    assert "app" in found.text


def test_where_nothing_else_allows_nothing_is_recommended() -> None:
    assert "detach-recommended" not in {w.code for w in planned(asking(), cluster()).warnings}


def test_detaching_says_first_what_lets_go_and_what_the_way_back_does(world: Staged) -> None:
    plan = planned(asking(using="detach"), world)
    codes = {finding.code for finding in plan.side_effects}

    assert {"detach-replicaset", "detach-rollback", "detach-autoscaler", "detach-service"} <= codes
    assert "service-endpoints" not in codes, "a Service that lets go loses no traffic"
    assert plan.blast_radius.services == ()
    costly, labels, _, ours = plan.parts[0].changes
    assert isinstance(labels, Patch)
    assert labels.keys[0].path[-1] == "app"
    assert (isinstance(costly, Patch), isinstance(ours, Patch)) == (True, True)
    assert plan.strategy == "detach"


def test_what_no_label_escapes_is_named_when_detaching(world: Staged) -> None:
    allowing(world, "all", {})

    plan = planned(asking(using="detach"), world)

    assert [w.subject for w in plan.warnings if w.code == "detach-unescapable"] == ["payments/all"]


def test_the_deny_of_an_engine_that_is_not_there_is_refused(world: Staged) -> None:
    assert refused(asking(using="cilium"), world).code == "strategy-not-possible"


def test_what_stays_open_is_in_the_policy_and_in_its_words(world: Staged) -> None:
    plan = planned(asking(using="networkpolicy", allow=("dns", "203.0.113.0/24")), world)
    policy = plan.parts[0].changes[0]

    assert isinstance(policy, Create)
    assert len(policy.body.value["spec"]["egress"]) == 2
    assert "allows only DNS and 203.0.113.0/24 out" in plan.parts[0].words[0]


def test_the_same_world_gives_the_same_changes(world: Staged) -> None:
    one, other = (planned(asking(using="detach"), world) for _ in range(2))

    assert json.loads(msgspec.json.encode(one)) == json.loads(msgspec.json.encode(other))


def test_definitions_of_an_engine_alone_choose_nothing(world: Staged) -> None:
    world.discovered = Discovered("prod", "uid-cluster", serves=(CILIUM_POLICY.served,))

    plan = planned(asking(), world)

    assert CILIUM_POLICY not in kinds(plan)
    assert plan.strategy == "network-policy"
