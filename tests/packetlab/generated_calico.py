"""Generated policies of Calico's own, around the same pods: orders, actions, and its language of selectors.

https://docs.tigera.io/calico/3.28/reference/resources/networkpolicy, and globalnetworkpolicy beside it. They are
written into Calico's storage, where nothing fills in or refuses anything, so only what its documentation allows is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random
from typing import Any

from tests.packetlab.barrier import MARK
from tests.packetlab.generated import NAMES
from tests.packetlab.network import NODE_ADDRESS, OUTSIDE_ADDRESS, OUTSIDE_NEIGHBOURS

Body = dict[str, Any]
ACTIONS = ("Allow", "Allow", "Deny", "Deny", "Pass")
ORDERS = (None, 1, 500.5, 1000, 1000, 2000)
"""NetworkPolicies of Kubernetes stand at 1000: then names decide."""
PROTOCOLS = ("TCP", "TCP", "UDP", "ICMP", "SCTP", 6, 17, 1)
PORTED = frozenset({"TCP", "UDP", "SCTP"})
PORTS = (53, 80, 443, 8080, "8080:9000", "1:80", "443:443")
ATOMS = (
    "app == 'web'",
    'app == "api"',
    "app != 'db'",
    "app in { 'web', 'db' }",
    "app not in { 'api' }",
    "has(app)",
    "!has(tier)",
    "tier contains 'ac'",
    "tier starts with 'fr'",
    "tier ends with 'k'",
    "canary == ''",
    "pcns.team == 'red'",
    "has(pcns.env)",
    "projectcalico.org/orchestrator == 'k8s'",
    "projectcalico.org/serviceaccount == 'robot'",
    "kind == 'partner'",
    "all()",
)
SPACE_ATOMS = (
    "team == 'red'",
    "team != 'blue'",
    "has(team)",
    "!has(env)",
    "env in { 'prod' }",
    "all()",
    "global()",
)
SETS: tuple[Body, ...] = (
    {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "GlobalNetworkSet",
        "metadata": {"name": "partners", "labels": {"kind": "partner"}},
        "spec": {"nets": ["203.0.113.64/26", "203.0.113.200/32"]},
    },
)


@dataclass(frozen=True)
class CalicoGenerator:
    """Makes policies out of one seeded source of chance, about pods of these addresses and namespaces."""

    chance: Random
    addresses: Sequence[str]
    spaces: Sequence[str]

    def policy(self, name: str, namespace: str) -> Body:
        """Return a policy of a namespace."""
        metadata = {"name": f"default.{name}", "namespace": namespace}
        return self._body("NetworkPolicy", metadata, self._selector(ATOMS))

    def global_policy(self, name: str) -> Body:
        """Return a policy of the whole cluster, for all but the pods of a barrier."""
        selector = f"({self._selector(ATOMS)}) && !has({MARK})"
        body = self._body("GlobalNetworkPolicy", {"name": f"default.{name}"}, selector)
        if self._is(0.4):
            body["spec"]["namespaceSelector"] = self._space_selector(SPACE_ATOMS[:-1])
        return body

    def _body(self, kind: str, metadata: Body, selector: str) -> Body:
        spec: Body = {
            "selector": selector,
            "types": self.chance.choice((["Ingress"], ["Egress"], BOTH, BOTH)),
        }
        order = self.chance.choice(ORDERS)
        if order is not None:
            spec["order"] = order
        for side, peer in (("ingress", "source"), ("egress", "destination")):
            if side.title() in spec["types"]:
                rules = [self._rule(peer) for _ in range(self.chance.choice((0, 1, 2, 3, 4)))]
                spec.update({side: rules} if rules else {})
        head = {"apiVersion": "crd.projectcalico.org/v1", "kind": kind}
        return {**head, "metadata": metadata, "spec": spec}

    def _is(self, share: float) -> bool:
        return self.chance.random() < share

    def _rule(self, peer: str) -> Body:
        rule: Body = {"action": self.chance.choice(ACTIONS)}
        if self._is(0.5):
            rule["protocol"] = self.chance.choice(PROTOCOLS)
        elif self._is(0.2):
            rule["notProtocol"] = self.chance.choice(PROTOCOLS)
        if self._is(0.1):
            rule["ipVersion"] = self.chance.choice((4, 4, 6))
        if self._is(0.75):
            rule[peer] = self._entity(version=rule.get("ipVersion", 4))
        if rule.get("protocol") in PORTED and self._is(0.7):
            rule["destination"] = {**rule.get("destination", {}), **self._ports()}
        return rule

    def _entity(self, version: int) -> Body:
        found: Body = {}
        if self._is(0.5):
            found["selector"] = self._selector(ATOMS)
        if self._is(0.2):
            found["notSelector"] = self._selector(ATOMS)
        if self._is(0.35):
            found["namespaceSelector"] = self._space_selector(SPACE_ATOMS)
        if self._is(0.1):
            found["serviceAccounts"] = {"names": self.chance.choice((["robot"], ["default", "robot"]))}
        if version == 4 and self._is(0.3):
            found["nets"] = [self._network() for _ in range(self.chance.choice((1, 2)))]
        if version == 4 and self._is(0.2):
            found["notNets"] = [self._network()]
        return found

    def _ports(self) -> Body:
        found: Body = {}
        if self._is(0.7):
            found["ports"] = [
                self.chance.choice((*PORTS, *NAMES)) for _ in range(self.chance.choice((1, 2, 3)))
            ]
        if not found or self._is(0.25):
            found["notPorts"] = [self.chance.choice((*PORTS, *NAMES))]
        return found

    def _selector(self, atoms: Sequence[str]) -> str:
        own = (*atoms, f"projectcalico.org/namespace == '{self.chance.choice(self.spaces)}'")
        one = self.chance.choice(own)
        if self._is(0.4):
            other = self.chance.choice(own)
            one = f"{one} {self.chance.choice(('&&', '||'))} {other}"
        return f"!({one})" if self._is(0.15) else one

    def _space_selector(self, atoms: Sequence[str]) -> str:
        """Return a selector of namespaces: of these one part alone, since `global()` is no part of an expression."""
        return self.chance.choice((*atoms, f"projectcalico.org/name == '{self.chance.choice(self.spaces)}'"))

    def _network(self) -> str:
        about = self.chance.choice((*self.addresses, OUTSIDE_ADDRESS, *OUTSIDE_NEIGHBOURS, NODE_ADDRESS))
        return str(IPv4Network(f"{about}/{self.chance.choice((8, 16, 24, 26, 30, 31, 32))}", strict=False))


BOTH = ["Ingress", "Egress"]
