from typing import Any

import msgspec
import pytest

from bot.domain.policy import Duration, Policy, explain, lints, policy_hash
from bot.domain.policy.explain import path_text
from bot.domain.policy.limits import AddsApprover, Flood, ManyTargets
from bot.domain.policy.policies import EMPTY
from bot.domain.policy.protection import DEFAULT_NAMESPACES, Protected
from bot.domain.policy.references import problems
from bot.domain.policy.rules import Group, Scope
from tests.domain.policy.worlds import ANN, BEN, CLEO, GROUPS, a_lease, a_policy, a_rule

PLAIN = AddsApprover(last_ready_replica=0, targets_over=ManyTargets(approvers=0), estate=("network",))


def told(policy: Policy, clusters: tuple[str, ...] | None = None) -> dict[str, str]:
    return {path_text(lint.path): lint.text for lint in lints(policy, clusters)}


def with_groups(*rules: Any, **groups: Group) -> Policy:
    names = {"reads": ("on-call", "leads", "network")}
    return a_policy(*rules, groups={**GROUPS, **groups}, adds_approver=PLAIN, **names)


def test_a_sound_policy_has_no_warnings() -> None:
    assert told(with_groups(), ("prod",)) == {}


def test_the_hash_is_of_what_is_in_force() -> None:
    spelt = a_policy(protected=Protected(namespaces=DEFAULT_NAMESPACES))

    assert policy_hash(a_policy()) == policy_hash(spelt)
    assert len(policy_hash(a_policy())) == 64


@pytest.mark.parametrize(
    "other",
    [
        a_policy(a_rule(quorum=2)),
        a_policy(a_rule(lease=a_lease(maximum=Duration(7201)))),
        a_policy(reads=("leads",)),
        a_policy(protected=Protected(namespaces=("vault",))),
        a_policy(a_rule(), a_rule(name="again")),
        EMPTY,
    ],
)
def test_the_hash_changes_with_whatever_changes_the_policy(other: Policy) -> None:
    assert policy_hash(other) != policy_hash(a_policy())


def test_the_hash_of_a_known_policy_stays_what_it_was() -> None:
    assert policy_hash(EMPTY) == "36d5b28f903540e56d674e504668fbc8890c12e84505c74b09636bb3266f8ea8"


def test_the_order_of_groups_is_not_part_of_the_hash_and_that_of_rules_is() -> None:
    turned = msgspec.structs.replace(a_policy(), groups=dict(reversed(GROUPS.items())))
    first, second = a_rule(name="a"), a_rule(name="b", clusters=("x",))

    assert policy_hash(turned) == policy_hash(a_policy())
    assert policy_hash(a_policy(first, second)) != policy_hash(a_policy(second, first))


@pytest.mark.parametrize("field", ["request", "approve", "release"])
def test_a_rule_that_names_nobody_is_warned_of(field: str) -> None:
    assert told(with_groups(a_rule(**{field: ()})))[f"rules[0].{field}"] == f"nobody may {field} here"


def test_a_quorum_that_the_listed_people_can_never_reach_is_warned_of() -> None:
    found = told(with_groups(a_rule(approve=("network",), quorum=3)))

    assert "more than the 2 people" in found["rules[0].quorum"]


def test_the_same_single_person_asking_and_approving_is_warned_of() -> None:
    policy = with_groups(a_rule(request=("solo",), approve=("solo",)), solo=Group(users=(ANN.key,)))

    assert "too few others" in told(policy)["rules[0].approve"]


def test_a_quorum_that_fails_only_when_an_approver_asks_is_warned_of() -> None:
    pair = Group(users=(BEN.key, CLEO.key))

    assert (
        "too few others"
        in told(with_groups(a_rule(approve=("pair",), quorum=2), pair=pair))["rules[0].approve"]
    )


def test_additions_that_the_listed_people_can_never_reach_are_warned_of() -> None:
    policy = msgspec.structs.replace(
        with_groups(a_rule(approve=("network",), quorum=2)), adds_approver=AddsApprover(estate=("network",))
    )

    assert "may ask for 4 approvers" in told(policy)["rules[0].approve"]


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        (a_rule(), a_rule(name="late"), True),
        (a_rule(namespaces=("pay*",)), a_rule(namespaces=("payments", "pay-*")), True),
        (a_rule(namespaces=("pay*",)), a_rule(namespaces=("p*",)), False),
        (a_rule(namespaces=("**",)), a_rule(), False),
        (a_rule(actions=("quarantine-pod",)), a_rule(), False),
        (a_rule(), a_rule(scopes=(Scope.ESTATE,)), False),
        (a_rule(clusters=("**",), scopes=(Scope.ESTATE,)), a_rule(scopes=(Scope.ESTATE,)), False),
    ],
)
def test_a_rule_that_an_earlier_one_covers_is_warned_of(first: Any, second: Any, covered: bool) -> None:
    found = told(with_groups(first, second))

    assert ("never matches" in found.get("rules[1]", "")) == covered


def test_the_whole_is_looked_at_too() -> None:
    assert told(EMPTY) == {
        "rules": "there is no rule, so everything is refused",
        "reads": "nobody may use the commands that only show",
    }
    estate = a_policy(
        a_rule(scopes=(Scope.ESTATE,), clusters=("prod",)), adds_approver=AddsApprover(), flood=Flood()
    )
    found = told(estate, ("dev",))

    assert "no group approves for the estate" in found["adds_approver"]
    assert "matches only with clusters" in found["rules[0].scopes"]
    assert "matches none of the clusters: dev" in found["rules[0].clusters[0]"]
    assert "used nowhere" in found["groups.network"]
    replaced = told(a_policy(protected=Protected(defaults="replace", reason="a lab")))
    assert "a lab" in replaced["protected.defaults"]


def test_names_that_mean_nothing_are_found_with_the_nearest_that_does() -> None:
    policy = a_policy(a_rule(approve=("lead",), actions=("quarantine-pods",)), reads=("zzz",))
    found = {path_text(p.path): p.text for p in problems(policy, {"quarantine-pod", "block-address"})}

    assert "did you mean `leads`?" in found["rules[0].approve[0]"]
    assert "did you mean `quarantine-pod`?" in found["rules[0].actions[0]"]
    assert "known here: leads, network, on-call" in found["reads[0]"]


@pytest.mark.parametrize("name", ["everyone", "anyone-in-workspace"])
def test_there_is_no_group_of_everybody(name: str) -> None:
    (problem,) = problems(with_groups(**{name: Group(usergroup="S9")}))

    assert problem.path == ("groups", name)


def test_a_group_without_anybody_can_not_be_written() -> None:
    with pytest.raises(ValueError, match="names a Slack usergroup"):
        Group()


def test_the_explanation_says_who_may_do_what_in_plain_words() -> None:
    text = explain(a_policy(a_rule(name="pods", request=(), quorum=2)), ("prod",))

    assert "1. pods: every action in every cluster, every namespace, scope cluster" in text
    assert "asked for by NOBODY" in text
    assert "approved by 2 of leads, within 30m" in text
    assert "for 1h unless said, at most 2h" in text
    assert "leads: the members of Slack user group S1, asked live" in text
    assert "rules[0].request: nobody may request here" in text
    assert policy_hash(a_policy(a_rule(name="pods", request=(), quorum=2))) in text
    assert text.endswith("\n")
