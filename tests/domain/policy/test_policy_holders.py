"""Handing over never makes two eyes of four, and who is called when nobody decides."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import (
    Duration,
    Permit,
    Release,
    Requirements,
    explain,
    lints,
    may_deny,
    may_release,
    may_vote,
    missing,
    requirements,
    satisfied,
)
from bot.domain.policy.references import problems
from tests.domain.policy.worlds import (
    ANN,
    BEN,
    CLEO,
    KNOWN,
    PEOPLE,
    a_ballot,
    a_policy,
    a_rule,
    a_vote,
    an_ask,
    facts,
)

people = st.sampled_from([*PEOPLE, *(Principal("T2", person.user) for person in PEOPLE)])


def needed(policy: object = None, **changes: object) -> Requirements:
    found = requirements(a_policy(a_rule(**changes)), an_ask(), facts())
    assert isinstance(found, Requirements), (policy, found)
    return found


@given(people, people, people)
def test_neither_who_asked_nor_who_holds_may_approve_by_whatever_id(
    requester: Principal, holder: Principal, voter: Principal
) -> None:
    known = {group: frozenset(PEOPLE) | {voter} for group in KNOWN}
    ballot = msgspec.structs.replace(a_ballot(requester=requester), holder=holder)
    decision = may_vote(a_policy(), ballot, voter, known, 1001.0)
    own = voter.user in {requester.user, holder.user}

    assert isinstance(decision, Refusal) == own, decision


@given(people, people, st.lists(people, max_size=6))
def test_handing_over_never_lessens_what_is_missing(
    requester: Principal, holder: Principal, voters: list[Principal]
) -> None:
    known = {group: frozenset(PEOPLE) | set(voters) for group in KNOWN}
    votes = [a_vote(voter, known) for voter in voters]
    before, after = (
        missing(needed(quorum=2), requester, votes),
        missing(needed(quorum=2), requester, votes, holder),
    )

    assert sum(n.count for n in after) >= sum(n.count for n in before)
    others = {v.user for v in voters} - {requester.user, holder.user}
    assert satisfied(needed(quorum=2), requester, votes, holder) == (len(others) >= 2)


def test_the_new_holder_withdraws_and_the_one_who_asked_no_longer_does() -> None:
    ballot = msgspec.structs.replace(a_ballot(requester=ANN), holder=BEN)

    assert isinstance(may_deny(a_policy(), ballot, BEN, {}, 1001.0), Permit)
    assert isinstance(may_deny(a_policy(), ballot, ANN, {}, 1001.0), Refusal)


def test_the_new_holder_alone_undoes_at_once_and_neither_of_them_lets_go_later() -> None:
    policy = a_policy(a_rule(approve=("leads", "on-call"), release=("leads", "on-call")))
    early, late = Release(an_ask(), ANN, 10, BEN), Release(an_ask(), ANN, 10_000, BEN)

    assert isinstance(may_release(policy, early, BEN, {}), Permit)
    for person in (ANN, BEN, Principal("T2", BEN.user)):
        assert isinstance(may_release(policy, late, person, KNOWN), Refusal)
    assert isinstance(may_release(policy, early, ANN, KNOWN), Refusal)
    assert isinstance(may_release(policy, late, CLEO, KNOWN), Permit)


def test_a_rules_own_escalation_goes_before_the_policys_and_an_empty_one_is_nobody() -> None:
    policy = a_policy(a_rule(), escalation=("network",))
    found = requirements(policy, an_ask(), facts())
    assert isinstance(found, Requirements)
    assert (found.escalation, found.escalate_after) == (("network",), 600)

    own = a_rule(escalation=("leads",), escalate_after=Duration(120))
    found = requirements(a_policy(own, escalation=("network",)), an_ask(), facts())
    assert isinstance(found, Requirements)
    assert (found.escalation, found.escalate_after) == (("leads",), 120)

    found = requirements(a_policy(a_rule(escalation=()), escalation=("network",)), an_ask(), facts())
    assert isinstance(found, Requirements)
    assert found.escalation == ()


def test_several_rules_call_the_groups_of_all_from_the_shortest_time_on() -> None:
    first = a_rule(namespaces=("payments",), escalation=("leads",), escalate_after=Duration(900))
    second = a_rule(escalation=("network", "leads"))
    found = requirements(a_policy(first, second), an_ask(("payments", "a"), ("web", "b")), facts(targets=2))

    assert isinstance(found, Requirements)
    assert (found.escalation, found.escalate_after) == (("leads", "network"), 600)


def test_an_escalation_to_nobody_known_is_a_flaw_and_one_that_comes_too_late_is_a_warning() -> None:
    wrong = a_policy(a_rule(escalation=("nobodies",)), escalation=("ghosts",))
    assert {problem.path for problem in problems(wrong)} == {("rules", 0, "escalation", 0), ("escalation", 0)}

    late = a_policy(a_rule(escalate_after=Duration(7200)), escalation=("network",))
    assert any(lint.path == ("rules", 0, "escalate_after") for lint in lints(late))
    assert "undecided after 2h: network are mentioned" in explain(late)
