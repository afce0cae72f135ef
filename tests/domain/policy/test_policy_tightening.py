"""What votes that were enough before do not meet now is found, and what they meet anyway is not."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import policy as rules
from bot.domain.people import Principal
from bot.domain.policy.requirements import Need
from tests.domain.policy.worlds import ANN, a_policy, a_rule, an_ask, facts

GROUPS = ("leads", "owners", "sre")
people = st.lists(
    st.builds(
        lambda user, groups: rules.Vote(Principal("T1", f"U{user}"), tuple(sorted(groups))),
        st.integers(1, 6),
        st.sets(st.sampled_from(GROUPS)),
    ),
    max_size=8,
)
needs = st.lists(
    st.builds(
        lambda count, groups: Need(count, tuple(sorted(groups)), "rule 1"),
        st.integers(1, 3),
        st.sets(st.sampled_from(GROUPS)),
    ),
    min_size=1,
    max_size=3,
)


def asked(*found: Need) -> rules.Requirements:
    made = rules.requirements(a_policy(), an_ask(), facts())
    assert isinstance(made, rules.Requirements)
    return rules.Requirements(
        found, max(n.count for n in found), (), (), made.approval_expiry, made.lease_default, 7200, None
    )


@given(needs, needs, people)
def test_where_nothing_is_stricter_what_was_enough_is_still_enough(
    before: list[Need], now: list[Need], votes: list[rules.Vote]
) -> None:
    old, new = asked(*before), asked(*now)
    if not rules.stricter(new, old) and rules.satisfied(old, ANN, votes):
        assert rules.satisfied(new, ANN, votes)


@given(needs)
def test_the_same_policy_is_never_stricter(found: list[Need]) -> None:
    assert rules.stricter(asked(*found), asked(*found)) == ()
    assert rules.tightened(asked(*found), asked(*found)) == ""


def test_a_higher_quorum_and_another_group_are_stricter_and_said_so() -> None:
    one, two = (rules.requirements(a_policy(a_rule(quorum=n)), an_ask(), facts()) for n in (1, 2))
    assert isinstance(one, rules.Requirements)
    assert isinstance(two, rules.Requirements)

    assert rules.tightened(two, one) == "the policy was changed and now asks for 2 of leads (rule 1)"
    assert rules.tightened(one, two) == ""
    assert rules.stricter(asked(Need(1, ("owners",), "")), asked(Need(2, ("leads",), "")))
    assert not rules.stricter(asked(Need(1, ("leads", "owners"), "")), asked(Need(1, ("leads",), "")))
