"""
NetworkPolicies, read whole: networking.k8s.io/v1, by the API reference ("NetworkPolicySpec").

A rule with a field or value that we do not know is kept as not understood instead of being read without it.
"""

from typing import Any

import msgspec

from bot.domain.reading import cut
from bot.domain.selectors import Selector
from bot.domain.views import NetworkPolicyView


class IPBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Addresses of a CIDR without those of the exceptions."""

    cidr: str
    exceptions: tuple[str, ...] = msgspec.field(name="except", default=())


class Peer(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, gc=False):
    """Pods by labels, their own and their namespace's, or addresses; ``None`` is not said, empty is all."""

    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    ip_block: IPBlock | None = None


class Port(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, gc=False):
    """A number, a range up to ``end_port``, a name, or without ``port`` all of a protocol; TCP if none is said."""

    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What is allowed from or to whom; no peers is everyone, no ports is all."""

    peers: tuple[Peer, ...] | None = None
    ports: tuple[Port, ...] | None = None


class IngressRule(Rule, frozen=True, forbid_unknown_fields=True, gc=False):
    """A rule of ``ingress``."""

    peers: tuple[Peer, ...] | None = msgspec.field(name="from", default=None)


class EgressRule(Rule, frozen=True, forbid_unknown_fields=True, gc=False):
    """A rule of ``egress``."""

    peers: tuple[Peer, ...] | None = msgspec.field(name="to", default=None)


class NotUnderstood(msgspec.Struct, frozen=True, gc=False):
    """A rule, or the rest of a policy, that holds what we do not know."""

    why: str


class NetworkPolicy(msgspec.Struct, frozen=True, gc=False):
    """A policy with the directions that it governs, and its rules by their place."""

    namespace: str
    name: str
    selector: Selector
    governs_ingress: bool
    governs_egress: bool
    ingress: tuple[Rule | NotUnderstood, ...]
    egress: tuple[Rule | NotUnderstood, ...]
    beyond: tuple[NotUnderstood, ...] = ()


class _Spec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, gc=False):
    pod_selector: Any = None
    policy_types: Any = None
    ingress: Any = None
    egress: Any = None


def whole(view: NetworkPolicyView) -> NetworkPolicy:
    """Read a policy whole."""
    spec = view.spec
    types = spec.governs
    odd = tuple(
        NotUnderstood(f"policy type {cut(name)}") for name in types if name not in {"Ingress", "Egress"}
    )
    return NetworkPolicy(
        namespace=view.metadata.namespace,
        name=view.metadata.name,
        selector=spec.pod_selector,
        governs_ingress="Ingress" in types,
        governs_egress="Egress" in types,
        ingress=tuple(_rule(raw, IngressRule) for raw in spec.ingress),
        egress=tuple(_rule(raw, EgressRule) for raw in spec.egress),
        beyond=(*odd, *_beyond(view)),
    )


def _rule(raw: msgspec.Raw, kind: type[Rule]) -> Rule | NotUnderstood:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        return NotUnderstood(cut(str(error)))


def _beyond(view: NetworkPolicyView) -> tuple[NotUnderstood, ...]:
    try:
        msgspec.json.decode(view.raw, type=_Spec)
    except msgspec.ValidationError as error:
        return (NotUnderstood(cut(str(error))),)
    return ()
