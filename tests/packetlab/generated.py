"""Generated NetworkPolicies over one fixed set of pods: all that the API allows, in the odd mixtures that people write.

https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#networkpolicy-v1-networking-k8s-io
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from random import Random
from typing import Any

from tests.controlplane import objects
from tests.packetlab.lab import NODE_NAME
from tests.packetlab.network import NODE_ADDRESS, OUTSIDE_ADDRESS, OUTSIDE_NEIGHBOURS

Body = dict[str, Any]
Labels = Mapping[str, str]

KEYS: Mapping[str, tuple[str, ...]] = {
    "app": ("web", "api", "db"),
    "tier": ("front", "back"),
    "canary": ("",),
}
SPACE_KEYS: Mapping[str, tuple[str, ...]] = {"team": ("red", "blue"), "env": ("prod",)}
NUMBERS = (53, 80, 443, 8080, 8081, 8443, 9000)
NAMES = ("http", "admin", "dns", "nobody")
PROTOCOLS = ("TCP", "TCP", "TCP", "UDP", "UDP", "SCTP")
POD_PORTS = (("http", "TCP", 8080), ("admin", "TCP", 9000), ("dns", "UDP", 53))
OTHER_PORTS = (("http", "TCP", 8081), ("dns", "UDP", 8080))
TURNED_PORTS = (("http", "UDP", 8080), ("admin", "TCP", 80), ("dns", "TCP", 8443))
"""The same names for other numbers and protocols: a name means something else on each pod."""


@dataclass(frozen=True)
class Given:
    """A pod of the fixed set: the space is a number, since a namespace has another name in each test run."""

    space: int
    name: str
    labels: Labels
    ports: Sequence[tuple[str, str, int]] = POD_PORTS
    account: str = "default"

    def body(self, spaces: Sequence[str], address: str) -> Body:
        """Return the pod at this address, in the one of these namespaces that its number says."""
        body = objects.pod(self.name, spaces[self.space], labels=self.labels, node=NODE_NAME, ip=address)
        ports = [{"name": name, "protocol": over, "containerPort": at} for name, over, at in self.ports]
        body["spec"]["containers"][0]["ports"] = ports
        body["spec"]["serviceAccountName"] = self.account
        return body


SPACES: tuple[Labels, ...] = ({"team": "red", "env": "prod"}, {"team": "blue"}, {})
PODS = (
    Given(0, "web", {"app": "web", "tier": "front"}, account="robot"),
    Given(0, "api", {"app": "api", "tier": "back"}, OTHER_PORTS),
    Given(0, "bare", {}),
    Given(1, "web", {"app": "web"}, TURNED_PORTS, account="robot"),
    Given(1, "db", {"app": "db", "tier": "back", "canary": ""}),
    Given(2, "api", {"app": "api", "canary": ""}, TURNED_PORTS),
    Given(2, "front", {"tier": "front"}, OTHER_PORTS),
)


@dataclass(frozen=True)
class Generator:
    """Makes policies out of one seeded source of chance; `addresses` are those of the pods."""

    chance: Random
    addresses: Sequence[str]

    def policy(self, name: str, namespace: str) -> Body:
        """Return a policy. What it leaves out is left out, so that defaults count."""
        spec: Body = {"podSelector": self._selector(KEYS, empty=0.3)}
        for side, peers in (("ingress", "from"), ("egress", "to")):
            if self._is(0.65):
                spec[side] = [self._rule(peers) for _ in range(self.chance.choice((0, 1, 1, 2, 3)))]
        types = self.chance.choice((None, None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]))
        if types is not None:
            spec["policyTypes"] = types
        head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        return {**head, "metadata": {"name": name, "namespace": namespace}, "spec": spec}

    def _is(self, share: float) -> bool:
        return self.chance.random() < share

    def _rule(self, peers: str) -> Body:
        rule: Body = {}
        if self._is(0.8):
            rule[peers] = [self._peer() for _ in range(self.chance.choice((0, 1, 1, 2, 3)))]
        if self._is(0.65):
            rule["ports"] = [self._port() for _ in range(self.chance.choice((0, 1, 1, 2, 3)))]
        return rule

    def _peer(self) -> Body:
        kind = self.chance.choice(("pods", "pods", "spaces", "both", "block", "block"))
        if kind == "block":
            return {"ipBlock": self._block()}
        found: Body = {}
        if kind in {"pods", "both"}:
            found["podSelector"] = self._selector(KEYS, empty=0.2)
        if kind in {"spaces", "both"}:
            found["namespaceSelector"] = self._selector(SPACE_KEYS, empty=0.2)
        return found

    def _selector(self, keys: Mapping[str, tuple[str, ...]], *, empty: float) -> Body:
        if self._is(empty):
            return {}
        found: Body = {}
        if self._is(0.6):
            key = self.chance.choice(tuple(keys))
            found["matchLabels"] = {key: self.chance.choice(keys[key])}
        if not found or self._is(0.4):
            count = self.chance.choice((1, 1, 2))
            found["matchExpressions"] = [self._requirement(keys) for _ in range(count)]
        return found

    def _requirement(self, keys: Mapping[str, tuple[str, ...]]) -> Body:
        key = self.chance.choice(tuple(keys))
        operator = self.chance.choice(("In", "NotIn", "NotIn", "Exists", "DoesNotExist"))
        found: Body = {"key": key, "operator": operator}
        if operator in {"In", "NotIn"}:
            found["values"] = self.chance.sample(keys[key], self.chance.randint(1, len(keys[key])))
        return found

    def _block(self) -> Body:
        cidr = self._network()
        found: Body = {"cidr": str(cidr)}
        if cidr.prefixlen < 30 and self._is(0.5):
            # each must lie within the block, and be smaller than it
            inside = (self._inside(cidr) for _ in range(self.chance.choice((1, 2))))
            found["except"] = sorted({str(each) for each in inside})
        return found

    def _network(self) -> IPv4Network:
        about = self.chance.choice((*self.addresses, OUTSIDE_ADDRESS, *OUTSIDE_NEIGHBOURS, NODE_ADDRESS))
        length = self.chance.choice((0, 8, 16, 24, 26, 29, 30, 31, 32))
        return IPv4Network(f"{about}/{length}", strict=False)

    def _inside(self, cidr: IPv4Network) -> IPv4Network:
        """Return a part of a network, if possible one that somebody has an address in."""
        known = (*self.addresses, OUTSIDE_ADDRESS, *OUTSIDE_NEIGHBOURS, NODE_ADDRESS)
        near = [each for each in known if IPv4Address(each) in cidr]
        about = self.chance.choice(near) if near else str(cidr.network_address)
        return IPv4Network(f"{about}/{self.chance.randint(cidr.prefixlen + 1, 32)}", strict=False)

    def _port(self) -> Body:
        found: Body = {}
        if self._is(0.75):
            found["protocol"] = self.chance.choice(PROTOCOLS)
        if self._is(0.25):
            found["port"] = self.chance.choice(NAMES)
        elif self._is(0.85):
            found["port"] = self.chance.choice(NUMBERS)
            if self._is(0.35):
                found["endPort"] = self.chance.choice([n for n in (*NUMBERS, 65535) if n >= found["port"]])
        return found
