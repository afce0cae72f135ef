"""Several actions asked for as one: never weaker than asking for each, whatever the policy."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import (
    Active,
    Ask,
    AskAlone,
    BreakGlass,
    Membership,
    OnExpiry,
    Permit,
    PlanFacts,
    Policy,
    Release,
    Requirements,
    Solo,
    Vote,
    may_ask_alone,
    may_deny,
    may_extend,
    may_release,
    may_request,
    may_vote,
    requirements,
    satisfied,
    within_caps,
)
from bot.domain.policy.limits import Flood
from bot.domain.policy.rules import Scope
from tests.domain.policy.test_policy_properties import FACTS, KNOWN, PERSON, POLICIES
from tests.domain.policy.worlds import (
    ANN,
    BEN,
    CLEO,
    DAN,
    EVE,
    PEOPLE,
    a_ballot,
    a_lease,
    a_policy,
    a_rule,
    a_vote,
    an_ask,
    facts,
)
from tests.domain.policy.worlds import KNOWN as MEMBERS

NAMES = st.sampled_from(["quarantine-pod", "quarantine-workload", "block-address"])
STEPS: st.SearchStrategy[Ask] = st.builds(
    Ask,
    action=NAMES,
    cluster=st.just("prod"),
    targets=st.lists(
        st.tuples(st.sampled_from([None, "prod", "dev"]), st.just("x")), min_size=1, max_size=3
    ).map(tuple),
    scope=st.sampled_from([Scope.CLUSTER, Scope.CLUSTER, Scope.ESTATE]),
)
FLOODS = st.sampled_from(["", "", "more than five pods"])
POLICED = st.builds(
    lambda policy, groups: msgspec.structs.replace(policy, flood=Flood(approve=groups)),
    POLICIES,
    st.sampled_from([(), ("network",), ("leads",), ("network", "on-call")]),
)


def together(*steps: Ask, lease: int | None = None) -> Ask:
    """Return the ask for all of these at once, as the engine makes it."""
    targets = tuple(target for step in steps for target in step.targets)
    scope = Scope.ESTATE if any(step.scope == Scope.ESTATE for step in steps) else Scope.CLUSTER
    return Ask("contain", "prod", targets, scope, lease, steps)


COMPOSITES = st.lists(STEPS, min_size=2, max_size=4).map(lambda steps: together(*steps))


def worst(every: list[PlanFacts], flood: str = "") -> PlanFacts:
    """Return what a joined plan says of facts that its steps found."""
    last = [one.last_ready_replica for one in every]
    return PlanFacts(
        last_ready_replica=True if True in last else None if None in last else False,
        targets=sum(one.targets for one in every),
        flood=flood,
    )


def known_votes(known: Membership, voters: list[Principal]) -> list[Vote]:
    return [a_vote(person, known) for person in PEOPLE if person in voters]


@given(POLICED, COMPOSITES, st.lists(FACTS, min_size=4, max_size=4), FLOODS, KNOWN, st.lists(PERSON))
def test_whatever_votes_are_enough_for_all_of_it_are_enough_for_each_step_asked_alone(
    policy: Policy,
    ask: Ask,
    found: list[PlanFacts],
    flood: str,
    known: Membership,
    voters: list[Principal],
) -> None:
    own = found[: len(ask.steps)]
    whole = requirements(policy, ask, worst(own, flood))
    alone = [
        requirements(policy, step, msgspec.structs.replace(one, flood=flood if step.targets[0][0] else ""))
        for step, one in zip(ask.steps, own, strict=True)
    ]
    if isinstance(whole, Refusal):
        return
    assert not [one for one in alone if isinstance(one, Refusal)]
    needed = [one for one in alone if isinstance(one, Requirements)]
    votes = known_votes(known, voters)

    assert whole.quorum >= max(one.quorum for one in needed)
    assert whole.approval_expiry <= min(one.approval_expiry for one in needed)
    assert whole.lease_maximum <= min(one.lease_maximum for one in needed)
    assert all(set(need.groups) <= set(whole.mention) for one in needed for need in one.needs)
    if satisfied(whole, ANN, votes):
        assert all(satisfied(one, ANN, votes) for one in needed)


@given(POLICIES, COMPOSITES, FACTS)
def test_what_is_refused_for_one_step_is_refused_for_all_of_it(
    policy: Policy, ask: Ask, found: PlanFacts
) -> None:
    alone = [requirements(policy, step, found) for step in ask.steps]

    if any(isinstance(one, Refusal) for one in alone):
        assert isinstance(requirements(policy, ask, found), Refusal)


Question = Callable[[Policy, Ask, Principal, Membership], object]


def _asks(policy: Policy, ask: Ask, person: Principal, known: Membership) -> object:
    return may_request(policy, ask, person, known)


def _releases(policy: Policy, ask: Ask, person: Principal, known: Membership) -> object:
    other = next(p for p in PEOPLE if p != person)
    return may_release(policy, Release(ask, other, 5000.0), person, known)


def _extends(policy: Policy, ask: Ask, person: Principal, known: Membership) -> object:
    return may_extend(policy, ask, 60, person, known)


@pytest.mark.parametrize("question", [_asks, _releases, _extends])
@given(POLICIES, COMPOSITES, PERSON, KNOWN)
def test_who_may_ask_for_release_or_extend_all_of_it_may_each_step(
    question: Question, policy: Policy, ask: Ask, person: Principal, known: Membership
) -> None:
    if isinstance(question(policy, ask, person, known), Permit):
        assert all(isinstance(question(policy, step, person, known), Permit) for step in ask.steps)


@given(POLICIES, COMPOSITES, PERSON, KNOWN)
def test_whose_word_alone_is_enough_for_all_of_it_may_approve_each_step(
    policy: Policy, ask: Ask, person: Principal, known: Membership
) -> None:
    whole = requirements(policy, ask, facts())
    if isinstance(whole, Refusal) or not satisfied(whole, Principal("T1", "U9"), [a_vote(person, known)]):
        return
    for step in ask.steps:
        ballot = a_ballot(ask=step, requester=Principal("T1", "U9"))
        assert isinstance(may_vote(policy, ballot, person, known, 1001.0), Permit)


# -- attacks -------------------------------------------------------------------------------------------------

PODS = a_rule(actions=("quarantine-pod",), approve=("leads",), release=("leads",))
ADDRESSES = a_rule(
    actions=("block-address",),
    approve=("network",),
    release=("network",),
    lease=a_lease(on_expiry=OnExpiry.RELEASE),
)
SPLIT = a_policy(PODS, ADDRESSES)
POD, ADDRESS = an_ask(), an_ask((None, "203.0.113.7"), action="block-address")
BOTH = together(POD, ADDRESS)


def needs(policy: Policy, ask: Ask = BOTH, **found: object) -> Requirements:
    made = requirements(policy, ask, facts(targets=2, **found))
    assert isinstance(made, Requirements), made
    return made


def test_a_vote_that_counts_for_one_step_lets_no_other_run() -> None:
    needed = needs(SPLIT)

    assert not satisfied(needed, ANN, [a_vote(CLEO)])  # leads alone
    assert not satisfied(needed, ANN, [a_vote(EVE)])  # network alone
    assert not satisfied(needed, ANN, [a_vote(CLEO), a_vote(BEN)])
    assert satisfied(needed, ANN, [a_vote(CLEO), a_vote(EVE)])
    assert satisfied(needed, ANN, [a_vote(DAN)])  # who is in both


def test_an_approver_of_one_step_may_stop_all_of_it_and_vote_for_their_part() -> None:
    ballot = a_ballot(ask=BOTH)

    for person in (CLEO, EVE):
        assert isinstance(may_vote(SPLIT, ballot, person, MEMBERS, 1001.0), Permit)
        assert isinstance(may_deny(SPLIT, ballot, person, MEMBERS, 1001.0), Permit)


def test_an_approver_of_one_step_releases_nothing_of_the_other() -> None:
    for person in (CLEO, EVE):
        assert isinstance(may_release(SPLIT, Release(BOTH, ANN, 5000.0), person, MEMBERS), Refusal)
    assert isinstance(may_release(SPLIT, Release(BOTH, ANN, 5000.0), DAN, MEMBERS), Permit)


def test_a_flood_of_one_step_is_not_seconded_by_the_approvers_of_another() -> None:
    flooded = msgspec.structs.replace(SPLIT, flood=Flood(approve=("on-call",)))
    needed = needs(flooded, flood="more than five pods")
    ben = a_vote(BEN)  # leads and on-call: one person for two needs

    assert not satisfied(needed, ANN, [ben, a_vote(EVE)])
    assert satisfied(needed, ANN, [ben, a_vote(EVE), a_vote(CLEO)])


def test_a_right_on_the_composite_by_its_name_is_no_right_on_anything() -> None:
    named = a_policy(a_rule(actions=("contain",)))

    for ask in (BOTH, together(POD, POD)):
        refused = may_request(named, ask, ANN, MEMBERS)
        assert isinstance(refused, Refusal)
        assert refused.code == "no-rule"
        assert "quarantine-pod" in refused.text
    first = a_policy(a_rule(actions=("contain",), quorum=1), PODS, ADDRESSES)
    assert needs(first).needs[0].why.startswith("rule 2")


def test_what_is_protected_anywhere_in_it_refuses_all_of_it() -> None:
    kept = Refusal("target-protected", "it is protected")

    assert requirements(SPLIT, BOTH, facts(protected=(kept,))) == kept


def test_an_estate_step_hidden_among_others_asks_for_the_network_owners() -> None:
    wide = a_policy(PODS, a_rule(actions=("block-address",), scopes=("cluster", "estate")))
    hidden = msgspec.structs.replace(
        together(POD, msgspec.structs.replace(ADDRESS, scope=Scope.ESTATE)), scope=Scope.CLUSTER
    )
    needed = needs(wide, hidden)

    assert any(need.groups == ("network",) for need in needed.needs)
    assert not satisfied(needed, ANN, [a_vote(CLEO)])


def test_a_composite_is_never_solo_and_break_glass_needs_a_right_on_each_step() -> None:
    solo = Solo(actions=("quarantine-pod",), clusters=("*",), request=("on-call",), reviewers=("leads",))
    wish = AskAlone("solo", solo, together(POD, an_ask(("shop", "b"))), "it cannot wait", ANN)
    assert isinstance(may_ask_alone(wish, MEMBERS), Refusal)

    def breaking(*actions: str) -> object:
        glass = BreakGlass(actions=actions, clusters=("*",), request=("on-call",), reviewers=("leads",))
        return may_ask_alone(AskAlone("break-glass", glass, BOTH, "it cannot wait", ANN), MEMBERS)

    assert isinstance(breaking("quarantine-pod", "block-address"), Permit)
    assert isinstance(breaking("quarantine-pod", "contain"), Refusal)
    assert isinstance(breaking("contain"), Refusal)


def test_caps_count_the_targets_of_all_steps() -> None:
    capped = a_policy(caps=msgspec.structs.replace(SPLIT.caps, active_per_cluster=2))

    assert isinstance(within_caps(capped, BOTH, Active(0, 0, {}, 0)), Permit)
    assert isinstance(within_caps(capped, BOTH, Active(1, 1, {}, 0)), Refusal)


def test_one_rule_that_holds_holds_all_and_no_rule_leaves_it_to_the_composite() -> None:
    held = a_rule(actions=("quarantine-pod",), lease=a_lease(on_expiry=OnExpiry.HOLD))

    assert needs(a_policy(held, ADDRESSES)).on_expiry is OnExpiry.HOLD
    assert needs(SPLIT).on_expiry is None
