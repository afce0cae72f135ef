"""Whatever the policy: nobody gains by an outage, by the order of things, or by asking for themselves."""

from collections.abc import Callable

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Refusal
from bot.domain.people import Principal, same_human
from bot.domain.policy import (
    UNDO_WINDOW,
    Ask,
    Ballot,
    Decision,
    Members,
    Membership,
    Permit,
    Policy,
    Release,
    Requirements,
    Unknown,
    may_deny,
    may_extend,
    may_read,
    may_release,
    may_request,
    may_vote,
    membership,
    requirements,
    satisfied,
    usergroups,
)
from bot.domain.policy.asks import PlanFacts
from bot.domain.policy.governing import governing
from bot.domain.policy.membership import named
from bot.domain.policy.policies import EMPTY
from bot.domain.policy.rules import Rule
from tests.domain.policy.worlds import GROUPS, PEOPLE, a_lease, a_policy, a_rule, a_vote

GROUP_LISTS = st.lists(st.sampled_from(sorted(GROUPS)), max_size=3, unique=True).map(tuple)
PATTERN_LISTS = st.sampled_from([("*",), ("prod",), ("p*",), ("dev", "prod")])
SCOPES = st.sampled_from([("cluster",), ("estate",), ("cluster", "estate")])
RULES: st.SearchStrategy[Rule] = st.builds(
    a_rule,
    actions=st.sampled_from([("*",), ("quarantine-pod",), ("block-address",)]),
    clusters=PATTERN_LISTS,
    namespaces=PATTERN_LISTS,
    scopes=SCOPES,
    request=GROUP_LISTS,
    approve=GROUP_LISTS,
    release=GROUP_LISTS,
    quorum=st.integers(1, 3),
    lease=st.builds(a_lease, on_expiry=st.sampled_from([None, "hold", "release"])),
)
POLICIES: st.SearchStrategy[Policy] = st.lists(RULES, max_size=3).map(lambda rules: a_policy(*rules))
ASKS: st.SearchStrategy[Ask] = st.builds(
    Ask,
    action=st.sampled_from(["quarantine-pod", "block-address"]),
    cluster=st.sampled_from(["prod", "dev"]),
    targets=st.lists(
        st.tuples(st.sampled_from([None, "prod", "dev"]), st.just("x")), min_size=1, max_size=3
    ).map(tuple),
    scope=st.sampled_from(["cluster", "estate"]),
)
MEMBERS: st.SearchStrategy[Members] = st.frozensets(st.sampled_from(PEOPLE)) | st.just(Unknown("down"))
KNOWN: st.SearchStrategy[Membership] = st.fixed_dictionaries(dict.fromkeys(GROUPS, MEMBERS))
PERSON = st.sampled_from(PEOPLE)
FACTS = st.builds(
    PlanFacts, last_ready_replica=st.sampled_from([None, True, False]), targets=st.integers(1, 9)
)


def questions(policy: Policy, ask: Ask, person: object, known: Membership) -> list[Decision]:
    """Return the answer to everything that this person could ask, the requester being someone else."""
    who = next(p for p in PEOPLE if p == person)
    other = next(p for p in PEOPLE if p != who)
    ballot = Ballot(ask, PlanFacts(False, 1), other, 0.0)
    return [
        may_read(policy, who, known),
        may_request(policy, ask, who, known),
        may_vote(policy, ballot, who, known, 1.0),
        may_deny(policy, ballot, who, known, 1.0),
        may_release(policy, Release(ask, other, 5000.0), who, known),
        may_extend(policy, ask, 60, who, known),
    ]


def permits(decisions: list[Decision]) -> list[bool]:
    return [isinstance(d, Permit) for d in decisions]


@given(POLICIES, ASKS, PERSON)
def test_without_membership_everything_is_refused(policy: Policy, ask: Ask, person: object) -> None:
    assert not any(permits(questions(policy, ask, person, {})))
    assert not any(permits(questions(policy, ask, person, dict.fromkeys(GROUPS, Unknown("down")))))


@given(ASKS, PERSON, KNOWN)
def test_an_empty_policy_refuses_everything(ask: Ask, person: object, known: Membership) -> None:
    assert not any(permits(questions(EMPTY, ask, person, known)))


@given(POLICIES, ASKS, PERSON, KNOWN, st.sampled_from(sorted(GROUPS)))
def test_an_outage_of_one_group_never_permits_more(
    policy: Policy, ask: Ask, person: object, known: Membership, lost: str
) -> None:
    before = permits(questions(policy, ask, person, known))
    after = permits(questions(policy, ask, person, {**known, lost: Unknown("down")}))

    assert all(b or not a for b, a in zip(before, after, strict=True))


@given(POLICIES, ASKS, PERSON, KNOWN, st.permutations(sorted(GROUPS)))
def test_the_order_of_memberships_and_of_named_groups_does_not_matter(
    policy: Policy, ask: Ask, person: object, known: Membership, order: list[str]
) -> None:
    shuffled = msgspec.structs.replace(policy, rules=tuple(_turned(r) for r in policy.rules))
    again = questions(shuffled, ask, person, {name: known[name] for name in order})

    assert permits(questions(policy, ask, person, known)) == permits(again)


def _turned(rule: Rule) -> Rule:
    return msgspec.structs.replace(
        rule, request=rule.request[::-1], approve=rule.approve[::-1], release=rule.release[::-1]
    )


@given(POLICIES, ASKS, PERSON, KNOWN, RULES)
def test_a_rule_appended_changes_nothing_for_what_was_governed_before(
    policy: Policy, ask: Ask, person: object, known: Membership, more: Rule
) -> None:
    longer = msgspec.structs.replace(policy, rules=(*policy.rules, more))
    before = questions(policy, ask, person, known)
    after = questions(longer, ask, person, known)

    assert all(_same(b, a) for b, a in zip(before, after, strict=True))


def _same(before: Decision, after: Decision) -> bool:
    return (not isinstance(before, Permit) and before.code == "no-rule") or isinstance(
        before, Permit
    ) == isinstance(after, Permit)


@given(POLICIES, ASKS, PERSON, KNOWN, st.none() | PERSON, st.floats(0, 2000))
def test_what_nobody_asked_for_is_let_go_by_the_policys_word_alone_whoever_holds_it(
    policy: Policy, ask: Ask, who: Principal, known: Membership, holder: Principal | None, elapsed: float
) -> None:
    decision = may_release(policy, Release(ask, None, elapsed, holder), who, known)
    rules = governing(policy, ask)
    named_by_all = not isinstance(rules, Refusal) and all(
        isinstance(named(rule.release, who, known, "release"), Permit) for rule in rules
    )

    assert named_by_all or isinstance(decision, Refusal)
    if elapsed <= UNDO_WINDOW:
        assert isinstance(decision, Permit) == named_by_all, "holding it neither gives nor takes"


@given(POLICIES, ASKS, FACTS, PERSON, st.lists(PERSON, max_size=6), KNOWN)
def test_the_requesters_votes_and_repeated_votes_change_nothing(
    policy: Policy, ask: Ask, found: PlanFacts, requester: object, voters: list[object], known: Membership
) -> None:
    needed = requirements(policy, ask, found)
    if not isinstance(needed, Requirements):
        return
    who = next(p for p in PEOPLE if p == requester)
    votes = [a_vote(p, known) for p in PEOPLE if p in voters]
    others = [v for v in votes if not same_human(v.voter, who)]

    assert satisfied(needed, who, votes) == satisfied(needed, who, others)
    assert satisfied(needed, who, [*votes, *votes]) == satisfied(needed, who, votes)
    assert satisfied(needed, who, votes[::-1]) == satisfied(needed, who, votes)
    assert not satisfied(needed, who, votes) or len(others) >= needed.quorum >= 1


@given(POLICIES, ASKS, FACTS)
def test_nothing_ever_runs_without_a_vote(policy: Policy, ask: Ask, found: PlanFacts) -> None:
    needed = requirements(policy, ask, found)

    assert not isinstance(needed, Requirements) or not satisfied(needed, PEOPLE[0], [])


def test_only_the_user_groups_of_the_named_groups_are_asked_about_each_once() -> None:
    assert usergroups(a_policy(), ("leads", "leads", "on-call", "no-such")) == ("S1",)


def test_members_by_name_and_by_user_group_add_up_and_an_outage_is_handed_on() -> None:
    ann, ben = PEOPLE[0], PEOPLE[1]
    ask: Callable[[Members], Membership] = lambda answer: membership(a_policy(), {"S1": answer})  # noqa: E731 - one line for two uses

    assert ask(frozenset({ben}))["leads"] == frozenset({ben})
    assert ask(Unknown("down"))["leads"] == Unknown("down")
    assert ask(Unknown("down"))["on-call"] == frozenset({ann, ben})
    assert isinstance(membership(a_policy(), {})["leads"], Unknown)
