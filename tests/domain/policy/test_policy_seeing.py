"""Who may see flows: rules add up, nothing is the default, and a question that spans namespaces needs all of them."""

import pytest

from bot.domain.findings import Refusal
from bot.domain.policy import Permit, Unknown, lints, may_see, policy_hash
from bot.domain.policy.explain import explain
from bot.domain.policy.policies import Policy
from bot.domain.policy.references import problems
from bot.domain.policy.rules import FlowRule
from tests.domain.policy.worlds import ANN, CLEO, EVE, KNOWN, a_policy

WIDE = FlowRule(clusters=("prod*",), groups=("leads",))
NARROW = FlowRule(clusters=("*",), groups=("on-call",), namespaces=("payments", "shop-*"))


def seen(policy: Policy, place: tuple[str, str]) -> str:
    told = may_see(policy, place, ANN, KNOWN)
    return "yes" if isinstance(told, Permit) else told.code


@pytest.mark.parametrize(
    ("cluster", "namespace", "answer"),
    [
        ("prod", "payments", "yes"),
        ("staging", "shop-eu", "yes"),
        ("prod", "orders", "not-a-member"),
        ("staging", "orders", "flows-nobody"),
        ("prod", "", "not-a-member"),
        ("staging", "", "flows-nobody"),
    ],
)
def test_a_rule_is_for_its_clusters_and_namespaces_alone(cluster: str, namespace: str, answer: str) -> None:
    assert seen(a_policy(flows=(WIDE, NARROW)), (cluster, namespace)) == answer


def test_rules_add_up_and_without_one_nobody_may() -> None:
    both = a_policy(flows=(WIDE, NARROW))
    assert isinstance(may_see(both, ("prod", "payments"), CLEO, KNOWN), Permit)
    assert isinstance(may_see(both, ("prod", "payments"), EVE, KNOWN), Refusal)
    assert seen(a_policy(), ("prod", "payments")) == "flows-nobody"


def test_a_pattern_that_matches_everything_but_is_no_star_is_not_for_the_whole_cluster() -> None:
    odd = FlowRule(clusters=("*",), groups=("on-call",), namespaces=("p*", "*s"))
    assert seen(a_policy(flows=(odd,)), ("prod", "")) == "flows-nobody"


def test_a_group_that_slack_says_nothing_of_is_no() -> None:
    told = may_see(a_policy(flows=(WIDE,)), ("prod", "x"), CLEO, {"leads": Unknown("Slack: timeout")})
    assert isinstance(told, Refusal)
    assert told.code == "membership-unknown"


def test_the_rules_are_checked_explained_and_part_of_the_hash() -> None:
    policy = a_policy(flows=(NARROW,))
    wrong = a_policy(flows=(FlowRule(clusters=("*",), groups=("oncall",)),))
    assert [problem.path for problem in problems(wrong)] == [("flows", 0, "groups", 0)]
    assert "namespaces payments, shop-*: on-call" in explain(policy)
    assert policy_hash(policy) != policy_hash(a_policy())
    only = a_policy(flows=(FlowRule(clusters=("*",), groups=("network",)),))
    assert not [problem for problem in lints(only) if "network" in problem.text and "nowhere" in problem.text]
