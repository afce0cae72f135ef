import pytest

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import Decision, OnExpiry, Permit, Release, may_release
from bot.domain.policy.policies import EMPTY
from tests.domain.policy.worlds import ANN, BEN, CLEO, EVE, KNOWN, a_lease, a_policy, a_rule, an_ask

BLOCK = an_ask((None, "203.0.113.7"), action="block-address")
RELEASES = a_lease(on_expiry=OnExpiry.RELEASE)


def code(decision: Decision) -> str:
    assert isinstance(decision, Refusal), decision
    return decision.code


@pytest.mark.parametrize("elapsed", [0.0, 899.0, 900.0])
def test_within_15_minutes_the_requester_undoes_alone(elapsed: float) -> None:
    assert isinstance(may_release(a_policy(), Release(an_ask(), ANN, elapsed), ANN, {}), Permit)


def test_within_15_minutes_someone_else_needs_the_policys_word_all_the_same() -> None:
    assert code(may_release(a_policy(), Release(an_ask(), ANN, 10), EVE, KNOWN)) == "not-a-member"


def test_the_requesters_twin_in_another_workspace_is_not_the_requester() -> None:
    twin = Principal("T2", ANN.user)

    assert code(may_release(a_policy(), Release(an_ask(), ANN, 10), twin, KNOWN)) == "own-release"


@pytest.mark.parametrize("elapsed", [901.0, -1.0, float("nan")])
def test_outside_the_15_minutes_the_requester_of_a_quarantine_asks_another(elapsed: float) -> None:
    assert code(may_release(a_policy(), Release(an_ask(), BEN, elapsed), BEN, KNOWN)) == "own-release"


def test_later_a_quarantine_is_released_by_another_who_may_approve_and_release() -> None:
    assert isinstance(may_release(a_policy(), Release(an_ask(), ANN, 5000), CLEO, KNOWN), Permit)


def test_a_quarantine_is_not_released_by_someone_who_could_not_approve_it() -> None:
    policy = a_policy(a_rule(release=("network", "leads"), lease=RELEASES))

    assert code(may_release(policy, Release(an_ask(), ANN, 5000), EVE, KNOWN)) == "not-a-member"


def test_an_approver_whom_the_policy_does_not_name_for_release_does_not_release() -> None:
    policy = a_policy(a_rule(release=("network",)))

    assert code(may_release(policy, Release(an_ask(), ANN, 5000), CLEO, KNOWN)) == "not-a-member"


def test_a_block_is_released_by_whom_the_policy_names_the_requester_included() -> None:
    policy = a_policy(a_rule(release=("on-call",), lease=RELEASES))

    assert isinstance(may_release(policy, Release(BLOCK, ANN, 5000), ANN, KNOWN), Permit)
    assert code(may_release(policy, Release(BLOCK, ANN, 5000), CLEO, KNOWN)) == "not-a-member"


def test_what_is_held_at_the_end_of_its_lease_takes_an_approver_too() -> None:
    policy = a_policy(a_rule(release=("on-call",), lease=a_lease(on_expiry=OnExpiry.HOLD)))

    assert code(may_release(policy, Release(BLOCK, BEN, 5000), ANN, KNOWN)) == "not-a-member"
    assert isinstance(may_release(policy, Release(BLOCK, ANN, 5000), BEN, KNOWN), Permit)


def test_without_membership_or_rules_nobody_releases_later() -> None:
    assert code(may_release(a_policy(), Release(an_ask(), ANN, 5000), CLEO, {})) == "membership-unknown"
    assert code(may_release(EMPTY, Release(an_ask(), ANN, 5000), CLEO, KNOWN)) == "no-rule"


@pytest.mark.parametrize("elapsed", [0.0, 900.0])
def test_what_nobody_asked_for_is_undone_at_once_by_whoever_may_release(elapsed: float) -> None:
    policy = a_policy(a_rule(release=("on-call",)))
    release = Release(an_ask(), None, elapsed)

    assert isinstance(may_release(policy, release, ANN, KNOWN), Permit)
    assert code(may_release(policy, release, EVE, KNOWN)) == "not-a-member"
    assert isinstance(may_release(policy, release, ANN, {}), Refusal)


@pytest.mark.parametrize("elapsed", [901.0, -1.0, float("nan")])
def test_later_what_nobody_asked_for_takes_an_approver_too(elapsed: float) -> None:
    policy = a_policy(a_rule(release=("on-call",)))

    assert code(may_release(policy, Release(an_ask(), None, elapsed), ANN, KNOWN)) == "not-a-member"


def test_who_took_over_what_a_playbook_did_is_one_side_of_it() -> None:
    assert code(may_release(a_policy(), Release(an_ask(), None, 5000, BEN), BEN, KNOWN)) == "own-release"


def test_who_took_over_what_a_playbook_did_undoes_it_at_once_only_by_the_policys_word() -> None:
    policy = a_policy(a_rule(release=("on-call",)))

    assert code(may_release(policy, Release(an_ask(), None, 10, EVE), EVE, KNOWN)) == "not-a-member"
    assert isinstance(may_release(policy, Release(an_ask(), None, 10, ANN), ANN, KNOWN), Permit)
    assert isinstance(may_release(policy, Release(an_ask(), None, 10, EVE), ANN, KNOWN), Permit)
