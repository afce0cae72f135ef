"""
Who reaches whom, by the cluster's NetworkPolicies: what an engine that enforces them would let through.

Kubernetes documentation, "Network Policies": a pod that no policy selects in a direction is open in it; one that is
selected is open to the union of what those policies allow; a connection needs both ends.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bot.domain.selectors import Selector, selects
from bot.sandbox.kubernetes.objects import Json, name_of

Labels = Mapping[str, str]
Names = tuple[str, ...]


class End(msgspec.Struct, frozen=True):
    """One end of a connection: a pod with its namespace and labels, or an address outside (no namespace)."""

    name: str
    address: str
    namespace: str = ""
    labels: Mapping[str, str] = {}


class Ruling(msgspec.Struct, frozen=True):
    """
    What the policies say of one connection, by their names.

    It is let through unless something is ``against`` it; ``leaving`` and ``entering`` allow it at its source and at
    its target, and are empty where no policy selects that end.
    """

    against: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    entering: tuple[str, ...] = ()


def ruled(source: End, target: End, port: int, policies: Sequence[Json]) -> Ruling:
    """Judge a TCP connection: all that the map knows of policies it asks here."""
    shut_out, leaving = _at(source, target, port, policies, "egress")
    shut_in, entering = _at(target, source, port, policies, "ingress")
    return Ruling(tuple(dict.fromkeys((*shut_out, *shut_in))), leaving, entering)


def _at(own: End, peer: End, port: int, policies: Iterable[Json], way: str) -> tuple[Names, Names]:
    """Return what shuts a connection at one of its ends and what allows it there: never both."""
    governing = [policy for policy in policies if _governs(policy, own, way)]
    allowing = tuple(
        name_of(policy)
        for policy in governing
        if any(_allows(rule, own, peer, port, way) for rule in policy["spec"].get(way) or ())
    )
    return (() if allowing else tuple(name_of(policy) for policy in governing)), allowing


def _governs(policy: Json, pod: End, way: str) -> bool:
    spec = policy["spec"]
    if not pod.namespace or policy["metadata"]["namespace"] != pod.namespace:
        return False
    types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return way.capitalize() in types and _selected(spec.get("podSelector") or {}, pod.labels)


def _allows(rule: Json, own: End, peer: End, port: int, way: str) -> bool:
    peers = rule.get("to" if way == "egress" else "from") or ()
    known = not peers or any(_is_peer(each, own, peer) for each in peers)
    return known and _on_port(rule.get("ports") or (), port)


def _is_peer(given: Json, own: End, peer: End) -> bool:
    if "ipBlock" in given:
        address = ipaddress.ip_address(peer.address)
        inside = address in ipaddress.ip_network(given["ipBlock"]["cidr"])
        return inside and not any(
            address in ipaddress.ip_network(e) for e in given["ipBlock"].get("except") or ()
        )
    if not peer.namespace:
        return False
    there = given.get("namespaceSelector")
    home = (
        peer.namespace == own.namespace if there is None else _selected(there, _of_namespace(peer.namespace))
    )
    return home and _selected(given.get("podSelector") or {}, peer.labels)


def _on_port(ports: Sequence[Json], port: int) -> bool:
    return not ports or any(_is_port(each, port) for each in ports)


def _is_port(given: Json, port: int) -> bool:
    first = given.get("port")
    if given.get("protocol", "TCP") != "TCP":
        return False
    return first is None or (isinstance(first, int) and first <= port <= given.get("endPort", first))


def _selected(selector: Any, labels: Labels) -> bool:
    return selects(msgspec.convert(selector, Selector), dict(labels))


def _of_namespace(name: str) -> Labels:
    return {"kubernetes.io/metadata.name": name}
