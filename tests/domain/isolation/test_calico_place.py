"""Where a Calico Deny stands, so that it is asked before every allow; and what is asked before it all the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.isolation import LABEL
from bot.domain.isolation.calico import EARLY, LOWEST, expression, placed
from bot.domain.refs import CALICO_POLICY, CALICO_TIER
from bot.domain.selectors import Requirement, Selector
from bot.domain.views import Foreign

VALUE = "fb-7k3q-0"
DEFAULT = ("default", 1_000_000)


def tiers(*named: tuple[str, Any]) -> tuple[Foreign, ...]:
    return tuple(
        Foreign(CALICO_TIER, json.dumps({"metadata": {"name": name}, "spec": {"order": order}}))
        for name, order in named
    )


def policy(name: str, **spec: Any) -> Foreign:
    return Foreign(CALICO_POLICY, json.dumps({"metadata": {"name": name}, "spec": spec}))


def test_without_a_tier_of_our_own_it_stands_in_default_far_before_what_kubernetes_writes() -> None:
    found = placed(tiers(DEFAULT), (policy("default.allow", order=1000),), VALUE, own_tier=False)

    assert (found.tier, found.order, found.tiered, found.before) == ("default", EARLY, True, ())


def test_a_calico_without_tiers_is_not_told_of_any() -> None:
    assert placed((), (), VALUE, own_tier=False).tiered is False


def test_the_own_tier_is_used_where_it_is_there_and_may_be_written() -> None:
    both = tiers(DEFAULT, ("firebreak", 1))

    assert placed(both, (), VALUE, own_tier=True).tier == "firebreak"
    assert placed(both, (), VALUE, own_tier=False).tier == "default"
    assert placed(tiers(DEFAULT), (), VALUE, own_tier=True).tier == "default"


def test_a_policy_that_stands_as_early_is_undercut() -> None:
    found = placed(tiers(DEFAULT), (policy("default.first", order=-5000.5),), VALUE, own_tier=False)

    assert (found.order, found.before) == (-6001, ())


def test_what_no_number_undercuts_is_named() -> None:
    found = placed(tiers(DEFAULT), (policy("default.first", order=-1e300),), VALUE, own_tier=False)

    assert (found.order, found.before) == (LOWEST, ("policy default.first, of order -1e+300",))


def test_another_quarantine_of_ours_selects_other_pods_and_moves_nothing() -> None:
    ours = policy("default.firebreak-fb-aaaa-0", order=EARLY, selector=f"{LABEL} == 'fb-aaaa-0'")
    false = policy("default.firebreak-fb-bbbb-0", order=EARLY, selector=f"{LABEL} == 'x' || all()")

    assert placed(tiers(DEFAULT), (ours,), VALUE, own_tier=False).order == EARLY
    assert placed(tiers(DEFAULT), (false,), VALUE, own_tier=False).order == 2 * EARLY


def test_tiers_that_are_asked_before_are_named_if_anything_stands_in_them() -> None:
    known = tiers(DEFAULT, ("platform", 100), ("empty", 1), ("unordered", None))
    standing = (policy("platform.dns", tier="platform", order=1), policy("unordered.x", tier="unordered"))

    found = placed(known, standing, VALUE, own_tier=False)

    assert found.before == ("the policies of tier platform, of order 100",)


def test_the_own_tier_behind_another_says_so_too() -> None:
    known = tiers(DEFAULT, ("firebreak", 500), ("platform", 100))
    found = placed(known, (policy("platform.dns", tier="platform"),), VALUE, own_tier=True)

    assert (found.tier, found.before) == ("firebreak", ("the policies of tier platform, of order 100",))


def test_what_could_not_be_listed_or_understood_is_said() -> None:
    odd = Foreign(CALICO_POLICY, '{"metadata": {"name": "x"}, "spec": {"order": "first"}}')

    assert placed(None, None, VALUE, own_tier=False).before == (
        "tiers that could not be listed",
        "policies that could not be listed",
    )
    assert placed(tiers(DEFAULT), (odd,), VALUE, own_tier=False).before == (
        "a NetworkPolicy, which could not be understood",
    )


@given(
    st.lists(
        st.one_of(st.none(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False)),
        max_size=8,
    )
)
def test_it_stands_before_every_order_in_use_or_names_who_does_not(orders: list[float | None]) -> None:
    standing = tuple(policy(f"default.p{n}", order=order) for n, order in enumerate(orders))

    found = placed(tiers(DEFAULT), standing, VALUE, own_tier=False)

    assert isinstance(found.order, int)
    assert LOWEST <= found.order <= EARLY
    assert len(found.before) == sum(order is not None and order <= found.order for order in orders)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector({"a": "x", "b/c": ""}), "a == 'x' && b/c == ''"),
        (Selector(match_expressions=(Requirement("a", "In", ("x", "y")),)), "a in { 'x', 'y' }"),
        (Selector({"z": "1"}, (Requirement("a", "NotIn", ("x",)),)), "z == '1' && a not in { 'x' }"),
        (Selector(match_expressions=(Requirement("a", "Exists"),)), "has(a)"),
        (Selector(match_expressions=(Requirement("a", "DoesNotExist"),)), "!has(a)"),
    ],
)
def test_a_label_selector_in_calicos_language(selector: Selector, expected: str) -> None:
    assert expression(selector) == expected


def test_a_selector_that_would_break_out_of_its_quotes_is_refused() -> None:
    with pytest.raises(ValueError, match="quotes"):
        expression(Selector({"a": "x' || all() || a == 'x"}))
    with pytest.raises(ValueError, match="operator"):
        expression(Selector(match_expressions=(Requirement("a", "Gt", ("1",)),)))
