"""
Calico's own policies: projectcalico.org/v3, and crd.projectcalico.org/v1 which stores the same.

By Calico's documentation ("NetworkPolicy", "GlobalNetworkPolicy", "Tier"): tiers by their order, in a tier policies by
theirs and then by name, in a policy rules from the first; the first match decides, Pass goes on with the next tier.
What no rule of a tier matched is denied if a policy of it selects the pod, unless the tier says Pass. NetworkPolicies
of Kubernetes are asked in the tier ``default``. Endpoints of hosts are not modelled.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.reading import cut
from bot.domain.residual import calico_selector
from bot.domain.residual.calico_rules import Sets, clauses, network_set
from bot.domain.residual.compiling import clauses_of, decoded, unread
from bot.domain.residual.rules import (
    A_POD,
    DEFAULT_STAGE,
    EVERYTHING,
    LAST,
    Cause,
    Compiled,
    Each,
    Gap,
    Match,
    Named,
    Of,
    Ruling,
)
from bot.domain.residual.selectors import NotModelledError
from bot.domain.views import Meta

_STORED: Final = "crd."
"""Calico's server fills in ``types``; in a policy that was stored without it, none are both (felix/calc)."""
_IGNORED: Final = ("StagedNetworkPolicy", "StagedGlobalNetworkPolicy", "StagedKubernetesNetworkPolicy")


class _Document(msgspec.Struct, frozen=True, rename={"version": "apiVersion"}):
    kind: str
    metadata: Meta
    spec: msgspec.Raw = msgspec.Raw(b"{}")
    version: str = ""


class _Tier(msgspec.Struct, frozen=True, rename="camel"):
    order: float | None = None
    default_action: str = "Deny"


class _Spec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    order: float | None = None
    tier: str = "default"
    selector: str = ""
    namespace_selector: str = ""
    service_account_selector: str = ""
    types: tuple[str, ...] = ()
    ingress: tuple[msgspec.Raw, ...] = ()
    egress: tuple[msgspec.Raw, ...] = ()
    do_not_track: bool = False
    pre_dnat: bool = msgspec.field(name="preDNAT", default=False)
    apply_on_forward: bool = False
    performance_hints: tuple[str, ...] = ()


def compiled(bodies: Iterable[str]) -> Compiled:
    """
    Return what Calico's policies, tiers and network sets say, from their JSON.

    Staged policies are not enforced and say nothing.
    """
    documents: list[_Document] = []
    gaps: list[Gap] = []
    for body in bodies:
        try:
            documents.append(decoded(body, _Document))
        except NotModelledError as missing:
            gaps.append(Gap(EVERYTHING, f"an object of Calico: {missing}"))
    tiers, found = _tiers(documents)
    sets = tuple(network_set(d.kind, d.metadata, d.spec) for d in documents if d.kind.endswith("NetworkSet"))
    gaps += [Gap(EVERYTHING, f"network set {s.name}: {why}") for s in sets for why in s.unmodelled]
    for document in documents:
        if document.kind in {"NetworkPolicy", "GlobalNetworkPolicy"}:
            found = found + _policy(document, tiers, sets)
        elif document.kind not in {*_IGNORED, "Tier", "NetworkSet", "GlobalNetworkSet"}:
            gaps.append(Gap(EVERYTHING, f"Calico's kind {cut(document.kind)}"))
    return found + Compiled((), tuple(gaps))


Tiers = Mapping[str, tuple[tuple[float, str], bool]]
"""By name, when a tier is asked, and whether it denies what no rule of it matched."""


def _tiers(documents: Iterable[_Document]) -> tuple[Tiers, Compiled]:
    found: dict[str, tuple[tuple[float, str], bool]] = {"default": (DEFAULT_STAGE, True)}
    gaps: list[Gap] = []
    for document in documents:
        if document.kind != "Tier":
            continue
        name = document.metadata.name
        try:
            tier = decoded(document.spec, _Tier)
        except NotModelledError as missing:
            gaps.append(Gap(EVERYTHING, f"tier {name}: {missing}"))
            continue
        closes = tier.default_action != "Pass"
        if name != "default":
            found[name] = ((LAST if tier.order is None else tier.order, name), closes)
        elif not closes:
            gaps.append(Gap(EVERYTHING, "the tier default passes what its policies do not match"))
    return found, Compiled((), tuple(gaps))


def _policy(document: _Document, tiers: Tiers, sets: tuple[Sets, ...]) -> Compiled:
    meta = document.metadata
    namespace = meta.namespace if document.kind == "NetworkPolicy" else ""
    cause = Cause(f"Calico {document.kind}", namespace, meta.name)
    own: Match = Each((A_POD, Named(Of.NAMESPACE, (namespace,)))) if namespace else A_POD
    try:
        spec = decoded(document.spec, _Spec)
        if document.version.startswith(_STORED) and not spec.types:
            spec = msgspec.structs.replace(spec, types=("Ingress", "Egress"))
        stage, closes = _tier(spec, tiers)
    except NotModelledError as missing:
        return Compiled((), (Gap(own, f"{cause}: {missing}"),))
    order = (
        LAST if spec.order is None else spec.order,
        f"{namespace}/{meta.name}" if namespace else meta.name,
    )
    try:
        subject = _subject(spec, own)
    except NotModelledError as missing:
        return Compiled((unread(stage, order, own, (cause, str(missing))),))
    if spec.do_not_track or spec.pre_dnat:
        return Compiled((), (Gap(subject, f"{cause}: rules for hosts, before connections are tracked"),))
    gaps = (Gap(subject, f"{cause}: rules for what hosts forward"),) if spec.apply_on_forward else ()
    return Compiled((_ruled(spec, Ruling(stage, order, subject, cause), sets, closes=closes),), gaps)


def _ruled(spec: _Spec, bare: Ruling, sets: tuple[Sets, ...], *, closes: bool) -> Ruling:
    types = set(spec.types or _types(spec))
    found = {
        direction: clauses_of(rules, partial(clauses, direction=direction, sets=sets), bare.cause, direction)
        for direction, rules in ((Direction.INGRESS, spec.ingress), (Direction.EGRESS, spec.egress))
        if direction.title() in types
    }
    return msgspec.structs.replace(
        bare,
        ingress=found.get(Direction.INGRESS, ()),
        egress=found.get(Direction.EGRESS, ()),
        closes=tuple(found) if closes else (),
    )


def _tier(spec: _Spec, tiers: Tiers) -> tuple[tuple[float, str], bool]:
    if spec.tier not in tiers:
        raise NotModelledError(f"tier {cut(spec.tier)!r}, which is not there")
    return tiers[spec.tier]


def _types(spec: _Spec) -> Iterator[str]:
    """Yield what it governs where it does not say: ingress, unless there are egress rules alone."""
    if spec.ingress or not spec.egress:
        yield "Ingress"
    if spec.egress:
        yield "Egress"


def _subject(spec: _Spec, own: Match) -> Match:
    if spec.service_account_selector:
        raise NotModelledError("the labels of service accounts")
    chosen = calico_selector.endpoints(spec.selector)
    near = calico_selector.namespaces(spec.namespace_selector) if spec.namespace_selector else EVERYTHING
    return Each((A_POD, own, near, chosen))
