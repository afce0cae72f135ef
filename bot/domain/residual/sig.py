"""
The tiers around NetworkPolicies: policy.networking.k8s.io, by its API reference (network-policy-api v0.1.7, v0.2.0).

v1alpha1 has AdminNetworkPolicy and BaselineAdminNetworkPolicy, v1alpha2 ClusterNetworkPolicy with a tier. None of them
isolates: what no rule matches goes on to the next tier.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from bot.domain.directions import Direction
from bot.domain.reading import cut
from bot.domain.residual.compiling import clauses_of, decoded
from bot.domain.residual.rules import (
    A_POD,
    ANY_PORT,
    EVERYTHING,
    Being,
    Cause,
    Clause,
    Compiled,
    Each,
    Gap,
    Is,
    Match,
    Of,
    PortName,
    Ruling,
    Some,
    Verb,
    Wanted,
    Within,
)
from bot.domain.residual.selectors import NotModelledError, match_of
from bot.domain.residual.sets import BY_PROTOCOL, NO_PORTS, PortSet, addresses, ports
from bot.domain.selectors import Selector
from bot.domain.views import Meta

ADMIN, BASELINE = (1_000.0, "kube-admin"), (10_000_000.0, "kube-baseline")
"""Before and after the NetworkPolicies; Calico's tiers of these names have these orders (3.32)."""
VERBS = {"Accept": Verb.ALLOW, "Allow": Verb.ALLOW, "Deny": Verb.DENY, "Pass": Verb.NEXT}


class _Pods(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    namespace_selector: Selector = Selector()
    pod_selector: Selector = Selector()


class _Peer(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    namespaces: Selector | None = None
    pods: _Pods | None = None
    nodes: Selector | None = None
    networks: tuple[str, ...] | None = None
    domain_names: tuple[str, ...] | None = None


class _Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    start: int
    end: int
    protocol: str = "TCP"


class _Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    port: int
    protocol: str = "TCP"


class _Port(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A port of v1alpha1."""

    port_number: _Number | None = None
    port_range: _Range | None = None
    named_port: str | None = None


class _Destination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: int | None = None
    range: _Range | None = None


class _Attributes(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    destination_port: _Destination | None = None


class _Protocol(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A protocol of v1alpha2."""

    tcp: _Attributes | None = None
    udp: _Attributes | None = None
    sctp: _Attributes | None = None
    destination_named_port: str | None = None


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    action: str
    name: str = ""
    sources: tuple[_Peer, ...] = msgspec.field(name="from", default=())
    to: tuple[_Peer, ...] = ()
    ports: tuple[_Port, ...] = ()
    protocols: tuple[_Protocol, ...] = ()


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: _Peer
    tier: str = ""
    priority: int = 0
    ingress: tuple[msgspec.Raw, ...] = ()
    egress: tuple[msgspec.Raw, ...] = ()


class _Policy(msgspec.Struct, frozen=True):
    kind: str
    metadata: Meta
    spec: msgspec.Raw


def compiled(bodies: Iterable[str]) -> Compiled:
    """
    Return what policies of this group say, from their JSON.

    Two of one tier with one priority may be asked in either order, by the API reference, so that is a gap.
    """
    found = Compiled()
    for body in bodies:
        try:
            found = found + _policy(decoded(body, _Policy))
        except NotModelledError as missing:
            found = found + Compiled(
                (), (Gap(EVERYTHING, f"a policy of policy.networking.k8s.io: {missing}"),)
            )
    return found + Compiled((), tuple(_ties(found.rulings)))


def _policy(policy: _Policy) -> Compiled:
    cause = Cause(policy.kind, "", policy.metadata.name)
    try:
        spec = decoded(policy.spec, _Spec)
        subject, stage = _subject(spec.subject), _stage(policy.kind, spec.tier)
    except NotModelledError as missing:
        return Compiled((), (Gap(EVERYTHING, f"{cause}: {missing}"),))
    into = clauses_of(spec.ingress, _clauses, cause, Direction.INGRESS)
    out = clauses_of(spec.egress, _clauses, cause, Direction.EGRESS)
    return Compiled((Ruling(stage, (float(spec.priority), policy.metadata.name), subject, cause, into, out),))


def _stage(kind: str, tier: str) -> tuple[float, str]:
    if kind == "AdminNetworkPolicy" or tier == "Admin":
        return ADMIN
    if kind == "BaselineAdminNetworkPolicy" or tier == "Baseline":
        return BASELINE
    raise NotModelledError(f"tier {cut(tier)!r}")


def _subject(subject: _Peer) -> Match:
    if subject.namespaces is None and subject.pods is None:
        raise NotModelledError("a subject that is neither namespaces nor pods")
    return _peer(subject)


def _clauses(raw: msgspec.Raw, cause: Cause) -> Iterable[Clause]:
    rule = decoded(raw, _Rule)
    if rule.action not in VERBS:
        raise NotModelledError(f"action {cut(rule.action)!r}")
    wanted = Wanted(*_wanted(rule)) if rule.ports or rule.protocols else ANY_PORT
    peers = Some(tuple(_peer(peer) for peer in (*rule.sources, *rule.to)))
    yield Clause(VERBS[rule.action], peers, wanted, cause)


def _peer(peer: _Peer) -> Match:
    if peer.domain_names is not None:
        raise NotModelledError("domain names, whose addresses are not known here")
    if peer.namespaces is not None:
        return Each((A_POD, match_of(peer.namespaces, Of.NAMESPACE)))
    if peer.pods is not None:
        near = match_of(peer.pods.namespace_selector, Of.NAMESPACE)
        return Each((A_POD, near, match_of(peer.pods.pod_selector, Of.POD)))
    if peer.nodes is not None:
        return Each((Is(Being.NODE), match_of(peer.nodes, Of.NODE)))
    if peer.networks is not None:
        try:
            return Within(addresses(peer.networks))
        except ValueError as error:
            raise NotModelledError(str(error)) from error
    raise NotModelledError("a peer that says nothing")


def _wanted(rule: _Rule) -> tuple[PortSet, tuple[PortName, ...]]:
    fixed = NO_PORTS
    named = [PortName(port.named_port) for port in rule.ports if port.named_port]
    named += [PortName(p.destination_named_port) for p in rule.protocols if p.destination_named_port]
    for port in rule.ports:
        if port.port_number is not None:
            fixed |= _ports(port.port_number.protocol, port.port_number.port, port.port_number.port)
        if port.port_range is not None:
            fixed |= _ports(port.port_range.protocol, port.port_range.start, port.port_range.end)
    for protocol in rule.protocols:
        for name, told in (("TCP", protocol.tcp), ("UDP", protocol.udp), ("SCTP", protocol.sctp)):
            fixed |= _of_protocol(name, told) if told is not None else NO_PORTS
    return fixed, tuple(named)


def _of_protocol(name: str, told: _Attributes) -> PortSet:
    wanted: Any = told.destination_port
    if wanted is None:
        return BY_PROTOCOL[name]
    if wanted.range is not None:
        return _ports(name, wanted.range.start, wanted.range.end)
    if wanted.number is None:
        raise NotModelledError("a destination port that says nothing")
    return _ports(name, wanted.number, wanted.number)


def _ports(protocol: str, low: int, high: int) -> PortSet:
    try:
        return ports(protocol, low, high)
    except ValueError as error:
        raise NotModelledError(str(error)) from error


def _ties(rulings: tuple[Ruling, ...]) -> Iterable[Gap]:
    known: dict[tuple[tuple[float, str], float], Ruling] = {}
    for ruling in rulings:
        first = known.setdefault((ruling.stage, ruling.order[0]), ruling)
        if first is not ruling and len(_verbs(first) | _verbs(ruling)) > 1:
            text = f"{first.cause} and {ruling.cause} have the same priority: either may be asked first"
            yield Gap(Each((first.subject, ruling.subject)), text)


def _verbs(ruling: Ruling) -> set[Verb]:
    return {clause.verb for clause in (*ruling.ingress, *ruling.egress)}
