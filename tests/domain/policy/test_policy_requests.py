import pytest

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import (
    Active,
    Decision,
    Permit,
    Scope,
    Unknown,
    may_extend,
    may_read,
    may_request,
    within_caps,
)
from bot.domain.policy.limits import Caps
from bot.domain.policy.policies import EMPTY
from bot.domain.policy.rules import Rule
from tests.domain.policy.worlds import (
    ANN,
    BEN,
    CLEO,
    DAN,
    EVE,
    KNOWN,
    PEOPLE,
    a_lease,
    a_policy,
    a_rule,
    an_ask,
)


def code(decision: Decision) -> str:
    assert isinstance(decision, Refusal), decision
    assert decision.text
    assert decision.remedy
    return decision.code


def test_a_member_of_a_group_that_may_request_may() -> None:
    assert isinstance(may_request(a_policy(), an_ask(), ANN, KNOWN), Permit)


def test_someone_of_another_group_may_not_request() -> None:
    assert code(may_request(a_policy(), an_ask(), CLEO, KNOWN)) == "not-a-member"


@pytest.mark.parametrize("person", PEOPLE)
def test_an_empty_policy_refuses_everyone_everything(person: Principal) -> None:
    assert code(may_request(EMPTY, an_ask(), person, KNOWN)) == "no-rule"
    assert code(may_read(EMPTY, person, KNOWN)) == "nobody-named"
    assert code(may_extend(EMPTY, an_ask(), 60, person, KNOWN)) == "no-rule"


def test_an_empty_list_of_groups_refuses() -> None:
    assert code(may_request(a_policy(a_rule(request=())), an_ask(), ANN, KNOWN)) == "nobody-named"


def test_without_any_membership_everyone_is_refused() -> None:
    assert code(may_request(a_policy(), an_ask(), ANN, {})) == "membership-unknown"


def test_a_membership_that_slack_did_not_tell_refuses_with_its_reason() -> None:
    decision = may_request(a_policy(), an_ask(), ANN, {"on-call": Unknown("ratelimited")})

    assert code(decision) == "membership-unknown"
    assert "ratelimited" in decision.text  # type: ignore[union-attr]  # code() has shown that it is a refusal


def test_being_certainly_in_one_group_is_enough_though_another_is_unknown() -> None:
    policy = a_policy(a_rule(request=("leads", "on-call")))

    assert isinstance(may_request(policy, an_ask(), ANN, {**KNOWN, "leads": Unknown("timeout")}), Permit)


def test_an_ask_without_targets_is_refused() -> None:
    assert code(may_request(a_policy(), an_ask(targets=()), ANN, KNOWN)) == "no-target"


def test_too_many_targets_are_refused() -> None:
    ask = an_ask(*((("a", f"p-{n}")) for n in range(21)))

    assert code(may_request(a_policy(), ask, ANN, KNOWN)) == "too-many-targets"


def test_the_first_rule_that_matches_governs_though_a_later_one_would_permit() -> None:
    strict, open_ = a_rule(namespaces=("pay*",), request=("network",)), a_rule()

    assert code(may_request(a_policy(strict, open_), an_ask(), ANN, KNOWN)) == "not-a-member"
    assert isinstance(may_request(a_policy(strict, open_), an_ask(("shop", "x")), ANN, KNOWN), Permit)


def test_every_rule_that_governs_one_of_the_targets_must_permit() -> None:
    policy = a_policy(a_rule(namespaces=("payments",), request=("network",)), a_rule())
    ask = an_ask(("shop", "x"), ("payments", "y"))

    assert code(may_request(policy, ask, ANN, KNOWN)) == "not-a-member"
    assert code(may_request(policy, ask, EVE, KNOWN)) == "not-a-member"


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(actions=("block-address",)),
        a_rule(clusters=("dev*",)),
        a_rule(namespaces=("shop",)),
        a_rule(scopes=(Scope.ESTATE,)),
    ],
)
def test_a_rule_about_something_else_permits_nothing(rule: Rule) -> None:
    assert code(may_request(a_policy(rule), an_ask(), ANN, KNOWN)) == "no-rule"


@pytest.mark.parametrize("namespaces", [("payments",), ("pay*",), ("**",)])
def test_an_address_is_matched_only_by_a_rule_for_every_namespace(namespaces: tuple[str, ...]) -> None:
    ask = an_ask((None, "203.0.113.7"), action="block-address")

    assert code(may_request(a_policy(a_rule(namespaces=namespaces)), ask, ANN, KNOWN)) == "no-rule"
    assert isinstance(may_request(a_policy(), ask, ANN, KNOWN), Permit)


def test_the_estate_is_matched_only_by_a_rule_for_every_cluster() -> None:
    ask, both = an_ask((None, "203.0.113.7"), scope="estate"), (Scope.CLUSTER, Scope.ESTATE)

    assert code(may_request(a_policy(a_rule(scopes=both, clusters=("prod",))), ask, ANN, KNOWN)) == "no-rule"
    assert isinstance(may_request(a_policy(a_rule(scopes=both)), ask, ANN, KNOWN), Permit)


@pytest.mark.parametrize(
    ("lease", "expected"), [(7201, "lease-too-long"), (0, "lease-empty"), (-5, "lease-empty")]
)
def test_a_lease_outside_the_policys_bounds_is_refused(lease: int, expected: str) -> None:
    assert code(may_request(a_policy(), an_ask(lease=lease), ANN, KNOWN)) == expected


def test_the_shortest_maximum_of_all_governing_rules_holds() -> None:
    policy = a_policy(a_rule(namespaces=("a",), lease=a_lease(default=60, maximum=90)), a_rule())

    assert code(may_request(policy, an_ask(("b", "x"), ("a", "y"), lease=91), ANN, KNOWN)) == "lease-too-long"
    assert isinstance(may_request(policy, an_ask(("b", "x"), lease=91), ANN, KNOWN), Permit)


def test_who_may_read_is_named_apart() -> None:
    assert isinstance(may_read(a_policy(), BEN, KNOWN), Permit)
    assert code(may_read(a_policy(), DAN, KNOWN)) == "not-a-member"


def test_whoever_may_request_or_approve_extends_up_to_the_maximum() -> None:
    policy = a_policy()

    assert isinstance(may_extend(policy, an_ask(), 7200, ANN, KNOWN), Permit)
    assert isinstance(may_extend(policy, an_ask(), 7200, CLEO, KNOWN), Permit)
    assert code(may_extend(policy, an_ask(), 7200, EVE, KNOWN)) == "not-a-member"
    assert code(may_extend(policy, an_ask(), 7201, ANN, KNOWN)) == "lease-too-long"


@pytest.mark.parametrize(
    ("active", "expected"),
    [
        (Active(9, 0, {}, 0), "cap-reached"),
        (Active(4, 4, {}, 0), "cap-reached"),
        (Active(3, 3, {"a": 1}, 0), "cap-reached"),
        (Active(3, 3, {"b": 9}, 3), "too-many-requests"),
    ],
)
def test_each_cap_refuses_what_would_pass_it(active: Active, expected: str) -> None:
    caps = Caps(active_total=10, active_per_cluster=5, active_per_namespace=2, requests_per_person=3)

    assert code(within_caps(a_policy(caps=caps), an_ask(("a", "x"), ("a", "y")), active)) == expected


def test_up_to_the_caps_there_is_room() -> None:
    caps = Caps(active_total=10, active_per_cluster=5, active_per_namespace=2, requests_per_person=3)

    assert isinstance(
        within_caps(a_policy(caps=caps), an_ask(("a", "x"), ("a", "y")), Active(8, 3, {}, 2)), Permit
    )
