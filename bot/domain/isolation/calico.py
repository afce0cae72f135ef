"""
Calico's early Deny: tiers by their order, policies of a tier by theirs, and the first rule that matches ends it.

So a Deny stands before what others allow if it is asked first: in a tier of our own that an operator set up at the
front, or in the tier ``default`` with an order below all that are in use there (a NetworkPolicy of Kubernetes stands
at 1000). Written through ``projectcalico.org/v3``; ``crd.projectcalico.org/v1`` is Calico's storage, which works and
is not supported (Calico, "Don't touch crd.projectcalico.org/v1 resources").
"""

import math
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from bot.domain.actions import NAME_PREFIX
from bot.domain.changes import Create
from bot.domain.documents import Document
from bot.domain.isolation.allowances import DNS_LABEL, DNS_NAMESPACE, DNS_PORT, NODE_DNS, Allowances
from bot.domain.isolation.cutting import Cut, Options, Placement, Step, StrategyName
from bot.domain.isolation.marks import LABEL, metadata
from bot.domain.isolation.network_policy import described
from bot.domain.queries import kube
from bot.domain.refs import CALICO_POLICY, CALICO_STORED_POLICY, Kind
from bot.domain.selectors import Requirement, Selector
from bot.domain.views import Foreign

Rule = dict[str, Any]

OWN_TIER: Final = "firebreak"
DEFAULT_TIER: Final = "default"
EARLY: Final = -1000
LOWEST: Final = -(2**52)
"""Below this a step of ``EARLY`` is no longer exact as a float."""

TIERED: Final = Kind("projectcalico.org", "v3", "tier.networkpolicies", "NetworkPolicy")
"""What Calico's API server asks RBAC about: a policy's name, or ``<tier>.*`` (Calico, "Configure RBAC for tiers")."""

_OURS: Final = re.compile(rf"{re.escape(LABEL)} == '([A-Za-z0-9._-]*)'")
DENY: Final[Rule] = {"action": "Deny"}


def denying(cut: Cut, options: Options) -> Step:
    """Return the policy that denies both ways, with what stays open allowed before."""
    kind = CALICO_STORED_POLICY if options.strategy is StrategyName.CALICO_STORED else CALICO_POLICY
    place = options.place
    own = kube(cut.cluster, kind, cut.namespace, f"{place.tier}.{NAME_PREFIX}{cut.value}")
    body = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": metadata(own.name, own.namespace, cut.request_id),
        "spec": {
            **({"tier": place.tier} if place.tiered else {}),
            "order": place.order,
            "selector": expression(cut.selector),
            "types": ["Ingress", "Egress"],
            "ingress": [DENY],
            "egress": [*_allowing(options.allow), DENY],
        },
    }
    outward = f"everything out but {options.allow}" if options.allow.any else "everything out"
    tier = f"tier {place.tier}, " if place.tiered else ""
    words = (
        f"Create Calico NetworkPolicy {own.namespace}/{own.name} ({kind.api_version}), {tier}order "
        f"{place.order}: for pods labelled {described(cut.selector)} it denies everything in and {outward}"
    )
    return Step(Create(own, Document.of(body)), words)


def dns_rules() -> list[Rule]:
    """Return what lets a pod ask the cluster's DNS servers and a cache on its node: a rule for each protocol."""
    key, value = DNS_LABEL
    servers = {
        "namespaceSelector": f"projectcalico.org/name == '{DNS_NAMESPACE}'",
        "selector": f"{key} == '{value}'",
        "ports": [DNS_PORT],
    }
    caches = {"nets": list(NODE_DNS), "ports": [DNS_PORT]}
    return [
        {"action": "Allow", "protocol": protocol, "destination": to}
        for to in (servers, caches)
        for protocol in ("UDP", "TCP")
    ]


def _allowing(allow: Allowances) -> list[Rule]:
    rules = dns_rules() if allow.dns else []
    for version in (4, 6):  # a rule must not mix them
        if nets := allow.of_version(version):
            rules.append({"action": "Allow", "destination": {"nets": list(nets)}})
    return rules


def expression(selector: Selector) -> str:
    """
    Return a label selector in Calico's language.

    Raises ``ValueError`` for one that it cannot say: an operator that is not known, or a quote in a value.
    """
    said = [f"{key} == {_quoted(value)}" for key, value in sorted(selector.match_labels.items())]
    return " && ".join([*said, *(_requirement(each) for each in selector.match_expressions)]) or "all()"


def _requirement(need: Requirement) -> str:
    values = ", ".join(_quoted(value) for value in need.values)
    match need.operator:
        case "In":
            return f"{need.key} in {{ {values} }}"
        case "NotIn":
            return f"{need.key} not in {{ {values} }}"
        case "Exists":
            return f"has({need.key})"
        case "DoesNotExist":
            return f"!has({need.key})"
        case _:
            raise ValueError(f"{need.operator!r} is no operator of a label selector")


def _quoted(value: str) -> str:
    if "'" in value:
        raise ValueError("a label's value has no quotes")
    return f"'{value}'"


class _Spec(msgspec.Struct, frozen=True):
    order: float | None = None
    tier: str = DEFAULT_TIER
    selector: str = ""


class _Meta(msgspec.Struct, frozen=True):
    name: str


class _Ordered(msgspec.Struct, frozen=True):
    """A tier or a policy of Calico, as far as its place goes. No order is the last."""

    metadata: _Meta
    spec: _Spec = _Spec()

    @property
    def order(self) -> float:
        return math.inf if self.spec.order is None else self.spec.order


def placed(
    tiers: Iterable[Foreign] | None, policies: Iterable[Foreign] | None, value: str, *, own_tier: bool
) -> Placement:
    """
    Return where a Deny for the pods of label ``value`` is asked first, and what may be asked before it all the same.

    ``tiers`` and ``policies`` are what was listed, ``None`` where it could not be: then the usual place is taken and
    that is said. No tiers at all are those of a Calico that knows none. ``own_tier``: policies of the tier
    ``firebreak`` may be written.
    """
    listed = None if tiers is None else tuple(tiers)
    known, blurred = _read(listed)
    standing, unread = _read(policies)
    rivals = [p for p in standing if not _elsewhere(p, value)]
    before = [f"{name}, which could not be understood" for name in (*blurred, *unread)]
    before += ["tiers that could not be listed"] if listed is None else []
    ours = next((t for t in known if t.metadata.name == OWN_TIER), None)
    if ours is not None and own_tier:
        before += _earlier(known, rivals, OWN_TIER, ours.order)
        return Placement(OWN_TIER, _below(rivals, OWN_TIER), before=tuple(before))
    before += ["policies that could not be listed"] if policies is None else []
    default = next((t.order for t in known if t.metadata.name == DEFAULT_TIER), 1_000_000.0)
    order = _below(rivals, DEFAULT_TIER)
    before += _earlier(known, rivals, DEFAULT_TIER, default)
    before += [
        f"policy {p.metadata.name}, of order {p.order:g}"
        for p in _of(rivals, DEFAULT_TIER)
        if p.order <= order
    ]
    return Placement(DEFAULT_TIER, order, listed != (), tuple(before))


def _read(found: Iterable[Foreign] | None) -> tuple[list[_Ordered], list[str]]:
    known, blurred = [], []
    for foreign in found or ():
        try:
            known.append(msgspec.json.decode(foreign.body, type=_Ordered))
        except (msgspec.DecodeError, RecursionError):
            blurred.append(f"a {foreign.of.kind}")
    return known, blurred


def _elsewhere(policy: _Ordered, value: str) -> bool:
    """Whether a policy can only select pods with another value of our label: another quarantine of ours."""
    found = _OURS.fullmatch(policy.spec.selector)
    return found is not None and found[1] != value


def _of(policies: Iterable[_Ordered], tier: str) -> list[_Ordered]:
    return [p for p in policies if p.spec.tier == tier]


def _below(policies: Iterable[_Ordered], tier: str) -> int:
    """The same number for everybody, but for a tier where somebody stands as early: the approval is bound to it."""
    first = min((p.order for p in _of(policies, tier)), default=math.inf)
    return EARLY if first > EARLY else max(math.floor(max(first, LOWEST)) + EARLY, LOWEST)


def _earlier(tiers: Iterable[_Ordered], policies: Iterable[_Ordered], tier: str, order: float) -> list[str]:
    """Return the tiers that are asked before one, as far as policies stand in them."""
    used = {p.spec.tier for p in policies}
    earlier = [
        t
        for t in tiers
        if t.metadata.name in used and t.metadata.name != tier and (t.order, t.metadata.name) < (order, tier)
    ]
    return [f"the policies of tier {t.metadata.name}, of order {t.order:g}" for t in earlier]
