"""
What NetworkPolicies leave open.

They only ever add allows: what any policy that selects a pod allows is allowed, and no policy can take it
back (Kubernetes documentation, "Network Policies").
"""

from collections.abc import Iterable

from bot.domain.selectors import Labels, selects
from bot.domain.views import NetworkPolicyView


def openers(policies: Iterable[NetworkPolicyView], labels: Labels) -> tuple[str, ...]:
    """Return the names of the policies that keep anything open for a pod that carries these labels."""
    return tuple(
        policy.metadata.name
        for policy in policies
        if selects(policy.spec.pod_selector, labels) and allowed(policy)
    )


def allowed(policy: NetworkPolicyView) -> tuple[str, ...]:
    """Return the directions in which a policy allows anything: it governs the direction and has a rule there."""
    spec = policy.spec
    rules = {"Ingress": spec.ingress, "Egress": spec.egress}
    return tuple(name.lower() for name in ("Ingress", "Egress") if name in spec.governs and rules[name])
