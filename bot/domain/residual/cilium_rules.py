"""Rules of Cilium's policies as clauses (Cilium documentation, "Layer 3 Examples", "Layer 4 Examples")."""

from collections.abc import Iterator
from typing import Final

import msgspec

from bot.domain.reading import cut
from bot.domain.residual.cilium_selector import RESERVED, endpoints, nodes
from bot.domain.residual.compiling import NOTHING_SAID, decoded, said
from bot.domain.residual.network_policy import Semantics
from bot.domain.residual.rules import (
    A_POD,
    ANY_PORT,
    EVERYTHING,
    NOTHING,
    Being,
    Cause,
    Clause,
    Is,
    Match,
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
    AddressSet,
    PortSet,
    addresses,
    block,
    ports,
    protocol,
)
from bot.domain.selectors import Selector

Rules = tuple[msgspec.Raw, ...]
ENTITIES: Final[dict[str, Match]] = {
    **RESERVED,
    "all": EVERYTHING,
    "cluster": Some((A_POD, Is(Being.NODE))),
    "world-ipv4": Within(AddressSet(v4=ALL_ADDRESSES.v4), pods=False, nodes=False),
    "world-ipv6": Within(AddressSet(v6=ALL_ADDRESSES.v6), pods=False, nodes=False),
}
APART: Final = frozenset({"init", "ingress", "unmanaged", "health"})
"""Cilium's own endpoints and those that it does not manage: none of them is known here."""
NUMBERS: Final = {"IGMP": 2, "VRRP": 112}
"""Protocols without ports that a rule may name (IANA)."""


class Around(msgspec.Struct, frozen=True):
    """What a rule means here: whether blocks match pods and nodes, and where the API server is."""

    semantics: Semantics
    api_servers: tuple[str, ...]


class _Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cidr: str
    exceptions: tuple[str, ...] = msgspec.field(name="except", default=())


class _Port(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    port: str = ""
    end_port: int = 0
    protocol: str = ""


class _Ports(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    ports: tuple[_Port, ...] = ()
    rules: msgspec.Raw = NOTHING_SAID
    terminating_tls: msgspec.Raw = msgspec.field(name="terminatingTLS", default=NOTHING_SAID)
    originating_tls: msgspec.Raw = msgspec.field(name="originatingTLS", default=NOTHING_SAID)
    server_names: tuple[str, ...] = ()
    listener: msgspec.Raw = NOTHING_SAID

    @property
    def deeper(self) -> bool:
        """Whether more than the port is looked at."""
        told = (self.rules, self.terminating_tls, self.originating_tls, self.listener)
        return any(map(said, told)) or bool(self.server_names)


Selectors = tuple[Selector, ...] | None
Texts = tuple[str, ...] | None


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A rule of either direction, with the fields of both."""

    from_endpoints: Selectors = None
    to_endpoints: Selectors = None
    from_nodes: Selectors = None
    to_nodes: Selectors = None
    from_entities: Texts = None
    to_entities: Texts = None
    from_cidr: Texts = msgspec.field(name="fromCIDR", default=None)
    to_cidr: Texts = msgspec.field(name="toCIDR", default=None)
    from_cidr_set: tuple[_Block, ...] | None = msgspec.field(name="fromCIDRSet", default=None)
    to_cidr_set: tuple[_Block, ...] | None = msgspec.field(name="toCIDRSet", default=None)
    to_ports: tuple[_Ports, ...] = ()
    authentication: msgspec.Raw = NOTHING_SAID


def clauses(raw: msgspec.Raw, cause: Cause, verb: Verb, around: Around) -> Iterator[Clause]:
    """
    Yield the clause of a rule.

    One that looks deeper into the traffic may let less through, and says so. Raises NotModelledError after it where
    it is also about something that is not known here, and instead of it for what is not modelled at all: names,
    services, groups, ICMP types.
    """
    rule = decoded(raw, _Rule)
    entities = (*(rule.from_entities or ()), *(rule.to_entities or ()))
    peers = _peers(rule, cause.namespace, around)
    deeper = said(rule.authentication) or any(told.deeper for told in rule.to_ports)
    odd = f"{cause}, rule {cause.rule + 1}: what it asks of the traffic on the ports that it opens"
    yield Clause(verb, peers, _wanted(rule.to_ports), cause, odd if deeper else "")
    if verb is Verb.ALLOW and APART & set(entities):
        raise NotModelledError(f"the entities {', '.join(sorted(APART & set(entities)))}")
    whole = "all" in entities or {"world", "remote-node"} <= set(entities)
    if "kube-apiserver" in entities and not around.api_servers and not whole:
        raise NotModelledError("the addresses of the API server")


def _peers(rule: _Rule, namespace: str, around: Around) -> Match:
    """Return whom a rule is about: without any peers, everybody where it names ports, and nobody where it does not."""
    parts = [
        *(_chosen(rule.from_endpoints, rule.to_endpoints, namespace)),
        *(Some(tuple(map(nodes, told))) for told in (rule.from_nodes, rule.to_nodes) if told is not None),
        *(_entities(told, around) for told in (rule.from_entities, rule.to_entities) if told is not None),
        *(_blocks(rule, around.semantics)),
    ]
    if len(parts) > 1:
        raise NotModelledError("peers of several sorts in one rule")
    if parts:
        return parts[0]
    return EVERYTHING if rule.to_ports else NOTHING


def _chosen(into: Selectors, out: Selectors, namespace: str) -> Iterator[Match]:
    for told in (into, out):
        if told is not None:
            yield Some(tuple(endpoints(selector, namespace) for selector in told))


def _entities(names: tuple[str, ...], around: Around) -> Match:
    odd = [name for name in names if name not in {*ENTITIES, *APART, "kube-apiserver"}]
    if odd:
        raise NotModelledError(f"the entity {cut(odd[0])!r}")
    found = [ENTITIES[name] for name in names if name in ENTITIES]
    if "kube-apiserver" in names:
        found.append(Within(_addresses(around.api_servers), pods=False))
    return Some(tuple(found))


def _blocks(rule: _Rule, semantics: Semantics) -> Iterator[Match]:
    pods, on_nodes = semantics.blocks_match_pods, semantics.blocks_match_nodes
    for told in (rule.from_cidr, rule.to_cidr):
        if told is not None:
            yield Within(_addresses(told), pods, on_nodes)
    for blocks in (rule.from_cidr_set, rule.to_cidr_set):
        if blocks is not None:
            found = NO_ADDRESS
            for each in blocks:
                found = found | _block(each)
            yield Within(found, pods, on_nodes)


def _block(told: _Block) -> AddressSet:
    try:
        return block(told.cidr, told.exceptions)
    except ValueError as error:
        raise NotModelledError(cut(str(error))) from error


def _addresses(told: tuple[str, ...]) -> AddressSet:
    try:
        return addresses(told)
    except ValueError as error:
        raise NotModelledError(cut(str(error))) from error


def _wanted(told: tuple[_Ports, ...]) -> Wanted:
    wanted = [port for some in told for port in some.ports]
    if not told or any(not some.ports for some in told):
        return ANY_PORT
    fixed = NO_PORTS
    names: list[PortName] = []
    for port in wanted:
        number = port.port.isascii() and port.port.isdigit()
        if number or not port.port:
            fixed = fixed | _numbered(port)
        else:
            names += [PortName(port.port.lower(), name) for name in _protocols(port)]
    return Wanted(fixed, tuple(names))


def _protocols(port: _Port) -> tuple[str, ...]:
    name = port.protocol.upper()
    if name in {"", "ANY"}:
        return tuple(BY_PROTOCOL)
    if name not in BY_PROTOCOL:
        raise NotModelledError(f"protocol {cut(port.protocol)!r}")
    return (name,)


def _numbered(port: _Port) -> PortSet:
    low = int(port.port or 0)
    if port.protocol.upper() in NUMBERS:
        return protocol(NUMBERS[port.protocol.upper()])
    if not low and port.protocol.upper() in {"", "ANY"}:
        return ALL_PORTS
    found = NO_PORTS
    for name in _protocols(port):
        found = found | (ports(name, low, port.end_port or low) if low else BY_PROTOCOL[name])
    return found
