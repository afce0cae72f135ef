"""Cilium's allows and denies, its selectors, entities and blocks."""

import json
from typing import Any

import pytest

from bot.domain.residual import Compiled, Connection, World, cilium, residual, verdict
from tests.domain.residual.build import Body, named, node, pod, policy, world

PODS = [
    pod("web", {"app": "web"}, ips=["10.0.0.1"], ports=[("http", "TCP", 8080)]),
    pod("db", {"app": "db"}, ips=["10.0.0.2"], ports=[("sql", "TCP", 5432)]),
    pod("far", {"app": "far"}, "far", ips=["10.0.1.1"]),
]
NODES = [node("node-0", "10.9.0.1"), node("node-1", "10.9.0.2", labels={"role": "edge"})]
WEB: Body = {"matchLabels": {"app": "web"}}
OPEN = policy("open", ingress=[{}], egress=[{}])
SHUT = policy("shut", policyTypes=["Ingress", "Egress"])


def cnp(name: str = "p", namespace: str = "shop", selector: Body = WEB, **spec: Any) -> Body:
    kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
    meta = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"kind": kind, "metadata": meta, "spec": {"endpointSelector": selector, **spec}}


def made(*bodies: Body, policies: tuple[Body, ...] = (), servers: tuple[str, ...] = ()) -> World:
    return world(PODS, policies, NODES, {"far": {"team": "red"}}, more=read(*bodies, servers=servers))


def read(*bodies: Body, servers: tuple[str, ...] = ()) -> Compiled:
    return cilium.compiled((json.dumps(body) for body in bodies), api_servers=servers)


def can(there: World, source: str, destination: str, port: int = 80, protocol: str = "TCP") -> bool:
    names = {"web": "shop", "db": "shop", "far": "far"}
    one, other = (named(there, e, names[e]) if e in names else e for e in (source, destination))
    return verdict(Connection(one, other, protocol, port), there).allowed


def reached(*bodies: Body, **more: Any) -> set[str]:
    """Return whom the web pod can reach: pods, its own node, another node, two addresses of the world."""
    there = made(*bodies, **more)
    ends = ("db", "far", "10.9.0.1", "10.9.0.2", "203.0.113.7", "198.51.100.1")
    return {end for end in ends if can(there, "web", end)}


EVERYBODY = {"db", "far", "10.9.0.1", "10.9.0.2", "203.0.113.7", "198.51.100.1"}


def test_a_deny_wins_over_every_allow_that_of_a_networkpolicy_included() -> None:
    deny = cnp(ingressDeny=[{"fromEntities": ["all"]}], egressDeny=[{"toEntities": ["all"]}])
    there = made(deny, cnp("allow", egress=[{"toEntities": ["all"]}]), policies=(OPEN,))

    assert residual(named(there, "web"), there).allowances == ()
    assert residual(named(there, "web"), there).exact
    assert can(there, "db", "203.0.113.7")


def test_a_deny_with_no_peers_denies_nothing_but_closes_the_direction() -> None:
    assert reached(cnp(egressDeny=[{}])) == set()
    assert reached(cnp(egressDeny=[{}]), policies=(OPEN,)) == EVERYBODY


def test_a_direction_without_rules_stays_open_and_default_deny_can_be_switched_off() -> None:
    assert reached(cnp(ingress=[{}])) == EVERYBODY
    assert reached(cnp(egress=[])) == EVERYBODY
    assert reached(cnp(egress=[{}])) == set()
    assert reached(cnp(egress=[{}], enableDefaultDeny={"egress": False})) == EVERYBODY
    unclosed = cnp(egressDeny=[{"toCIDR": ["203.0.113.0/24"]}], enableDefaultDeny={"egress": False})
    assert reached(unclosed) == EVERYBODY - {"203.0.113.7"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, {"db"}),
        ({"matchLabels": {"app": "far"}}, set()),
        ({"matchLabels": {"k8s:io.kubernetes.pod.namespace": "far"}}, {"far"}),
        ({"matchLabels": {"k8s:io.cilium.k8s.namespace.labels.team": "red"}}, {"far"}),
        (
            {"matchExpressions": [{"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"}]},
            {"db", "far"},
        ),
        ({"matchLabels": {"k8s:app": "db"}}, {"db"}),
        ({"matchLabels": {"any:app": "db"}}, {"db"}),
        ({"matchLabels": {"k8s:io.cilium.k8s.policy.serviceaccount": "default"}}, {"db"}),
        ({"matchLabels": {"reserved:world": ""}}, {"203.0.113.7", "198.51.100.1"}),
    ],
)
def test_endpoints_are_those_of_the_own_namespace_unless_others_are_named(
    selector: Body, expected: set[str]
) -> None:
    assert reached(cnp(egress=[{"toEndpoints": [selector]}])) == expected


def test_a_clusterwide_policy_means_pods_of_all_namespaces() -> None:
    assert reached(cnp(namespace="", egress=[{"toEndpoints": [{}]}])) == {"db", "far"}


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("all", EVERYBODY),
        ("world", {"203.0.113.7", "198.51.100.1"}),
        ("cluster", {"db", "far", "10.9.0.1", "10.9.0.2"}),
        ("host", {"10.9.0.1"}),
        ("remote-node", {"10.9.0.2"}),
        ("world-ipv4", {"203.0.113.7", "198.51.100.1"}),
        ("world-ipv6", set()),
        ("none", set()),
    ],
)
def test_entities(entity: str, expected: set[str]) -> None:
    allow = cnp(egress=[{"toEntities": [entity]}])

    assert reached(allow) == expected
    assert residual(named(made(allow), "web"), made(allow)).exact


def test_the_api_server_is_where_it_is_told_to_be_and_else_it_is_not_known() -> None:
    allow = cnp(egress=[{"toEntities": ["kube-apiserver"]}])

    assert reached(allow, servers=("10.9.0.2",)) == {"10.9.0.2"}
    assert reached(allow, servers=("203.0.113.7",)) == {"203.0.113.7"}
    assert "API server" in residual(named(made(allow), "web"), made(allow)).unmodelled[0]


def test_blocks_match_neither_pods_nor_nodes() -> None:
    everything = cnp(egress=[{"toCIDRSet": [{"cidr": "0.0.0.0/0", "except": ["198.51.100.0/24"]}]}])

    assert reached(everything) == {"203.0.113.7"}


def test_ports_by_number_name_range_and_protocol() -> None:
    def to(*ports: Body) -> World:
        return made(cnp(egress=[{"toEndpoints": [{}], "toPorts": [{"ports": list(ports)}]}]))

    there = to(
        {"port": "80", "protocol": "TCP"}, {"port": "90", "endPort": 99}, {"port": "sql", "protocol": "ANY"}
    )
    assert [p for p in (79, 80, 90, 99, 100, 5432) if can(there, "web", "db", p)] == [80, 90, 99, 5432]
    assert not can(there, "web", "db", 80, "UDP")
    assert can(there, "web", "db", 95, "UDP")
    assert can(to({"port": "0", "protocol": "UDP"}), "web", "db", 7, "UDP")


def test_ports_without_peers_are_those_of_everybody() -> None:
    assert reached(cnp(egress=[{"toPorts": [{"ports": [{"port": "80"}]}]}])) == EVERYBODY


def test_other_nodes_are_chosen_by_their_labels() -> None:
    assert reached(cnp(egress=[{"toNodes": [{"matchLabels": {"role": "edge"}}]}])) == {"10.9.0.2"}
    assert reached(cnp(egress=[{"toNodes": [{}]}])) == {"10.9.0.2"}


def test_several_specs_are_several_policies_and_hosts_have_their_own() -> None:
    both = {**cnp(), "spec": None, "specs": [{"endpointSelector": WEB, "egress": [{}]}]}
    host: Body = {
        "kind": "CiliumClusterwideNetworkPolicy",
        "metadata": {"name": "h"},
        "spec": {"nodeSelector": {}, "ingress": [{}]},
    }

    assert reached(both) == set()
    assert read(host) == Compiled()


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"toFQDNs": [{"matchName": "example.com"}]}, "toFQDNs"),
        ({"toServices": [{"k8sService": {"serviceName": "s"}}]}, "toServices"),
        ({"toGroups": [{}]}, "toGroups"),
        ({"icmps": [{"fields": [{"type": 8}]}]}, "icmps"),
        ({"toEntities": ["moon"]}, "moon"),
        ({"toEntities": ["health"]}, "health"),
        ({"toEntities": ["world"], "toCIDR": ["10.0.0.0/8"]}, "several sorts"),
        ({"toEndpoints": [{"matchLabels": {"container:x": "y"}}]}, "container:x"),
        ({"toCIDR": ["nowhere"]}, "nowhere"),
        ({"toCIDRSet": [{"cidrGroupRef": "g"}]}, "cidrGroupRef"),
        ({"toPorts": [{"ports": [{"port": "80", "protocol": "QUIC"}]}]}, "QUIC"),
        ({"toEntities": ["world"], "authentication": {"mode": "required"}}, "what it asks of the traffic"),
    ],
)
def test_what_is_not_known_of_ciliums_is_named(rule: Body, told: str) -> None:
    there = made(cnp("odd", egress=[rule]))

    found = residual(named(there, "web"), there).unmodelled
    assert any("CiliumNetworkPolicy shop/odd" in text and told in text for text in found)


def test_a_rule_that_looks_into_the_traffic_counts_as_open_on_its_port_and_says_so() -> None:
    rule = {
        "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}}]
    }
    there = made(cnp(egress=[rule]))

    assert can(there, "web", "203.0.113.7")
    assert not can(there, "web", "203.0.113.7", 81)
    assert not residual(named(there, "web"), there).exact


def test_a_rule_that_is_not_known_blurs_nothing_that_a_deny_has_settled_before_it() -> None:
    names = cnp("names", egress=[{"toFQDNs": [{"matchName": "example.com"}]}], ingress=[{}])
    some = cnp("some", egressDeny=[{"toEntities": ["cluster"]}])
    all_of_it = cnp("cut", egressDeny=[{"toEntities": ["all"]}], ingressDeny=[{"fromEntities": ["all"]}])

    assert residual(named(made(names, all_of_it), "web"), made(names, all_of_it)).exact
    assert not residual(named(made(names, some), "web"), made(names, some)).exact
    asked = Connection(named(made(), "web"), named(made(), "db"), "TCP", 80)
    assert verdict(asked, made(names, some)).unmodelled == ()
    assert "toFQDNs" in verdict(asked, made(names)).unmodelled[0]
