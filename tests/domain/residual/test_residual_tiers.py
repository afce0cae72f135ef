"""The tiers around NetworkPolicies: what an admin says first, and what is asked last."""

import json
from typing import Any

import pytest

from bot.domain.directions import Direction
from bot.domain.residual import Compiled, Connection, World, residual, sig, verdict
from tests.domain.residual.build import Body, named, node, pod, policy, world

PODS = [
    pod("web", {"app": "web"}, ips=["10.0.0.1"], ports=[("http", "TCP", 8080)]),
    pod("db", {"app": "db"}, ips=["10.0.0.2"], ports=[("sql", "TCP", 5432)]),
    pod("far", {"app": "far"}, "far", ips=["10.0.1.1"]),
]
EVERY: Body = {"namespaces": {}}
INSIDE: Body = {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}}
OPEN = policy("open", ingress=[{}], egress=[{}])
SHUT = policy("shut", policyTypes=["Ingress", "Egress"])


def cluster_policy(name: str = "one", tier: str = "Admin", priority: int = 1, **spec: Any) -> Body:
    whole = {"tier": tier, "priority": priority, "subject": EVERY, **spec}
    return {"kind": "ClusterNetworkPolicy", "metadata": {"name": name}, "spec": whole}


def admin(name: str = "one", priority: int = 1, **spec: Any) -> Body:
    whole = {"priority": priority, "subject": EVERY, **spec}
    return {"kind": "AdminNetworkPolicy", "metadata": {"name": name}, "spec": whole}


def read(*bodies: Body) -> Compiled:
    return sig.compiled(json.dumps(body) for body in bodies)


def made(*bodies: Body, policies: tuple[Body, ...] = ()) -> World:
    return world(PODS, policies, [node("node-0", "10.9.0.1", labels={"role": "edge"})], more=read(*bodies))


def can(there: World, source: str, destination: str, port: int = 80) -> bool:
    names = {"web": "shop", "db": "shop", "far": "far"}
    one, other = (named(there, e, names[e]) if e in names else e for e in (source, destination))
    allowed = verdict(Connection(one, other, "TCP", port), there).allowed
    if isinstance(one, str) or other == "10.9.0.1":
        return allowed
    assert residual(one, there).permits(Direction.EGRESS, other, "TCP", port) is allowed
    return allowed


def rule(action: str, *peers: Body, way: str = "to", **more: Any) -> Body:
    return {"action": action, way: list(peers), **more}


def test_a_deny_of_an_admin_wins_over_every_networkpolicy() -> None:
    there = made(cluster_policy(egress=[rule("Deny", {"networks": ["0.0.0.0/0", "::/0"]})]), policies=(OPEN,))

    assert not can(there, "web", "203.0.113.7")
    assert not can(there, "web", "db")


def test_an_accept_of_an_admin_wins_over_a_networkpolicy_that_allows_nothing() -> None:
    accept = cluster_policy(egress=[rule("Accept", EVERY)], ingress=[rule("Accept", EVERY, way="from")])

    assert can(made(accept, policies=(SHUT,)), "web", "db")
    assert not can(made(accept, policies=(SHUT,)), "web", "203.0.113.7")


def test_pass_goes_on_with_the_networkpolicies_and_past_the_rest_of_its_tier() -> None:
    passing = cluster_policy("first", priority=0, egress=[rule("Pass", EVERY)])
    denying = cluster_policy("second", priority=5, egress=[rule("Deny", EVERY)])

    assert can(made(passing, denying), "web", "db")
    assert not can(made(passing, denying, policies=(SHUT,)), "web", "db")
    assert not can(made(denying), "web", "db")


def test_the_baseline_is_asked_only_where_no_networkpolicy_selects_the_pod() -> None:
    baseline = cluster_policy("default", "Baseline", egress=[rule("Deny", EVERY)])

    assert not can(made(baseline), "web", "db")
    assert can(made(baseline, policies=(OPEN,)), "web", "db")


def test_a_lower_priority_is_asked_first_and_in_a_policy_the_first_rule() -> None:
    deny = cluster_policy("a", priority=9, egress=[rule("Deny", EVERY)])
    accept = cluster_policy("b", priority=3, egress=[rule("Accept", EVERY), rule("Deny", EVERY)])

    assert can(made(deny, accept), "web", "db")


def test_two_policies_of_one_priority_that_say_different_things_are_named() -> None:
    tied = made(
        cluster_policy("a", egress=[rule("Deny", EVERY)]), cluster_policy("b", egress=[rule("Accept", EVERY)])
    )

    assert "the same priority" in residual(named(tied, "web"), tied).unmodelled[0]


def test_ports_are_those_of_both_versions() -> None:
    numbered = rule("Deny", EVERY, protocols=[{"tcp": {"destinationPort": {"number": 80}}}])
    ranged = rule(
        "Deny", EVERY, protocols=[{"tcp": {"destinationPort": {"range": {"start": 90, "end": 99}}}}]
    )
    older = rule("Deny", EVERY, ports=[{"portNumber": {"port": 81}}, {"portRange": {"start": 82, "end": 83}}])
    called = rule("Deny", EVERY, ports=[{"namedPort": "sql"}])
    there = made(cluster_policy(egress=[numbered, ranged]), admin("old", 2, egress=[older, called]))

    assert [p for p in (79, 80, 81, 82, 83, 84, 90, 99, 5432) if not can(there, "web", "db", p)] == [
        *(80, 81, 82, 83, 90, 99, 5432)
    ]


def test_a_subject_can_be_some_pods_and_a_peer_can_be_nodes() -> None:
    deny = cluster_policy(subject=INSIDE, egress=[rule("Deny", {"nodes": {"matchLabels": {"role": "edge"}}})])

    assert not can(made(deny), "web", "10.9.0.1")
    assert can(made(deny), "db", "10.9.0.1")


def test_an_older_baseline_says_allow() -> None:
    baseline: Body = {
        "kind": "BaselineAdminNetworkPolicy",
        "metadata": {"name": "default"},
        "spec": {
            "subject": EVERY,
            "ingress": [rule("Allow", INSIDE, way="from"), rule("Deny", EVERY, way="from")],
        },
    }

    assert can(made(baseline), "web", "db")
    assert not can(made(baseline), "far", "db")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"egress": [rule("Accept", {"domainNames": ["example.com"]})]}, "domain names"),
        ({"egress": [rule("Wave", EVERY)]}, "Wave"),
        ({"egress": [rule("Deny", {"moons": {}})]}, "moons"),
        ({"egress": [rule("Deny", {})]}, "a peer that says nothing"),
        ({"egress": [rule("Deny", {"networks": ["here"]})]}, "here"),
        ({"tier": "Royal"}, "Royal"),
        ({"subject": {"nodes": {}}}, "a subject"),
    ],
)
def test_what_is_not_known_of_an_admins_policy_is_named(spec: Body, told: str) -> None:
    there = made(cluster_policy("odd", **spec))

    found = residual(named(there, "web"), there).unmodelled
    assert any("ClusterNetworkPolicy odd" in text and told in text for text in found)
