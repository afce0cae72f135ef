"""Detaching: which labels go, that nothing is opened by it, and that what is left could not be escaped."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.isolation import LABEL
from bot.domain.isolation.detach import Escape, escape
from bot.domain.residual.openings import allowed
from bot.domain.selectors import Labels, selects
from bot.domain.views import NetworkPolicyView, ServiceView

VALUE = "fb-7k3q-0"


def policy(name: str, selector: dict[str, Any], *, allows: bool = True) -> NetworkPolicyView:
    spec = {"podSelector": selector, "policyTypes": ["Egress"], "egress": [{}] if allows else []}
    body = {"kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}
    return msgspec.json.decode(msgspec.json.encode(body), type=NetworkPolicyView)


def service(name: str, selector: Labels | None) -> ServiceView:
    return msgspec.convert(
        {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": selector}}, ServiceView
    )


def need(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def moves(found: Escape) -> dict[str, str | None]:
    return {one.key: one.after for one in found.moved}


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({"matchLabels": {"app": "api"}}, {"app": "api", "tier": "web"}, {"app": None}),
        (need("app", "In", "api", "web"), {"app": "api"}, {"app": None}),
        (need("app", "Exists"), {"app": "api"}, {"app": None}),
        (need("app", "NotIn", "db"), {"app": "api"}, {"app": "db"}),
        (need("app", "NotIn", "db"), {}, {"app": "db"}),
        (need("gone", "DoesNotExist"), {"app": "api"}, {"gone": "detached"}),
    ],
)
def test_each_requirement_has_its_own_way_out(
    selector: dict[str, Any], labels: Labels, expected: dict[str, str | None]
) -> None:
    found = escape(labels, (policy("x", selector),), (), VALUE)

    assert moves(found) == expected
    assert found.left == ()


def test_a_policy_over_the_whole_namespace_is_named_and_no_label_is_moved_for_it() -> None:
    found = escape({"app": "api"}, (policy("all", {}),), (), VALUE)

    assert found == Escape((), ("all",))


def test_a_policy_that_allows_nothing_is_no_reason_to_move_a_label() -> None:
    assert escape({"app": "api"}, (policy("deny", {}, allows=False),), (), VALUE) == Escape(())


def test_taking_a_label_off_does_not_walk_into_a_policy_that_wants_it_absent() -> None:
    trap = policy("unlabelled", need("app", "DoesNotExist"))
    found = escape({"app": "api"}, (policy("api", {"matchLabels": {"app": "api"}}), trap), (), VALUE)

    assert moves(found) == {"app": "detached"}
    assert found.left == ()


def test_two_that_exclude_each_other_leave_the_second_open_and_name_it() -> None:
    either = policy("a-api", need("app", "In", "api"))
    other = policy("b-other", need("app", "NotIn", "api"))

    assert escape({"app": "api"}, (either, other), (), VALUE) == Escape((), ("a-api",))
    assert escape({"app": "web"}, (either, other), (), VALUE) == Escape((), ("b-other",))


def test_our_own_label_is_there_already_and_never_moved() -> None:
    unmarked, marked = policy("a", need(LABEL, "DoesNotExist")), policy("b", need(LABEL, "Exists"))

    assert escape({}, (unmarked, marked), (), VALUE) == Escape((), ("b",))


def test_services_let_go_too_but_never_at_the_price_of_an_allow() -> None:
    sending = service("api", {"app": "api"})
    trap = policy("others", need("app", "NotIn", "api"))

    assert moves(escape({"app": "api"}, (), (sending,), VALUE)) == {"app": None}
    assert escape({"app": "api"}, (trap,), (sending,), VALUE) == Escape((), (), ("api",))
    assert escape({"app": "api"}, (), (service("headless", None),), VALUE) == Escape(())


def test_what_was_needed_for_one_only_and_then_not_is_left_alone() -> None:
    policies = (
        policy("a", {"matchLabels": {"app": "api", "tier": "web"}}),
        policy("b", {"matchLabels": {"tier": "web"}}),
    )

    assert moves(escape({"app": "api", "tier": "web"}, policies, (), VALUE)) == {"tier": None}


def test_selectors_made_to_be_slow_end_in_time_and_count_as_not_escaped() -> None:
    keys = [f"k{n}" for n in range(14)]
    hard = [
        policy(
            f"p{n:03}",
            {"matchExpressions": [{"key": k, "operator": o} for k, o in zip(three, ops, strict=True)]},
        )
        for n, (three, ops) in enumerate(
            itertools.islice(
                itertools.product(
                    itertools.combinations(keys, 3), itertools.product(("Exists", "DoesNotExist"), repeat=3)
                ),
                2900,
            )
        )
    ]

    found = escape(dict.fromkeys(keys, "v"), hard, (), VALUE)

    assert found.left


KEYS, VALUES = ("a", "b", "c"), ("x", "y")
requirements = st.one_of(
    st.builds(
        lambda k, o, v: {"key": k, "operator": o, "values": v},
        st.sampled_from(KEYS),
        st.sampled_from(("In", "NotIn")),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True),
    ),
    st.builds(
        lambda k, o: {"key": k, "operator": o},
        st.sampled_from(KEYS),
        st.sampled_from(("Exists", "DoesNotExist")),
    ),
)
selectors = st.builds(
    lambda equal, needs: {"matchLabels": equal, "matchExpressions": needs},
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=1),
    st.lists(requirements, max_size=2),
)
policies = st.lists(st.tuples(selectors, st.booleans()), max_size=6).map(
    lambda made: tuple(policy(f"p{n}", selector, allows=allows) for n, (selector, allows) in enumerate(made))
)
carried = st.dictionaries(st.sampled_from(KEYS), st.sampled_from((*VALUES, "z")), max_size=3)
EVERY: tuple[Labels, ...] = tuple(
    {k: v for k, v in zip(KEYS, values, strict=True) if v is not None}
    for values in itertools.product((None, *VALUES, "other"), repeat=len(KEYS))
)


def opening(standing: tuple[NetworkPolicyView, ...], labels: Labels) -> set[str]:
    marked = labels | {LABEL: VALUE}
    return {p.metadata.name for p in standing if allowed(p) and selects(p.spec.pod_selector, marked)}


@given(carried, policies)
def test_afterwards_only_what_is_named_selects_the_pod_and_none_that_did_not_before(
    labels: Labels, standing: tuple[NetworkPolicyView, ...]
) -> None:
    found = escape(labels, standing, (), VALUE)
    after = opening(standing, found.labels(labels))

    assert after == set(found.left)
    assert after <= opening(standing, labels)


@given(carried, policies)
def test_what_is_left_could_not_have_been_escaped_beside_the_others(
    labels: Labels, standing: tuple[NetworkPolicyView, ...]
) -> None:
    left = set(escape(labels, standing, (), VALUE).left)

    assert not any(opening(standing, other) < left for other in EVERY)


@given(carried, policies)
def test_every_move_is_needed_and_says_what_stood_there(
    labels: Labels, standing: tuple[NetworkPolicyView, ...]
) -> None:
    found = escape(labels, standing, (), VALUE)

    assert all(one.before == labels.get(one.key) != one.after for one in found.moved)
    for one in found.moved:
        fewer = Escape(tuple(m for m in found.moved if m is not one))
        assert opening(standing, fewer.labels(labels)) - set(found.left)


@given(carried, policies)
def test_doing_it_twice_moves_nothing_more(labels: Labels, standing: tuple[NetworkPolicyView, ...]) -> None:
    found = escape(labels, standing, (), VALUE)

    again = escape(found.labels(labels), standing, (), VALUE)

    assert again == Escape((), found.left)
