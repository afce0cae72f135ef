"""Who may act without a quorum, on what; who reviews it; and what the policy's text may say of it."""

from textwrap import dedent
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.policy import PolicyError, parse
from bot.domain.findings import Refusal
from bot.domain.people import Principal
from bot.domain.policy import (
    AskAlone,
    BreakGlass,
    Decision,
    Duration,
    Permit,
    Prospect,
    Requirements,
    Scope,
    Solo,
    Unknown,
    explain,
    lints,
    may_ask_alone,
    may_extend_alone,
    may_review,
    may_run_alone,
    requirements,
)
from tests.domain.policy.worlds import ANN, BEN, CLEO, DAN, EVE, KNOWN, a_policy, a_rule, an_ask, facts

SOLO = Solo(actions=("quarantine-pod",), clusters=("prod*",), request=("on-call",), reviewers=("leads",))
GLASS = BreakGlass(
    actions=("quarantine-pod", "block-address"), clusters=("*",), request=("on-call",), reviewers=("leads",)
)
WHY = "nobody answers the phone"


def wished(
    alone: Solo | BreakGlass | None = SOLO, person: Principal = ANN, reason: str = WHY, **ask: Any
) -> AskAlone:
    word = "break-glass" if isinstance(alone, BreakGlass) else "solo"
    return AskAlone(word, alone, an_ask(**ask), reason, person)


def prospect(**changes: Any) -> Prospect:
    known = changes.pop("facts", facts())
    needs = requirements(a_policy(), an_ask(), known)
    assert isinstance(needs, Requirements)
    return Prospect(**{"facts": known, "needs": needs, "reversible": True, "enforced": True, **changes})


def code(decision: Decision) -> str:
    assert isinstance(decision, Refusal), decision
    return decision.code


def test_an_on_call_may_cut_one_pod_alone_where_the_policy_says_so() -> None:
    assert isinstance(may_ask_alone(wished(), KNOWN), Permit)
    assert isinstance(may_run_alone(wished(), prospect()), Permit)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (wished(None), "solo-off"),
        (wished(cluster="test"), "solo-not-here"),
        (wished(action="block-address"), "solo-not-here"),
        (wished(targets=(("payments", "a"), ("payments", "b"))), "solo-one-pod"),
        (wished(targets=((None, "203.0.113.7"),)), "solo-one-pod"),
        (wished(scope=Scope.ESTATE), "solo-estate"),
        (wished(lease=3601), "lease-too-long"),
        (wished(person=CLEO), "not-a-member"),
        (wished(GLASS, scope=Scope.ESTATE), "break-glass-estate"),
        (wished(GLASS, reason=""), "reason-needed"),
        (wished(GLASS, reason="a b c d e f g h i"), "reason-needed"),
        (wished(GLASS, reason="\u200b" * 40), "reason-needed"),
        (wished(GLASS, lease=7201), "lease-too-long"),
        (wished(GLASS, person=EVE), "not-a-member"),
    ],
)
def test_what_the_policy_does_not_allow_alone_is_refused(wish: AskAlone, expected: str) -> None:
    assert code(may_ask_alone(wish, KNOWN)) == expected


def test_a_group_that_slack_does_not_tell_is_nobody() -> None:
    assert code(may_ask_alone(wished(), {"on-call": Unknown("Slack is down")})) == "membership-unknown"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (prospect(reversible=False), "solo-irreversible"),
        (prospect(enforced=False), "solo-forecast"),
        (prospect(facts=facts(last_ready_replica=True)), "solo-asks-more"),
        (prospect(facts=facts(last_ready_replica=None)), "solo-asks-more"),
        (prospect(facts=facts(targets=2)), "solo-one-pod"),
        (prospect(facts=facts(scope=Scope.ESTATE)), "solo-estate"),
    ],
)
def test_a_plan_that_asks_for_more_than_one_person_does_not_run_solo(found: Prospect, expected: str) -> None:
    assert code(may_run_alone(wished(), found)) == expected


def test_break_glass_goes_past_all_that_asks_for_approvers_but_never_to_the_estate() -> None:
    assert isinstance(may_run_alone(wished(GLASS), prospect(facts=facts(last_ready_replica=True))), Permit)
    assert (
        code(may_run_alone(wished(GLASS), prospect(facts=facts(scope=Scope.ESTATE)))) == "break-glass-estate"
    )


@given(
    st.sampled_from([SOLO, GLASS]),
    st.sampled_from([ANN, BEN, CLEO, DAN, EVE]),
    st.lists(
        st.tuples(st.sampled_from(["payments", None]), st.sampled_from(["a", "b"])), min_size=1, max_size=3
    ),
    st.sampled_from(list(Scope)),
    st.none() | st.integers(1, 100_000),
)
def test_whoever_gets_through_is_on_call_within_one_cluster_and_the_time(
    alone: Solo | BreakGlass, person: Principal, targets: list[Any], scope: str, lease: int | None
) -> None:
    wish = wished(alone, person, targets=tuple(targets), scope=scope, lease=lease)
    if isinstance(may_ask_alone(wish, KNOWN), Permit):
        assert person in {ANN, BEN}
        assert scope == Scope.CLUSTER
        assert lease is None or lease <= alone.lease_maximum
        if isinstance(alone, Solo):
            assert len(targets) == 1
            assert targets[0][0]


def test_a_reviewer_is_one_of_those_named_and_never_whose_it_is() -> None:
    assert isinstance(may_review(SOLO, (ANN, ANN), CLEO, KNOWN), Permit)
    assert code(may_review(SOLO, (BEN, BEN), BEN, KNOWN)) == "own-review"
    assert code(may_review(SOLO, (ANN, BEN), BEN, KNOWN)) == "own-review"
    assert code(may_review(SOLO, (Principal("T2", CLEO.user), ANN), CLEO, KNOWN)) == "own-review"
    assert code(may_review(SOLO, (ANN, ANN), EVE, KNOWN)) == "not-a-member"
    assert code(may_review(None, (ANN, ANN), CLEO, KNOWN)) == "nobody-named"


def test_longer_than_one_may_decide_alone_takes_an_approver_who_is_somebody_else() -> None:
    assert isinstance(may_extend_alone(a_policy(), an_ask(), (ANN, ANN), CLEO, KNOWN), Permit)
    assert code(may_extend_alone(a_policy(), an_ask(), (BEN, BEN), BEN, KNOWN)) == "own-extension"
    assert code(may_extend_alone(a_policy(), an_ask(), (ANN, ANN), EVE, KNOWN)) == "not-a-member"
    two = a_policy(a_rule(quorum=2))
    assert code(may_extend_alone(two, an_ask(), (ANN, ANN), CLEO, KNOWN)) == "quorum-needed"
    assert code(may_extend_alone(a_policy(), an_ask(), (), CLEO, KNOWN)) == "quorum-needed", "nobody holds it"


POLICY = dedent("""\
    version: 1
    groups:
      on-call: {users: [T1:U1, T1:U2]}
      leads: {users: [T1:U2, T1:U3]}
    reads: [leads]
    rules:
      - actions: [quarantine-pod]
        clusters: ["*"]
        request: [on-call]
        approve: [leads]
        release: [leads]
        lease: {default: 4h, maximum: 1d}
    flood: {approve: [leads]}
    solo: {actions: [quarantine-pod], clusters: ["*"], request: [on-call], reviewers: [leads]}
    break_glass: {actions: [quarantine-pod], clusters: ["*"], request: [on-call], reviewers: [leads]}
    """)


def test_both_are_off_until_they_are_written_and_have_their_times_then() -> None:
    policy = parse(POLICY, actions=("quarantine-pod", "block-address"))

    assert (a_policy().solo, a_policy().break_glass) == (None, None)
    assert policy.solo is not None
    assert policy.break_glass is not None
    assert (policy.solo.lease_maximum, policy.solo.review_after) == (Duration(3600), Duration(1800))
    assert (policy.break_glass.lease_maximum, policy.break_glass.review_within) == (
        Duration(7200),
        Duration(14400),
    )
    told = explain(policy)
    assert "solo: quarantine-pod in every cluster, every namespace; one pod" in told
    assert "by on-call, for 2h at most, with a typed confirmation" in told
    assert not {lint.path[0] for lint in lints(policy)} & {"solo", "break_glass", "flood"}
    assert "solo: off" in explain(a_policy())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("solo: {actions: [quarantine-pod]", 'solo: {actions: ["*"]', "solo is for quarantines"),
        ("solo: {actions: [quarantine-pod]", "solo: {actions: [block-address]", "solo is for quarantines"),
        ("solo: {actions: [quarantine-pod]", "solo: {actions: [quarantine-node]", "there is no action"),
        ("solo: {", "solo: {lease_maximum: 61m, ", "solo lasts 1h at most, not 61m"),
        ("solo: {", "solo: {review_after: 2h, ", "waits for its review 1h at most"),
        ("solo: {", "solo: {reviewer: [leads], ", "unknown key `reviewer`; did you mean `reviewers`?"),
        ("solo: {", "solo: {namespaces: [], ", "length >= 1"),
        (
            "request: [on-call], reviewers: [leads]}\nbreak",
            "request: [on-call], reviewers: []}\nbreak",
            "length >= 1",
        ),
        (
            "request: [on-call], reviewers: [leads]}\nbreak",
            "request: [on-call]}\nbreak",
            "`reviewers` is missing",
        ),
        (
            "request: [on-call], reviewers: [leads]}\nbreak",
            "request: [oncall], reviewers: [leads]}\nbreak",
            "not defined",
        ),
        (
            "break_glass: {actions: [quarantine-pod]",
            'break_glass: {actions: ["*"]',
            "names its actions one by one",
        ),
        ("break_glass: {", "break_glass: {lease_maximum: 2d, ", "break-glass lasts 1d at most"),
        ("break_glass: {", "break_glass: {review_within: 2d, ", "waits for its review 1d at most"),
        ("flood: {", "flood: {pods: 0, ", ">= 1"),
        ("flood: {", "flood: {namespace_percent: 101, ", "<= 100"),
        ("flood: {approve: [leads]}", "flood: {approve: [lead]}", "did you mean `leads`?"),
    ],
)
def test_what_cannot_be_meant_stops_the_start_with_its_place(old: str, new: str, expected: str) -> None:
    assert old in POLICY
    with pytest.raises(PolicyError) as caught:
        parse(POLICY.replace(old, new), "p.yaml", ("quarantine-pod", "block-address"))

    assert expected in str(caught.value)
    assert str(caught.value).startswith("p.yaml:1")


def test_a_reviewer_list_that_leaves_nobody_is_warned_of() -> None:
    policy = parse(POLICY.replace("leads: {users: [T1:U2, T1:U3]}", "leads: {users: [T1:U2]}"))

    assert ("solo", "reviewers") in {lint.path for lint in lints(policy)}
    without = msgspec.structs.replace(policy, flood=type(policy.flood)())
    assert ("flood",) in {lint.path for lint in lints(without)}
