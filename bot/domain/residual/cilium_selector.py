"""
Cilium's selectors: those of Kubernetes, with a source before the key (Cilium documentation, "Labels", "Endpoints Based").

``k8s:`` and ``any:`` and no source at all mean the pod's labels; ``reserved:`` means one of Cilium's own identities.
"""

from collections.abc import Mapping
from typing import Final

from bot.domain.reading import cut
from bot.domain.residual.rules import A_POD, NOTHING, Being, Each, Has, In, Is, Match, Named, Not, Of
from bot.domain.residual.selectors import NotModelledError
from bot.domain.selectors import Requirement, Selector

NAMESPACE: Final = "io.kubernetes.pod.namespace"
ACCOUNT: Final = "io.cilium.k8s.policy.serviceaccount"
CLUSTER: Final = "io.cilium.k8s.policy.cluster"
NAMESPACE_LABELS: Final = "io.cilium.k8s.namespace.labels."
RESERVED: Final[Mapping[str, Match]] = {
    "host": Is(Being.OWN_NODE),
    "remote-node": Each((Is(Being.NODE), Not(Is(Being.OWN_NODE)))),
    "world": Is(Being.OUTSIDE),
    "none": NOTHING,
}


def endpoints(selector: Selector, namespace: str) -> Match:
    """
    Return the pods that a selector chooses: those of the policy's own namespace unless it names others.

    Raises NotModelledError for another source, another cluster, and an operator that is not known.
    """
    needs = [*_equal(selector), *selector.match_expressions]
    keys = [_bare(need.key) for need in needs]
    if any(need.key.startswith("reserved:") for need in needs):
        return Each(tuple(_needed(need, Of.POD) for need in needs))
    named = any(key == NAMESPACE or key.startswith(NAMESPACE_LABELS) for key in keys)
    near = (Named(Of.NAMESPACE, (namespace,)),) if namespace and not named else ()
    return Each((A_POD, *near, *(_needed(need, Of.POD) for need in needs)))


def nodes(selector: Selector) -> Match:
    """Return the other nodes that a selector chooses. Raises NotModelledError as `endpoints` does."""
    needs = (_needed(need, Of.NODE) for need in (*_equal(selector), *selector.match_expressions))
    return Each((RESERVED["remote-node"], *needs))


def _equal(selector: Selector) -> list[Requirement]:
    return [Requirement(key, "In", (value,)) for key, value in sorted(selector.match_labels.items())]


def _bare(key: str) -> str:
    source, colon, rest = key.partition(":")
    return rest if colon and source in {"k8s", "any"} else key


def _needed(need: Requirement, of: Of) -> Match:
    if need.operator not in {"In", "NotIn", "Exists", "DoesNotExist"}:
        raise NotModelledError(f"operator {cut(need.operator)!r} of a selector")
    found = _leaf(need, of)
    return Not(found) if need.operator in {"NotIn", "DoesNotExist"} else found


def _leaf(need: Requirement, of: Of) -> Match:
    key, valued = _bare(need.key), need.operator in {"In", "NotIn"}
    if key == NAMESPACE:
        return Named(Of.NAMESPACE, need.values) if valued else A_POD
    if key == ACCOUNT:
        return Named(Of.SERVICE_ACCOUNT, need.values) if valued else A_POD
    if key == CLUSTER and valued:
        raise NotModelledError("the name of the cluster")
    if key.startswith("reserved:") and key.removeprefix("reserved:") in RESERVED:
        return RESERVED[key.removeprefix("reserved:")]
    if ":" in key:
        raise NotModelledError(f"the label {cut(key)}")
    if key.startswith(NAMESPACE_LABELS):
        of, key = Of.NAMESPACE, key.removeprefix(NAMESPACE_LABELS)
    return In(of, key, need.values) if valued else Has(of, key)
