"""Rules of Calico's policies as clauses (Calico documentation, "NetworkPolicy", sections "Rule" and "EntityRule")."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.reading import cut
from bot.domain.residual import calico_selector
from bot.domain.residual.compiling import decoded
from bot.domain.residual.points import Point, holds
from bot.domain.residual.rules import (
    A_POD,
    Being,
    Cause,
    Clause,
    Each,
    Match,
    Named,
    Not,
    Of,
    PortName,
    Some,
    Verb,
    Wanted,
    Within,
)
from bot.domain.residual.selectors import NotModelledError
from bot.domain.residual.sets import (
    ALL_ADDRESSES,
    ALL_PORTS,
    BY_PROTOCOL,
    NO_ADDRESS,
    NO_PORTS,
    NUMBERED,
    AddressSet,
    PortSet,
    addresses,
    ports,
    protocol,
)
from bot.domain.views import Meta

VERBS: Final = {"Allow": Verb.ALLOW, "Deny": Verb.DENY, "Pass": Verb.NEXT}
OTHERS: Final = {"ICMP": 1, "ICMPv6": 58, "UDPLite": 136}
"""The protocols that Calico names beside TCP, UDP and SCTP, and their numbers (IANA)."""
STORED_LABELS: Final = "projectcalico.org/metadata"
"""Where crd.projectcalico.org/v1 may keep the labels of an object."""


class _Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: tuple[str, ...] = ()
    selector: str = ""


class _Entity(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    nets: tuple[str, ...] = ()
    not_nets: tuple[str, ...] = ()
    selector: str = ""
    not_selector: str = ""
    namespace_selector: str = ""
    service_accounts: _Accounts | None = None
    ports: tuple[int | str, ...] = ()
    not_ports: tuple[int | str, ...] = ()


class _Rule(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    action: str
    protocol: int | str | None = None
    not_protocol: int | str | None = None
    ip_version: int | None = None
    source: _Entity = _Entity()
    destination: _Entity = _Entity()
    metadata: Any = None


class Sets(msgspec.Struct, frozen=True):
    """A set of addresses that selectors choose by its labels; without a namespace it is a global one."""

    name: str
    namespace: str
    labels: tuple[tuple[str, str], ...]
    nets: AddressSet
    unmodelled: tuple[str, ...] = ()

    def chosen(self, match: Match) -> bool:
        """Whether a selector chooses it."""
        being = Being.POD if self.namespace else Being.OUTSIDE
        names = {Of.NAMESPACE: self.namespace} if self.namespace else {}
        return holds(match, Point(being, 0, (), {Of.POD: dict(self.labels)}, names))


class _Nets(msgspec.Struct, frozen=True):
    nets: tuple[str, ...] = ()


class _Stored(msgspec.Struct, frozen=True):
    labels: dict[str, str] = {}


def network_set(kind: str, meta: Meta, spec: msgspec.Raw) -> Sets:
    """Read a NetworkSet or GlobalNetworkSet."""
    namespace = meta.namespace if kind == "NetworkSet" else ""
    try:
        stored = decoded(meta.annotations.get(STORED_LABELS, "{}"), _Stored)
        labels = tuple(sorted({**stored.labels, **meta.labels}.items()))
        return Sets(meta.name, namespace, labels, _addresses(decoded(spec, _Nets).nets))
    except NotModelledError as missing:
        return Sets(meta.name, namespace, (), NO_ADDRESS, (str(missing),))


def clauses(raw: msgspec.Raw, cause: Cause, direction: Direction, sets: tuple[Sets, ...]) -> Iterator[Clause]:
    """
    Yield the clause of a rule; one that only logs yields none.

    Raises NotModelledError for what is not modelled: HTTP, ICMP types, services, ports of the source, and matches on
    the pod's own end.
    """
    rule = decoded(raw, _Rule)
    if rule.action == "Log":
        return
    if rule.action not in VERBS:
        raise NotModelledError(f"action {cut(rule.action)!r}")
    peer, own = (
        (rule.source, rule.destination) if direction is Direction.INGRESS else (rule.destination, rule.source)
    )
    if rule.source.ports or rule.source.not_ports:
        raise NotModelledError("ports of the source")
    if msgspec.structs.replace(own, ports=(), not_ports=()) != _Entity():
        raise NotModelledError("a match on the pod's own end")
    peers = Each((*_entity(peer, cause.namespace, sets), *_version(rule.ip_version)))
    yield Clause(VERBS[rule.action], peers, _wanted(rule), cause)


def _version(version: int | None) -> Iterator[Match]:
    if version is not None:
        if version not in {4, 6}:
            raise NotModelledError(f"IP version {version}")
        whole = AddressSet(v4=ALL_ADDRESSES.v4) if version == 4 else AddressSet(v6=ALL_ADDRESSES.v6)
        yield Within(whole)


def _entity(entity: _Entity, namespace: str, sets: tuple[Sets, ...]) -> Iterator[Match]:
    """
    Yield what all must hold for a peer.

    As soon as a rule of a namespaced policy selects anything, it is about that namespace, or about those that it names.
    """
    parts = tuple(_selected(entity, namespace))
    if parts:
        yield _chosen(Each(parts), sets)
    if entity.not_selector:
        yield Not(_chosen(calico_selector.endpoints(entity.not_selector), sets))
    if entity.nets:
        yield Within(_addresses(entity.nets))
    if entity.not_nets:
        yield Not(Within(_addresses(entity.not_nets)))


def _selected(entity: _Entity, namespace: str) -> Iterator[Match]:
    if entity.namespace_selector:
        yield _space(entity.namespace_selector)
    elif namespace and (entity.selector or entity.service_accounts or entity.not_selector):
        yield Named(Of.NAMESPACE, (namespace,))
    if entity.service_accounts is not None:
        if entity.service_accounts.selector:
            raise NotModelledError("the labels of service accounts")
        yield Named(Of.SERVICE_ACCOUNT, entity.service_accounts.names)
    if entity.selector:
        yield calico_selector.endpoints(entity.selector)


def _space(selector: str) -> Match:
    """Return what a selector of namespaces is about; ``global()`` is what has none: no pod, but global sets."""
    if selector.strip().replace(" ", "") == "global()":
        return Not(A_POD)
    if selector.strip().replace(" ", "") == "all()":
        return A_POD
    return calico_selector.with_none(selector)


def _chosen(match: Match, sets: tuple[Sets, ...]) -> Match:
    """Return the pods that a selector chooses, and the addresses of the network sets that it chooses."""
    nets = NO_ADDRESS
    for each in sets:
        nets = nets | each.nets if each.chosen(match) else nets
    pods = Each((A_POD, match))
    return Some((pods, Within(nets))) if nets else pods


def _addresses(nets: tuple[str, ...]) -> AddressSet:
    try:
        return addresses(nets)
    except ValueError as error:
        raise NotModelledError(cut(str(error))) from error


def _wanted(rule: _Rule) -> Wanted:
    base = ALL_PORTS if rule.protocol is None else _protocol(rule.protocol)
    if rule.not_protocol is not None:
        base = base - _protocol(rule.not_protocol)
    told, names = _ports(rule, rule.destination.ports)
    taken, without = _ports(rule, rule.destination.not_ports)
    return Wanted(base & told if rule.destination.ports else base, names, taken, without)


def _protocol(told: int | str) -> PortSet:
    name = str(told)
    if name in BY_PROTOCOL:
        return BY_PROTOCOL[name]
    number = OTHERS.get(name, int(name) if name.isascii() and name.isdigit() else -1)
    try:
        return protocol(number)
    except ValueError as error:
        raise NotModelledError(f"protocol {cut(name)!r}") from error


def _ports(rule: _Rule, told: tuple[int | str, ...]) -> tuple[PortSet, tuple[PortName, ...]]:
    if not told:
        return NO_PORTS, ()
    named = {str(number): name for name, number in NUMBERED.items()}
    over = named.get(str(rule.protocol), str(rule.protocol))
    if over not in BY_PROTOCOL:
        raise NotModelledError("ports without a protocol that has them")
    fixed = NO_PORTS
    names: list[PortName] = []
    for port in told:
        low, _, high = str(port).partition(":")
        if low.isascii() and low.isdigit() and (not high or (high.isascii() and high.isdigit())):
            fixed |= ports(over, int(low), int(high or low))
        else:
            names.append(PortName(str(port), over))
    return fixed, tuple(names)
