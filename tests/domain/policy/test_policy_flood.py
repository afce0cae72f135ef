"""What is too much at once, and whom it asks for."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Refusal
from bot.domain.policy import Crowd, Requirements, Share, Vote, flooding, missing, requirements, satisfied
from bot.domain.policy.limits import Flood
from tests.domain.policy.worlds import (
    ANN,
    BEN,
    CLEO,
    DAN,
    EVE,
    KNOWN,
    a_policy,
    a_rule,
    a_vote,
    an_ask,
    facts,
)

GUARD = Flood(approve=("network",))
shares = st.builds(
    Share,
    namespace=st.just("prod/payments"),
    asked=st.integers(1, 20),
    held=st.integers(0, 50),
    running=st.none() | st.integers(0, 500),
)
crowds = st.builds(
    Crowd, asked=st.integers(0, 20), lately=st.integers(0, 50), shares=st.lists(shares, max_size=2).map(tuple)
)
guards = st.builds(Flood, pods=st.integers(1, 30), namespace_percent=st.integers(1, 100))


def _needed(flood: str, rule_quorum: int = 1) -> Requirements:
    policy = a_policy(a_rule(quorum=rule_quorum), flood=GUARD)
    found = requirements(policy, an_ask(), facts(flood=flood))
    assert isinstance(found, Requirements)
    return found


def test_the_sixth_pod_is_too_much_and_the_fifth_is_not() -> None:
    assert flooding(GUARD, Crowd(1, 4)) == ""
    assert "6 pods" in flooding(GUARD, Crowd(1, 5))
    assert "6 pods" in flooding(GUARD, Crowd(6, 0))


def test_a_tenth_of_a_namespace_is_not_too_much_and_more_is() -> None:
    assert flooding(GUARD, Crowd(2, 0, (Share("prod/x", 2, 0, 20),))) == ""
    assert "3 of 20 pods of prod/x" in flooding(GUARD, Crowd(1, 2, (Share("prod/x", 1, 2, 20),)))


def test_one_pod_alone_is_never_too_large_a_share_and_unknown_counts_as_too_few() -> None:
    assert flooding(GUARD, Crowd(1, 0, (Share("prod/x", 1, 0, 1),))) == ""
    assert flooding(GUARD, Crowd(1, 0, (Share("prod/x", 1, 0, None),))) == ""
    assert "could not be seen" in flooding(GUARD, Crowd(1, 1, (Share("prod/x", 1, 1, None),)))


@given(guards, crowds)
def test_what_cuts_no_pod_is_no_flood(guard: Flood, crowd: Crowd) -> None:
    assert flooding(guard, msgspec.structs.replace(crowd, asked=0)) == ""


@given(guards, crowds, st.integers(0, 20))
def test_more_of_others_never_makes_a_flood_less_of_one(guard: Flood, crowd: Crowd, more: int) -> None:
    fuller = Crowd(
        crowd.asked,
        crowd.lately + more,
        tuple(msgspec.structs.replace(s, held=s.held + more) for s in crowd.shares),
    )
    assert bool(flooding(guard, fuller)) >= bool(flooding(guard, crowd))


@given(guards, crowds)
def test_a_namespace_that_could_not_be_seen_is_never_milder_than_one_that_was(
    guard: Flood, crowd: Crowd
) -> None:
    blind = tuple(msgspec.structs.replace(s, running=None) for s in crowd.shares)
    assert bool(flooding(guard, msgspec.structs.replace(crowd, shares=blind))) >= bool(flooding(guard, crowd))


def test_a_flood_takes_one_of_the_second_group_and_one_person_more() -> None:
    found = _needed("too much")

    assert found.quorum == 2
    assert found.flood == "too much"
    assert "too much" in found.because
    assert not satisfied(found, ANN, [a_vote(CLEO)])
    assert not satisfied(found, ANN, [a_vote(DAN)])  # in both groups, and one person
    assert not satisfied(found, ANN, [a_vote(CLEO), a_vote(BEN)])  # two, and none of the second group
    assert satisfied(found, ANN, [a_vote(CLEO), a_vote(EVE)])
    assert satisfied(found, ANN, [a_vote(CLEO), a_vote(DAN)])


@given(st.integers(1, 3), st.lists(st.sampled_from([ANN, BEN, CLEO, DAN, EVE]), unique=True))
def test_a_flood_never_takes_fewer_than_without(quorum: int, voters: list[object]) -> None:
    votes = [a_vote(voter) for voter in voters]  # type: ignore[arg-type]  # sampled from people
    if satisfied(_needed("too much", quorum), ANN, votes):
        assert satisfied(_needed("", quorum), ANN, votes)


def test_while_no_second_group_is_named_a_flood_is_refused_with_the_remedy() -> None:
    found = requirements(a_policy(flood=Flood()), an_ask(), facts(flood="too much"))

    assert isinstance(found, Refusal)
    assert found.code == "flood"
    assert "second group" in found.remedy


def test_the_many_targets_of_one_request_are_one_worry() -> None:
    policy = a_policy(flood=GUARD)
    targets = tuple(("payments", f"api-{n}") for n in range(6))
    found = requirements(policy, an_ask(*targets), facts(flood="too much", targets=6))

    assert isinstance(found, Requirements)
    assert found.quorum == 2
    assert missing(found, ANN, [Vote(CLEO, ("leads",)), Vote(DAN, ("leads", "network"))]) == ()


def test_the_people_of_the_world_are_as_the_tests_say() -> None:
    assert {DAN} == set(KNOWN["leads"]) & set(KNOWN["network"])  # type: ignore[arg-type]  # nobody is unknown
