"""
NetworkPolicies as rulings, by the API reference of networking.k8s.io/v1 and "Network Policies" of its documentation.

Each only allows. A pod that one selects for a direction is closed there but for what any of them allows.
"""

from collections.abc import Iterable, Iterator
from functools import partial

import msgspec

from bot.domain.directions import Direction
from bot.domain.network_policies import NetworkPolicy, NotUnderstood, Peer, Port, Rule
from bot.domain.residual.compiling import clauses_of, unknown, unread
from bot.domain.residual.rules import (
    A_POD,
    ANY_PORT,
    DEFAULT_STAGE,
    EVERYTHING,
    Cause,
    Clause,
    Compiled,
    Each,
    Match,
    Named,
    Of,
    PortName,
    Ruling,
    Some,
    Verb,
    Wanted,
    Within,
)
from bot.domain.residual.selectors import NotModelledError, match_of
from bot.domain.residual.sets import BY_PROTOCOL, NO_PORTS, PortSet, block, ports

ORDER = 1000.0
"""Where Calico puts a NetworkPolicy among its own of the default tier (Calico documentation, "NetworkPolicy")."""
KNOWN_AS = "knp.default."
"""What Calico puts before its name: where orders are equal names decide, ``default.x`` before it (packets say so)."""


class Semantics(msgspec.Struct, frozen=True, gc=False):
    """
    Where the API reference leaves room: whether an ``ipBlock`` matches pods and nodes by their address.

    It speaks of addresses alone, so both do unless an engine is known to differ.
    """

    blocks_match_pods: bool = True
    blocks_match_nodes: bool = True


def compiled(policies: Iterable[NetworkPolicy], semantics: Semantics = Semantics()) -> Compiled:  # noqa: B008 - frozen
    """Return what NetworkPolicies say."""
    return Compiled(tuple(_ruling(policy, semantics) for policy in policies))


def _ruling(policy: NetworkPolicy, semantics: Semantics) -> Ruling:
    near = Each((A_POD, Named(Of.NAMESPACE, (policy.namespace,))))
    cause = Cause("NetworkPolicy", policy.namespace, policy.name)
    order = (ORDER, f"{policy.namespace}/{KNOWN_AS}{policy.name}")
    try:
        subject = Each((*near.parts, match_of(policy.selector, Of.POD)))
    except NotModelledError as missing:
        return unread(DEFAULT_STAGE, order, near, (cause, str(missing)))
    make = partial(_clauses, namespace=policy.namespace, semantics=semantics)
    odd = tuple(unknown(cause, f"{cause}: {part.why}") for part in policy.beyond)
    governed = {Direction.INGRESS: policy.governs_ingress, Direction.EGRESS: policy.governs_egress}
    return Ruling(
        stage=DEFAULT_STAGE,
        order=order,
        subject=subject,
        cause=cause,
        ingress=(
            *clauses_of(policy.ingress if policy.governs_ingress else (), make, cause, Direction.INGRESS),
            *odd,
        ),
        egress=(
            *clauses_of(policy.egress if policy.governs_egress else (), make, cause, Direction.EGRESS),
            *odd,
        ),
        closes=tuple(direction for direction, governs in governed.items() if governs),
    )


def _clauses(
    rule: Rule | NotUnderstood, cause: Cause, namespace: str, semantics: Semantics
) -> Iterator[Clause]:
    if isinstance(rule, NotUnderstood):
        raise NotModelledError(rule.why)
    peers = (
        Some(tuple(_peer(peer, namespace, semantics) for peer in rule.peers)) if rule.peers else EVERYTHING
    )
    yield Clause(Verb.ALLOW, peers, _wanted(rule.ports) if rule.ports else ANY_PORT, cause)


def _peer(peer: Peer, namespace: str, semantics: Semantics) -> Match:
    if peer.ip_block is not None:
        if peer.pod_selector is not None or peer.namespace_selector is not None:
            raise NotModelledError("a peer with both addresses and selectors")
        try:
            found = block(peer.ip_block.cidr, peer.ip_block.exceptions)
        except ValueError as error:
            raise NotModelledError(str(error)) from error
        return Within(found, semantics.blocks_match_pods, semantics.blocks_match_nodes)
    if peer.pod_selector is None and peer.namespace_selector is None:
        raise NotModelledError("a peer that says nothing")
    near: Match = Named(Of.NAMESPACE, (namespace,))
    if peer.namespace_selector is not None:
        near = match_of(peer.namespace_selector, Of.NAMESPACE)
    chosen = match_of(peer.pod_selector, Of.POD) if peer.pod_selector is not None else EVERYTHING
    return Each((A_POD, near, chosen))


def _wanted(wanted: tuple[Port, ...]) -> Wanted:
    fixed = NO_PORTS
    named: list[PortName] = []
    for port in wanted:
        name = "TCP" if port.protocol is None else port.protocol
        if name not in BY_PROTOCOL:
            raise NotModelledError(f"protocol {name!r}")
        if isinstance(port.port, str):
            if port.end_port is not None:
                raise NotModelledError("a named port with an end")
            named.append(PortName(port.port, name))
        else:
            fixed |= _numbered(port, name)
    return Wanted(fixed, tuple(named))


def _numbered(port: Port, name: str) -> PortSet:
    if not isinstance(port.port, int):
        if port.end_port is not None:
            raise NotModelledError("the end of a range of ports without its beginning")
        return BY_PROTOCOL[name]
    return ports(name, port.port, port.port if port.end_port is None else port.end_port)
