"""Whom a trace asks on about is bounded, by every address that is known, and whoever is left is named."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.following import MOST_PODS, MOST_SPACES, following
from bot.domain.flows.identities import Known
from bot.domain.flows.tracing import Hop, Trace
from tests.domain.flows.observed import API, C2, NODE, at


def reached(*ends: Endpoint, more: int = 0) -> Trace:
    return Trace(API, tuple(Hop(end, (("TCP", 443),), 1, at(0), at(0)) for end in ends), more)


def pod(space: str, name: str) -> Endpoint:
    return Endpoint(being=Being.POD, namespace=space, pod=name)


def test_a_pod_is_asked_about_by_all_of_its_addresses() -> None:
    known = [Known("10.0.3.1", pod("shop", "web-1")), Known("fd00::1", pod("shop", "web-1"))]
    known.append(Known("10.0.3.2", pod("other", "web-1")))

    (subject,) = following(reached(pod("shop", "web-1")), known).subjects

    assert (subject.namespace, subject.pods) == ("shop", ("web-1",))
    assert subject.addresses == ("10.0.3.1", "fd00::1")


def test_whoever_is_left_is_named_and_an_end_beyond_the_cluster_is_nobody_to_follow() -> None:
    many = [pod("shop", f"web-{n}") for n in range(40)]
    wide = [pod(f"team-{n:02}", "db-0") for n in range(11)]
    sums = Endpoint(being=Being.POD, namespace="orders", workload="deployment/cart")

    told = following(reached(*many, *wide, C2, NODE, sums, more=3), ())

    assert told.left == (
        "not followed further: 20 of 40 pods of shop",
        "not followed further: namespaces team-09, team-10",
        "not followed further: node-a, orders/deployment/cart, of which no pod is named",
        "not followed further: 3 more ends, those with the fewest connections",
    )


def test_where_all_are_followed_nothing_is_said() -> None:
    assert following(reached(pod("shop", "web-1"), C2), ()).left == ()


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 30)), max_size=80, unique=True))
def test_each_pod_is_asked_about_or_counted_among_those_that_are_left(seen: list[tuple[int, int]]) -> None:
    told = following(reached(*(pod(f"team-{space}", f"db-{number}") for space, number in seen)), ())

    asked = {(one.namespace, name) for one in told.subjects for name in one.pods}
    assert len(told.subjects) <= MOST_SPACES
    assert all(len(one.pods) <= MOST_PODS for one in told.subjects)
    assert bool(told.left) == (len(asked) < len(seen))
