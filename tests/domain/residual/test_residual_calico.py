"""Calico's tiers, orders, selectors and rules."""

import json
from typing import Any

import pytest

from bot.domain.residual import Compiled, Connection, World, calico, residual, verdict
from bot.domain.residual.calico_selector import endpoints
from bot.domain.residual.points import Point, holds
from bot.domain.residual.rules import Being, Of
from bot.domain.residual.selectors import NotModelledError
from tests.domain.residual.build import Body, named, pod, policy, world

PODS = [
    pod("web", {"app": "web"}, ips=["10.0.0.1"], ports=[("http", "TCP", 8080)]),
    pod(
        "db",
        {"app": "db"},
        ips=["10.0.0.2"],
        ports=[("sql", "TCP", 5432)],
        spec={"serviceAccountName": "dba"},
    ),
    pod("far", {"app": "far"}, "far", ips=["10.0.1.1"]),
]
OPEN = policy("open", ingress=[{}], egress=[{}])
SHUT = policy("shut", policyTypes=["Ingress", "Egress"])
EARLY: Body = {"kind": "Tier", "metadata": {"name": "early"}, "spec": {"order": 1, "defaultAction": "Pass"}}


def made_policy(name: str = "p", namespace: str = "shop", **spec: Any) -> Body:
    meta = {"name": name, "namespace": namespace} if namespace else {"name": name}
    kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": meta, "spec": spec}


def read(*bodies: Body) -> Compiled:
    return calico.compiled(json.dumps(body) for body in bodies)


def made(*bodies: Body, policies: tuple[Body, ...] = ()) -> World:
    return world(PODS, policies, more=read(*bodies))


def can(there: World, source: str, destination: str, port: int = 80, protocol: str = "TCP") -> bool:
    names = {"web": "shop", "db": "shop", "far": "far"}
    one, other = (named(there, e, names[e]) if e in names else e for e in (source, destination))
    return verdict(Connection(one, other, protocol, port), there).allowed


def test_an_early_tier_that_denies_wins_over_what_a_namespace_allows() -> None:
    deny = made_policy(
        "early.cut",
        tier="early",
        order=0,
        selector="app == 'web'",
        types=["Ingress", "Egress"],
        ingress=[{"action": "Deny"}],
        egress=[{"action": "Deny"}],
    )

    there = made(EARLY, deny, policies=(OPEN,))
    assert not can(there, "web", "203.0.113.7")
    assert not can(there, "db", "web")
    assert can(there, "db", "203.0.113.7")
    assert residual(named(there, "web"), there).allowances == ()


def test_an_allow_in_a_tier_that_is_asked_before_wins_over_the_deny() -> None:
    first: Body = {"kind": "Tier", "metadata": {"name": "first"}, "spec": {"order": 0.5}}
    allow = made_policy("first.ops", "", tier="first", selector="all()", egress=[{"action": "Allow"}])
    deny = made_policy("early.cut", tier="early", selector="all()", egress=[{"action": "Deny"}])

    assert can(made(first, EARLY, allow, deny), "web", "203.0.113.7")


def test_in_a_tier_the_order_decides_and_without_one_it_comes_last() -> None:
    late = made_policy("a-late", egress=[{"action": "Allow"}], selector="all()")
    soon = made_policy("b-soon", order=10, egress=[{"action": "Deny"}], selector="all()")

    assert not can(made(late, soon), "web", "203.0.113.7")
    assert can(made(late), "web", "203.0.113.7")


def test_a_policy_of_the_default_tier_is_asked_among_the_networkpolicies_by_its_order() -> None:
    def deny(order: float) -> Body:
        return made_policy(order=order, selector="all()", egress=[{"action": "Deny"}])

    assert not can(made(deny(-1000), policies=(OPEN,)), "web", "203.0.113.7")
    assert can(made(deny(2000), policies=(OPEN,)), "web", "203.0.113.7")


def test_pass_goes_on_with_the_next_tier_and_what_nobody_matched_is_denied() -> None:
    tier: Body = {"kind": "Tier", "metadata": {"name": "early"}, "spec": {"order": 1}}
    passing = made_policy(
        "early.p",
        tier="early",
        selector="all()",
        egress=[{"action": "Pass", "destination": {"nets": ["203.0.113.0/24"]}}],
    )

    assert can(made(tier, passing), "web", "203.0.113.7")
    assert not can(made(tier, passing), "web", "198.51.100.1")
    assert not can(made(tier, passing, policies=(SHUT,)), "web", "203.0.113.7")


def test_a_tier_is_nothing_to_pods_that_none_of_its_policies_select() -> None:
    only_db = made_policy(
        selector="app == 'db'", egress=[{"action": "Allow", "destination": {"nets": ["10.0.0.0/8"]}}]
    )

    assert can(made(only_db), "web", "203.0.113.7")
    assert not can(made(only_db), "db", "203.0.113.7")


def test_a_selector_of_a_namespaced_rule_stays_in_the_namespace_unless_it_names_others() -> None:
    def to(**entity: Any) -> World:
        return made(made_policy(selector="app == 'web'", egress=[{"action": "Allow", "destination": entity}]))

    assert can(to(selector="all()"), "web", "db")
    assert not can(to(selector="all()"), "web", "far")
    assert can(to(namespaceSelector="projectcalico.org/name == 'far'"), "web", "far")
    assert not can(to(namespaceSelector="projectcalico.org/name == 'far'"), "web", "db")
    assert can(to(namespaceSelector="all()"), "web", "far")
    assert not can(to(namespaceSelector="all()"), "web", "203.0.113.7")
    assert can(to(notSelector="app == 'web'"), "web", "db")
    assert not can(to(notSelector="app == 'db'"), "web", "db")
    assert can(to(serviceAccounts={"names": ["dba"]}), "web", "db")
    assert not can(to(serviceAccounts={"names": ["other"]}), "web", "db")


def test_a_global_policy_selects_in_the_namespaces_that_it_names() -> None:
    cut = made_policy(
        namespace="", namespaceSelector="kubernetes.io/metadata.name == 'far'", egress=[{"action": "Deny"}]
    )

    assert not can(made(cut), "far", "203.0.113.7")
    assert can(made(cut), "web", "203.0.113.7")


def test_nets_ports_and_protocols_and_their_negations() -> None:
    def out(**rule: Any) -> World:
        return made(made_policy(selector="all()", egress=[{"action": "Allow", **rule}]))

    nets = out(destination={"nets": ["203.0.113.0/24"], "notNets": ["203.0.113.7/32"]})
    ports = out(protocol="TCP", destination={"ports": [80, "90:99", "sql"], "notPorts": ["95:96"]})
    assert can(nets, "web", "203.0.113.8")
    assert not can(nets, "web", "203.0.113.7")
    assert not can(nets, "web", "db")
    assert [p for p in (79, 80, 90, 95, 97, 5432) if can(ports, "web", "db", p)] == [80, 90, 97, 5432]
    assert not can(ports, "web", "db", 80, "UDP")
    assert can(out(protocol=6), "web", "db")
    assert not can(out(notProtocol="TCP"), "web", "db")
    assert can(out(notProtocol="UDP"), "web", "db")
    assert not can(out(ipVersion=6), "web", "db")


def test_a_rule_that_only_logs_decides_nothing() -> None:
    assert can(
        made(made_policy(selector="all()", egress=[{"action": "Log"}, {"action": "Allow"}])), "web", "db"
    )


def test_a_network_set_is_chosen_by_its_labels() -> None:
    feed: Body = {
        "kind": "GlobalNetworkSet",
        "metadata": {"name": "feed", "labels": {"threat": "yes"}},
        "spec": {"nets": ["203.0.113.0/24"]},
    }
    deny = made_policy(
        namespace="",
        order=1,
        egress=[{"action": "Deny", "destination": {"selector": "threat == 'yes'"}}, {"action": "Allow"}],
    )

    assert not can(made(feed, deny), "web", "203.0.113.7")
    assert can(made(feed, deny), "web", "198.51.100.1")
    assert can(made(deny), "web", "203.0.113.7")


def test_staged_policies_say_nothing() -> None:
    staged = {**made_policy(selector="all()", egress=[{"action": "Deny"}]), "kind": "StagedNetworkPolicy"}

    assert read(staged) == Compiled()


ODD: list[tuple[Body, str]] = [
    ({"egress": [{"action": "Allow", "http": {"methods": ["GET"]}}]}, "http"),
    ({"egress": [{"action": "Allow", "protocol": "ICMP", "icmp": {"type": 8}}]}, "icmp"),
    ({"egress": [{"action": "Allow", "destination": {"services": {"name": "s"}}}]}, "services"),
    ({"egress": [{"action": "Allow", "source": {"ports": [1]}, "protocol": "TCP"}]}, "ports of the source"),
    ({"egress": [{"action": "Allow", "source": {"selector": "all()"}}]}, "own end"),
    ({"egress": [{"action": "Wave"}]}, "Wave"),
    ({"egress": [{"action": "Allow", "destination": {"selector": "app = 1"}}]}, "app = 1"),
    ({"selector": "app =="}, "app =="),
    ({"tier": "royal"}, "royal"),
    ({"serviceAccountSelector": "a == 'b'"}, "service accounts"),
    ({"doNotTrack": True, "applyOnForward": True}, "before connections are tracked"),
    ({"applyOnForward": True}, "forward"),
    ({"egress": [{"action": "Allow", "destination": {"ports": [80]}}]}, "ports without a protocol"),
    ({"shade": 1}, "shade"),
]


@pytest.mark.parametrize(("spec", "told"), ODD)
def test_what_is_not_known_of_calicos_is_named(spec: Body, told: str) -> None:
    there = made(made_policy("odd", **spec))

    found = residual(named(there, "web"), there).unmodelled
    assert any("Calico NetworkPolicy shop/odd" in text and told in text for text in found)


LABELS = {"app": "web", "tier": "front end", "a/b.c-d": "x"}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("all()", True),
        ("global()", False),
        ("has(app)", True),
        ("!has(app)", False),
        ("!!has(app)", True),
        ("app == 'web'", True),
        ('app=="web"', True),
        ("app != 'web'", False),
        ("nothing != 'web'", True),
        ("app in {'db', 'web'}", True),
        ("app in {}", False),
        ("app not in {'db'}", True),
        ("nothing not in {'db'}", True),
        ("app not in { 'web' }", False),
        ("tier contains 'end'", True),
        ("tier starts with 'front'", True),
        ("tier ends with 'front'", False),
        ("a/b.c-d == 'x'", True),
        ("has(app) && app == 'db' || tier == 'front end'", True),
        ("has(app) && (app == 'db' || tier == 'back')", False),
        ("!(app == 'db') && has( tier )", True),
        ("projectcalico.org/namespace == 'shop'", True),
        ("projectcalico.org/namespace in {'far'}", False),
        ("pcns.team == 'red'", True),
        ("projectcalico.org/orchestrator == 'k8s'", True),
        ("projectcalico.org/serviceaccount == 'default'", True),
    ],
)
def test_the_grammar_of_selectors(selector: str, matches: bool) -> None:
    point = Point(
        Being.POD,
        4,
        (),
        {Of.POD: LABELS, Of.NAMESPACE: {"team": "red"}},
        {Of.NAMESPACE: "shop", Of.SERVICE_ACCOUNT: "default"},
    )

    assert holds(endpoints(selector), point) is matches


@pytest.mark.parametrize(
    "selector",
    [
        "app",
        "== 'a'",
        "app == ",
        "app == b",
        "app in 'a'",
        "app in {'a'",
        "(app == 'a'",
        "app == 'a')",
        "app == 'a",
        "a & b",
        "has()",
        "app starts 'a'",
        "()",
        "!" * 9,
        "(" * 99,
        "pcsa.x == 'y'",
    ],
)
def test_what_is_no_selector_is_not_taken_for_one(selector: str) -> None:
    with pytest.raises(NotModelledError):
        endpoints(selector)


def test_a_rule_that_is_not_known_blurs_nothing_that_an_earlier_tier_has_settled() -> None:
    odd = made_policy(
        "odd", selector="all()", types=["Egress"], egress=[{"action": "Allow", "http": {"methods": ["GET"]}}]
    )
    cut = made_policy(
        "early.cut",
        tier="early",
        selector="all()",
        types=["Ingress", "Egress"],
        ingress=[{"action": "Deny"}],
        egress=[{"action": "Deny"}],
    )

    assert not residual(named(made(odd), "web"), made(odd)).exact
    assert residual(named(made(EARLY, cut, odd), "web"), made(EARLY, cut, odd)).exact
