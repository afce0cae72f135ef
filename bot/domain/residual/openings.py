"""
What NetworkPolicies leave open.

They only ever add allows: what any policy that selects a pod allows is allowed, and no policy can take it
back (Kubernetes documentation, "Network Policies").
"""

from collections.abc import Iterable

import msgspec

from bot.domain.findings import Finding
from bot.domain.selectors import Labels, selects
from bot.domain.views import NetworkPolicyView

INGRESS, EGRESS = "ingress", "egress"


class Opening(msgspec.Struct, frozen=True):
    """One direction that a policy keeps open. Not ``escapable``: it selects every pod of the namespace."""

    policy: str
    direction: str
    escapable: bool


def openings(policies: Iterable[NetworkPolicyView], labels: Labels) -> tuple[Opening, ...]:
    """Return what policies keep open for a pod that carries these labels, in the order of their names."""
    return tuple(
        Opening(policy.metadata.name, direction, not _selects_all(policy))
        for policy in sorted(policies, key=lambda p: p.metadata.name)
        if selects(policy.spec.pod_selector, labels)
        for direction in allowed(policy)
    )


def allowed(policy: NetworkPolicyView) -> tuple[str, ...]:
    """
    Return the directions in which a policy allows anything: it governs the direction and has a rule there.

    Without ``policyTypes`` it governs ingress always, egress only with egress rules (API reference).
    """
    spec = policy.spec
    types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
    rules = {"Ingress": spec.ingress, "Egress": spec.egress}
    return tuple(name.lower() for name in ("Ingress", "Egress") if name in types and rules[name])


def _selects_all(policy: NetworkPolicyView) -> bool:
    selector = policy.spec.pod_selector
    return not selector.match_labels and not selector.match_expressions


def kept_open(opening: Opening, namespace: str, pod: str, subject: str) -> Finding:
    """Say what an opening means for a quarantined pod."""
    text = f"NetworkPolicy {namespace}/{opening.policy} goes on allowing {opening.direction} of {pod}"
    if not opening.escapable:
        text += ": it selects every pod of the namespace, so no label escapes it"
    return Finding(f"policy-allows-{opening.direction}", subject, text)


def constants(subject: str) -> tuple[Finding, ...]:
    """Return what no NetworkPolicy settles, and that nothing is known yet of who enforces them here."""
    return (
        Finding("enforcement-unknown", subject, "whether anything enforces policies here is not known yet"),
        Finding("own-node", subject, "traffic between a pod and its own node is always allowed"),
        Finding("established-connections", subject, "connections that are open already may survive"),
        Finding("icmp", subject, "ICMP, and all but TCP, UDP and SCTP, is not defined by policies"),
    )
