"""Clusters and policies made up at random, as the API would tell them, with every feature of a NetworkPolicy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

import msgspec

from bot.domain import network_policies, views
from bot.domain.residual.network_policy import compiled
from bot.domain.residual.world import World, world_of

Body = dict[str, Any]
T = TypeVar("T")

NAMESPACES = ("x", "y", "z")
KEYS = ("app", "tier", "empty")
VALUES = ("a", "a", "b", "")
PORTS = (53, 80, 81, 443, 8080, 9000)
NAMED = (
    ("http", "TCP", 8080),
    ("http", "TCP", 80),
    ("dns", "UDP", 53),
    ("web", "TCP", 443),
    ("ss7", "SCTP", 9000),
)
PROTOCOLS = ("TCP", "UDP", "SCTP")
OUTSIDE = ("203.0.113.7", "198.51.100.1", "10.1.2.3", "2001:db8:1::7")
BLOCKS = (
    ("0.0.0.0/0", ("10.0.0.0/8", "203.0.113.0/29", "203.0.113.7/32")),
    ("10.0.0.0/8", ("10.0.0.0/24", "10.0.1.0/31", "10.1.0.0/16")),
    ("10.0.0.0/23", ("10.0.0.2/31",)),
    ("203.0.113.0/24", ("203.0.113.7/32",)),
    ("198.51.100.1/32", ()),
    ("::/0", ("2001:db8:1::/48", "fd00::/120")),
    ("fd00::/64", ("fd00::2/127",)),
)


@dataclass(frozen=True)
class Cluster:
    """A cluster as its API would tell it."""

    namespaces: tuple[Body, ...]
    nodes: tuple[Body, ...]
    pods: tuple[Body, ...]
    policies: tuple[Body, ...] = field(default=())

    def world(self) -> World:
        """Read it as the bot does, from the API's bytes."""
        policies = _read(self.policies, views.NetworkPolicyView)
        return world_of(
            _read(self.pods, views.PodView),
            _read(self.namespaces, views.NamespaceView),
            _read(self.nodes, views.NodeView),
            compiled(network_policies.whole(policy) for policy in policies),
        )


V = TypeVar("V", views.PodView, views.NamespaceView, views.NodeView, views.NetworkPolicyView)


def _read(bodies: Sequence[Body], view: type[V]) -> list[V]:
    return msgspec.json.decode(json.dumps(bodies), type=list[view])  # type: ignore[valid-type]  # made for each view


def made_up(seed: int) -> Cluster:
    """Return the cluster of a seed: always the same one."""
    random = Random(seed)
    nodes = tuple(_node(at) for at in range(2))
    pods = tuple(_pod(random, at) for at in range(random.randint(4, 7)))
    policies = tuple(_policy(random, at) for at in range(random.randint(1, 6)))
    return Cluster(tuple(_namespace(random, name) for name in NAMESPACES), nodes, pods, policies)


def _namespace(random: Random, name: str) -> Body:
    labels = _labels(random)
    if random.random() < 0.8:
        labels["kubernetes.io/metadata.name"] = name
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _node(at: int) -> Body:
    addresses = [
        {"type": "Hostname", "address": f"node-{at}"},
        {"type": "InternalIP", "address": f"10.1.0.{at + 1}"},
    ]
    return {"kind": "Node", "metadata": {"name": f"node-{at}"}, "status": {"addresses": addresses}}


def _pod(random: Random, at: int) -> Body:
    here = [f"10.0.{random.randint(0, 1)}.{at + 1}"]
    if random.random() < 0.25:
        here = [f"fd00::{at + 1}"] if random.random() < 0.5 else [*here, f"fd00::{at + 1}"]
    on_host = random.random() < 0.08
    node = random.randint(0, 1)
    here = [f"10.1.0.{node + 1}"] if on_host else here
    named = random.sample(NAMED, random.randint(1, 4))
    ports = [{"name": n, "protocol": p, "containerPort": c} for n, p, c in named]
    return {
        "kind": "Pod",
        "metadata": {
            "name": f"pod-{at}",
            "namespace": random.choice(("x", "x", "y", "z")),
            "labels": _labels(random),
        },
        "spec": {
            "nodeName": f"node-{node}",
            "hostNetwork": on_host,
            "containers": [{"name": "c", "ports": ports}],
        },
        "status": {
            "phase": "Succeeded" if random.random() < 0.05 else "Running",
            "podIP": here[0],
            "podIPs": [{"ip": address} for address in here],
        },
    }


def _labels(random: Random) -> dict[str, str]:
    return {key: random.choice(VALUES) for key in KEYS if random.random() < 0.6}


def _policy(random: Random, at: int) -> Body:
    spec: Body = {"podSelector": _selector(random, 0.35)}
    types = random.choice((None, None, ["Ingress"], ["Egress"], ["Ingress", "Egress"], []))
    if types is not None:
        spec["policyTypes"] = types
    for side, peers in (("ingress", "from"), ("egress", "to")):
        if random.random() < 0.7:
            spec[side] = [_rule(random, peers) for _ in range(random.randint(0, 3))]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"policy-{at}", "namespace": random.choice(("x", "x", "y", "z"))},
        "spec": spec,
    }


def _rule(random: Random, peers: str) -> Body:
    rule: Body = {}
    if random.random() < 0.8:
        rule[peers] = [_peer(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    if random.random() < 0.75:
        rule["ports"] = [_port(random) for _ in range(random.choice((0, 1, 1, 2)))]
    return rule


def _peer(random: Random) -> Body:
    if random.random() < 0.35:
        cidr, exceptions = random.choice(BLOCKS)
        block: Body = {"cidr": cidr}
        if exceptions and random.random() < 0.6:
            block["except"] = random.sample(exceptions, random.randint(1, len(exceptions)))
        return {"ipBlock": block}
    peer: Body = {}
    if random.random() < 0.7:
        peer["podSelector"] = _selector(random, 0.3)
    if not peer or random.random() < 0.5:
        peer["namespaceSelector"] = _selector(random, 0.4, namespaces=True)
    return peer


def _selector(random: Random, empty: float, *, namespaces: bool = False) -> Body:
    if random.random() < empty:
        return {}
    found: Body = {}
    if namespaces and random.random() < 0.4:
        return {"matchLabels": {"kubernetes.io/metadata.name": random.choice(NAMESPACES)}}
    if random.random() < 0.7:
        found["matchLabels"] = {random.choice(KEYS): random.choice(VALUES)}
    if random.random() < 0.5 or not found:
        found["matchExpressions"] = [_requirement(random) for _ in range(random.choice((1, 1, 2)))]
    return found


def _requirement(random: Random) -> Body:
    operator = random.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    need: Body = {"key": random.choice(KEYS), "operator": operator}
    if operator in {"In", "NotIn"}:
        need["values"] = random.sample(sorted(set(VALUES)), random.randint(1, 2))
    return need


def _port(random: Random) -> Body:
    port: Body = {} if random.random() < 0.3 else {"protocol": random.choice(PROTOCOLS)}
    kind = random.random()
    if kind < 0.2:
        port["port"] = random.choice(PORTS)
    elif kind < 0.6:
        port["port"] = random.choice(NAMED)[0]
    elif kind < 0.85:
        port["port"] = random.choice(PORTS)
        port["endPort"] = random.choice([p for p in (*PORTS, 65535) if p >= port["port"]])
    elif not port:
        port["protocol"] = "TCP"
    return port
