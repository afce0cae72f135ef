"""Whom a trace offers to contain: each once, nearest first, and never what must stay."""

import msgspec
import pytest

from bot.domain.composing import MOST_PLACES
from bot.domain.flows.chosen import MOST_SPACES, Chosen, Guarded, Spared, chosen, spared
from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.tracing import Hop, Trace
from bot.domain.policy.protection import Protected
from bot.domain.queries import Answer, Discovered, FirewallFacts, Unavailable
from bot.domain.refs import ArmRef
from tests.domain.flows.observed import EVIL, at

PARTNER: Guarded = (("198.51.100.0/24", "a payment partner"),)
NEVER = Spared(Protected(), PARTNER)


def pod(name: str, namespace: str = "payments", *labels: str) -> Endpoint:
    return Endpoint("10.0.0.1", Being.POD, namespace, name, labels=labels)


def far(address: str) -> Endpoint:
    return Endpoint(address, Being.WORLD)


def hop(end: Endpoint, *further: Endpoint) -> Hop:
    return Hop(end, (("TCP", 443),), 1, at(0), at(1), tuple(map(hop, further)))


def of(*hops: Hop, never: Spared = NEVER) -> Chosen:
    return chosen(Trace(pod("api-1"), hops), never)


def test_pods_of_all_namespaces_and_addresses_stand_once_and_nearest_first() -> None:
    found = of(
        hop(pod("api-2"), far("203.0.113.9"), pod("api-1")),
        hop(pod("cart", "shop"), pod("api-3"), far("203.0.113.7")),
        hop(far("203.0.113.7")),
    )

    assert found.pods == (("payments", ("api-1", "api-2", "api-3")), ("shop", ("cart",)))
    assert found.addresses == ("203.0.113.7", "203.0.113.9")
    assert found.spelled("prod") == "prod/payments/api-1,api-2,api-3 prod/shop/cart 203.0.113.7,203.0.113.9"
    assert (found.left, found.more, found.count) == ((), 0, 6)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (pod("coredns-1", "kube-system"), "kube-system is the cluster's own"),
        (pod("resolver", "dns", "k8s-app=kube-dns"), "the cluster's DNS"),
        (pod("x", "kube-public"), "is protected (namespaces: kube-*)"),
        (pod("db-1", "payments", "tier=crown-jewels"), "is protected (labels: tier=crown-jewels)"),
        (pod("ledger-0"), "is protected (pods: payments/ledger-*)"),
        (far("198.51.100.24"), "never blocked: a payment partner"),
        (far("203.0.113.80"), "is protected (addresses: 203.0.113.80)"),
        (far("2001:db8::1"), "no IPv4 address"),
        (pod("a b"), "no name of a pod"),
    ],
)
def test_what_must_stay_is_left_out_with_the_reason(end: Endpoint, why: str) -> None:
    force = Protected(
        labels=({"tier": "crown-jewels"},), pods=("payments/ledger-*",), addresses=("203.0.113.80",)
    )
    found = of(hop(end), never=Spared(force, PARTNER))

    assert found.count == 1  # the start alone
    ((_, told),) = found.left
    assert why in told


def test_the_clusters_own_stays_out_even_where_the_built_in_protection_was_replaced() -> None:
    bare = Protected(defaults="replace", reason="a test")
    found = of(hop(pod("coredns-1", "kube-system")), hop(pod("x", "kube-public")), never=Spared(bare, ()))

    assert [space for space, _ in found.pods] == ["payments", "kube-public"]


def test_without_a_firewall_or_an_answer_no_address_is_offered() -> None:
    ref = ArmRef("/subscriptions/s/x")
    facts = FirewallFacts(ref, ref, ref, None, guarded=(("203.0.113.0/30", "the API server"),))
    said: dict[str, Answer] = {
        "could not be read": Unavailable("no answer"),
        "no firewall is configured": Discovered("prod", "u"),
        "never blocked: the API server": Discovered("prod", "u", firewall=facts),
        "what must not be blocked cannot be read": Discovered(
            "prod", "u", firewall=msgspec.structs.replace(facts, guarded=(("nonsense", "x"),))
        ),
    }
    for why, answer in said.items():
        found = of(hop(far("203.0.113.1")), never=asked(answer))
        assert found.addresses == ()
        assert why in found.left[0][1], why


def asked(answer: Answer) -> Spared:
    planning = spared(Protected(), "prod")
    next(planning)
    with pytest.raises(StopIteration) as stop:
        planning.send((answer,))
    found = stop.value.value
    assert isinstance(found, Spared)
    return found


def test_what_one_request_cannot_hold_is_counted_and_the_nearest_are_kept() -> None:
    many = of(*(hop(pod(f"api-{n}")) for n in range(2, 40)))
    assert (many.count, many.more) == (MOST_PLACES, 19)
    wide = of(*(hop(pod("a", f"ns-{n}")) for n in range(12)), hop(far("203.0.113.7")))
    assert len(wide.pods) == MOST_SPACES
    assert (wide.addresses, wide.more) == (("203.0.113.7",), 4)


def test_hostile_names_are_never_put_into_a_command() -> None:
    found = of(*(hop(pod(text, text)) for text in EVIL), *(hop(Endpoint(text, Being.WORLD)) for text in EVIL))

    assert found.count == 1
    assert found.spelled("prod") == "prod/payments/api-1"
    assert Chosen().spelled("prod") == ""
    assert Chosen(addresses=("203.0.113.7",)).spelled("prod") == "cluster prod 203.0.113.7"
