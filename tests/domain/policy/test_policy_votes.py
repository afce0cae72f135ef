from math import nan

import msgspec
import pytest

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import (
    Decision,
    OnExpiry,
    Permit,
    Requirements,
    Scope,
    Unknown,
    Vote,
    may_deny,
    may_vote,
    missing,
    requirements,
    satisfied,
)
from bot.domain.policy.limits import AddsApprover, ManyTargets
from bot.domain.policy.policies import EMPTY
from tests.domain.policy.worlds import (
    ANN,
    BEN,
    CLEO,
    DAN,
    EVE,
    KNOWN,
    a_ballot,
    a_lease,
    a_policy,
    a_rule,
    a_vote,
    an_ask,
    facts,
)

NOW = 1001.0
ESTATE = (Scope.CLUSTER, Scope.ESTATE)


def code(decision: Decision | Requirements) -> str:
    assert isinstance(decision, Refusal), decision
    return decision.code


def needed(*args: object, **changes: object) -> Requirements:
    found = requirements(*args, **changes)  # type: ignore[arg-type]  # a shorthand that only passes on
    assert isinstance(found, Requirements)
    return found


def test_a_member_of_the_approving_group_may_approve() -> None:
    assert isinstance(may_vote(a_policy(), a_ballot(), CLEO, KNOWN, NOW), Permit)


def test_the_requester_never_approves_though_they_are_in_the_group() -> None:
    assert code(may_vote(a_policy(), a_ballot(requester=BEN), BEN, KNOWN, NOW)) == "own-request"


def test_the_requester_does_not_approve_from_another_workspace_of_the_grid_either() -> None:
    twin = Principal("T2", BEN.user)
    known = {"leads": frozenset({twin, CLEO})}

    assert code(may_vote(a_policy(), a_ballot(requester=BEN), twin, known, NOW)) == "own-request"


def test_someone_outside_the_group_may_not_approve() -> None:
    assert code(may_vote(a_policy(), a_ballot(), EVE, KNOWN, NOW)) == "not-a-member"


def test_a_second_vote_of_one_person_is_refused() -> None:
    assert code(may_vote(a_policy(), a_ballot(a_vote(CLEO)), CLEO, KNOWN, NOW)) == "voted-already"


@pytest.mark.parametrize("now", [999.0, 1000.0 + 1800, 10_000.0, nan])
def test_outside_its_time_a_question_is_over(now: float) -> None:
    assert code(may_vote(a_policy(), a_ballot(), CLEO, KNOWN, now)) == "approval-expired"


def test_the_last_second_of_a_question_counts() -> None:
    assert isinstance(may_vote(a_policy(), a_ballot(), CLEO, KNOWN, 1000.0 + 1799), Permit)


def test_a_vote_under_a_policy_that_no_longer_allows_the_action_is_refused() -> None:
    assert code(may_vote(EMPTY, a_ballot(), CLEO, KNOWN, NOW)) == "no-rule"


@pytest.mark.parametrize("known", [{}, {"leads": Unknown("slack is down")}])
def test_without_live_membership_nobody_approves(known: dict[str, Unknown]) -> None:
    assert code(may_vote(a_policy(), a_ballot(), CLEO, known, NOW)) == "membership-unknown"


def test_a_group_member_added_by_the_estate_may_vote_only_when_the_estate_is_asked() -> None:
    policy = a_policy(a_rule(scopes=ESTATE))
    far = a_ballot(ask=an_ask(scope="estate"), facts=facts(scope="estate"))

    assert isinstance(may_vote(policy, far, EVE, KNOWN, NOW), Permit)
    assert code(may_vote(policy, a_ballot(), EVE, KNOWN, NOW)) == "not-a-member"


def test_the_requester_may_stop_their_own_request_and_an_approver_may_too() -> None:
    assert isinstance(may_deny(a_policy(), a_ballot(), ANN, KNOWN, NOW), Permit)
    assert isinstance(may_deny(a_policy(), a_ballot(), CLEO, KNOWN, NOW), Permit)
    assert code(may_deny(a_policy(), a_ballot(), EVE, KNOWN, NOW)) == "not-a-member"
    assert code(may_deny(a_policy(), a_ballot(), CLEO, KNOWN, 99_999.0)) == "approval-expired"


def test_one_vote_of_the_group_satisfies_a_plain_rule() -> None:
    found = needed(a_policy(), an_ask(), facts())

    assert found.quorum == 1
    assert found.mention == ("leads",)
    assert found.because == ()
    assert not satisfied(found, ANN, [])
    assert satisfied(found, ANN, [a_vote(CLEO)])


def test_a_recorded_vote_of_the_requester_never_counts() -> None:
    found = needed(a_policy(), an_ask(), facts())

    assert not satisfied(found, BEN, [a_vote(BEN)])
    assert not satisfied(found, BEN, [Vote(Principal("T2", BEN.user), ("leads",))])


def test_one_person_is_one_vote_from_whatever_workspace_and_however_often() -> None:
    found = needed(a_policy(a_rule(quorum=2)), an_ask(), facts())
    twice = [a_vote(CLEO), a_vote(CLEO), Vote(Principal("T2", CLEO.user), ("leads",))]

    assert not satisfied(found, ANN, twice)
    assert satisfied(found, ANN, [*twice, a_vote(DAN)])


def test_a_vote_by_someone_of_no_asked_group_does_not_count() -> None:
    assert not satisfied(needed(a_policy(), an_ask(), facts()), ANN, [a_vote(EVE)])


@pytest.mark.parametrize("last", [True, None])
def test_the_last_ready_replica_or_not_knowing_it_asks_for_one_more(last: bool | None) -> None:
    found = needed(a_policy(), an_ask(), facts(last_ready_replica=last))

    assert found.quorum == 2
    assert "last Ready replica" in found.because[0]


def test_many_targets_ask_for_more_and_additions_add_up() -> None:
    adds = AddsApprover(last_ready_replica=1, targets_over=ManyTargets(targets=2, approvers=2))
    found = needed(a_policy(adds_approver=adds), an_ask(), facts(last_ready_replica=True, targets=3))

    assert found.quorum == 4
    assert len(found.because) == 2


def test_targets_are_counted_from_the_ask_when_the_plan_counts_fewer() -> None:
    ask = an_ask(*((("a", f"p-{n}")) for n in range(6)))

    assert needed(a_policy(), ask, facts(targets=1)).quorum == 2


def test_the_estate_needs_a_network_owner_among_the_approvers() -> None:
    found = needed(a_policy(a_rule(scopes=ESTATE)), an_ask(scope="estate"), facts())

    assert found.mention == ("leads", "network")
    assert not satisfied(found, ANN, [a_vote(CLEO)])
    assert not satisfied(found, ANN, [a_vote(EVE)])
    assert satisfied(found, ANN, [a_vote(CLEO), a_vote(EVE)])
    assert satisfied(found, ANN, [a_vote(DAN)])
    assert [need.groups for need in missing(found, ANN, [a_vote(CLEO)])] == [("network",)]


def test_an_estate_without_a_named_group_can_never_be_satisfied() -> None:
    policy = a_policy(a_rule(scopes=ESTATE), adds_approver=AddsApprover())
    found = needed(policy, an_ask(scope="estate"), facts())

    assert not satisfied(found, ANN, [a_vote(p) for p in (BEN, CLEO, DAN, EVE)])


def test_every_governing_rules_quorum_must_be_met_and_the_shortest_times_hold() -> None:
    first = a_rule(
        namespaces=("a",), approve=("network",), lease=a_lease(default=60, maximum=90), approval_expiry=300
    )
    second = a_rule(quorum=2, lease=a_lease(on_expiry=OnExpiry.RELEASE))
    found = needed(a_policy(first, second), an_ask(("a", "x"), ("b", "y")), facts())

    assert (found.lease_default, found.lease_maximum, found.approval_expiry) == (60, 90, 300)
    assert found.on_expiry is None
    assert not satisfied(found, ANN, [a_vote(CLEO), a_vote(BEN)])
    assert satisfied(found, ANN, [a_vote(CLEO), a_vote(BEN), a_vote(EVE)])


def test_one_hold_holds_all() -> None:
    first = a_rule(namespaces=("a",), lease=a_lease(on_expiry=OnExpiry.HOLD))
    second = a_rule(lease=a_lease(on_expiry=OnExpiry.RELEASE))
    found = needed(a_policy(first, second), an_ask(("a", "x"), ("b", "y")), facts())

    assert found.on_expiry is OnExpiry.HOLD


def test_a_protected_target_has_no_requirements_that_could_be_met() -> None:
    hit = Refusal("target-protected", "kube-system/x is protected")

    assert requirements(a_policy(), an_ask(), facts(protected=(hit,))) == hit
    assert may_vote(a_policy(), a_ballot(facts=facts(protected=(hit,))), CLEO, KNOWN, NOW) == hit


def test_a_quorum_below_one_is_not_made_even_past_the_loader() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        a_rule(quorum=0)


def test_requirements_survive_storage() -> None:
    found = needed(a_policy(), an_ask(), facts(last_ready_replica=True))

    assert msgspec.json.decode(msgspec.json.encode(found), type=Requirements) == found


def test_requirements_without_any_need_are_never_satisfied() -> None:
    nothing = msgspec.structs.replace(needed(a_policy(), an_ask(), facts()), needs=())

    assert not satisfied(nothing, ANN, [a_vote(CLEO), a_vote(EVE)])


def test_a_plan_that_turns_out_to_reach_the_estate_needs_its_owner_whatever_was_asked() -> None:
    found = needed(a_policy(), an_ask(), facts(scope="estate"))

    assert not satisfied(found, ANN, [a_vote(CLEO)])
    assert satisfied(found, ANN, [a_vote(CLEO), a_vote(EVE)])
