"""
Cilium's own policies: cilium.io/v2, by its documentation ("Layer 3", "Layer 4", "Deny Policies", "Default Deny").

Deny wins over every allow, that of a NetworkPolicy included. A direction is closed for the pods that a policy selects
once it has a rule there, unless ``enableDefaultDeny`` says otherwise. Policies of hosts (``nodeSelector``) select no
pod; they can only close more, and are left out.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.residual.cilium_rules import Around, Rules, clauses
from bot.domain.residual.cilium_selector import endpoints
from bot.domain.residual.compiling import NOTHING_SAID, clauses_of, decoded, said, unread
from bot.domain.residual.network_policy import Semantics
from bot.domain.residual.rules import (
    A_POD,
    DEFAULT_STAGE,
    EVERYTHING,
    Cause,
    Compiled,
    Each,
    Gap,
    Match,
    Named,
    Of,
    Ruling,
    Verb,
)
from bot.domain.residual.selectors import NotModelledError
from bot.domain.selectors import Selector
from bot.domain.views import Meta

FIRST: Final = 0.0
WITH_ALLOWS: Final = 1_000.0
"""In one stage with NetworkPolicies, whose order is 1000: denies before, allows beside them."""


class _DefaultDeny(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ingress: bool | None = None
    egress: bool | None = None


class _Spec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    endpoint_selector: Selector | None = None
    node_selector: Selector | None = None
    ingress: Rules = ()
    ingress_deny: Rules = ()
    egress: Rules = ()
    egress_deny: Rules = ()
    enable_default_deny: _DefaultDeny = _DefaultDeny()
    labels: msgspec.Raw = NOTHING_SAID
    description: str = ""
    log: msgspec.Raw = NOTHING_SAID


class _Document(msgspec.Struct, frozen=True):
    kind: str
    metadata: Meta
    spec: msgspec.Raw = NOTHING_SAID
    specs: tuple[msgspec.Raw, ...] | None = ()


NOWHERE: Final = Semantics(blocks_match_pods=False, blocks_match_nodes=False)
"""Cilium's blocks match what is beyond the cluster, unless ``policy-cidr-match-mode`` says more."""


def compiled(
    bodies: Iterable[str], semantics: Semantics = NOWHERE, api_servers: tuple[str, ...] = ()
) -> Compiled:
    """Return what Cilium's policies say, from their JSON; ``api_servers`` is the entity ``kube-apiserver``."""
    found = Compiled()
    for body in bodies:
        try:
            document = decoded(body, _Document)
        except NotModelledError as missing:
            found = found + Compiled((), (Gap(EVERYTHING, f"a policy of Cilium: {missing}"),))
            continue
        for raw in (*((document.spec,) if said(document.spec) else ()), *(document.specs or ())):
            found = found + _policy(document, raw, Around(semantics, api_servers))
    return found


def _policy(document: _Document, raw: msgspec.Raw, around: Around) -> Compiled:
    meta = document.metadata
    namespace = meta.namespace if document.kind == "CiliumNetworkPolicy" else ""
    cause = Cause(document.kind, namespace, meta.name)
    own: Match = Each((A_POD, Named(Of.NAMESPACE, (namespace,)))) if namespace else A_POD
    try:
        spec = decoded(raw, _Spec)
        if spec.node_selector is not None:
            return Compiled()
        subject = _subject(spec, own, namespace)
    except NotModelledError as missing:
        # Whatever it says, a deny of another policy stands before it.
        place = (WITH_ALLOWS, f"{namespace}/{meta.name}")
        return Compiled((unread(DEFAULT_STAGE, place, own, (cause, str(missing))),))
    return _ruled(spec, cause, subject, around)


def _subject(spec: _Spec, own: Match, namespace: str) -> Match:
    if spec.endpoint_selector is None:
        raise NotModelledError("neither endpoints nor nodes are selected")
    return Each((own, endpoints(spec.endpoint_selector, namespace)))


def _ruled(spec: _Spec, cause: Cause, subject: Match, around: Around) -> Compiled:
    closed, name = tuple(_closed(spec)), f"{cause.namespace}/{cause.name}"

    def ruling(verb: Verb, order: float, into: Rules, out: Rules) -> Ruling:
        make = partial(clauses, verb=verb, around=around)
        return Ruling(
            stage=DEFAULT_STAGE,
            order=(order, name),
            subject=subject,
            cause=cause,
            ingress=clauses_of(into, make, cause, Direction.INGRESS),
            egress=clauses_of(out, make, cause, Direction.EGRESS),
            closes=closed,
        )

    return Compiled(
        (
            ruling(Verb.DENY, FIRST, spec.ingress_deny, spec.egress_deny),
            ruling(Verb.ALLOW, WITH_ALLOWS, spec.ingress, spec.egress),
        )
    )


def _closed(spec: _Spec) -> Iterable[Direction]:
    told = spec.enable_default_deny
    if told.ingress if told.ingress is not None else spec.ingress or spec.ingress_deny:
        yield Direction.INGRESS
    if told.egress if told.egress is not None else spec.egress or spec.egress_deny:
        yield Direction.EGRESS
