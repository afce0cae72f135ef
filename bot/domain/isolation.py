"""One pod isolated: the policy, the label that it selects, and everything to say and to run about it."""

import re
from collections.abc import Iterable
from typing import Any

from bot.domain.actions import KEY_DOMAIN, NAME_PREFIX
from bot.domain.changes import Create, KeyEdit, Patch
from bot.domain.commands import kubectl
from bot.domain.documents import Document
from bot.domain.findings import Finding, Forecast, Verdict
from bot.domain.plans import Expectation, Part, Target
from bot.domain.pods import boundary, details
from bot.domain.queries import kube
from bot.domain.refs import NETWORK_POLICY, KubeRef
from bot.domain.views import NetworkPolicyView, PodView, selects

LABEL = f"{KEY_DOMAIN}/quarantine"
REQUEST = f"{KEY_DOMAIN}/request"
MANAGED_BY = "app.kubernetes.io/managed-by"

KEPT: tuple[tuple[str, str], ...] = (
    ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false"),
    ("karpenter.sh/do-not-disrupt", "true"),
)
"""What stops Cluster Autoscaler and Karpenter from evicting a pod (their documentation)."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_LONGEST_ID = 40


def mark(request_id: str, index: int) -> str:
    """
    Return the label value of a request's target, unique to it: ``fb-7k3q-0``.

    Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    if len(request_id) > _LONGEST_ID or not _REQUEST_ID.fullmatch(request_id):
        raise ValueError(f"{request_id!r} cannot be part of an object's name")
    return f"{request_id.lower()}-{index}"


def part(pod: PodView, ref: KubeRef, request_id: str, index: int, context: str) -> Part:
    """
    Return the part that isolates a pod: policy first, label second.

    In this order the cut is complete the moment the label stands (an engine may miss a policy that comes
    while it works out the pod's new labels). ``context`` is the kubeconfig context for the commands.
    """
    value = mark(request_id, index)
    policy, patch = isolating(ref, request_id, value), marking(ref, pod, value)
    lost = bool(boundary(pod, ""))
    return Part(
        target=_target(pod, ref),
        lane=f"kubernetes:{ref.cluster}:{ref.namespace}/{ref.name}",
        changes=(policy, patch),
        words=(_policy_words(policy, value), _patch_words(patch)),
        commands=kubectl(context, (policy, patch)),
        expectations=(
            Expectation(policy.ref, "stands as written"),
            Expectation(ref, "carries " + ", ".join(f"{k.path[-1]}={k.after}" for k in patch.keys)),
        ),
        forecast=Forecast.NOT_ENFORCED if lost else Forecast.UNKNOWN,
        best_verdict=Verdict.NOT_ENFORCED if lost else Verdict.INCONCLUSIVE,
    )


def isolating(ref: KubeRef, request_id: str, value: str) -> Create:
    """Return the policy that selects our label alone and allows nothing: no rules, both directions named."""
    own = kube(ref.cluster, NETWORK_POLICY, ref.namespace, f"{NAME_PREFIX}{value}")
    body: dict[str, Any] = {
        "apiVersion": own.kind.api_version,
        "kind": own.kind.kind,
        "metadata": {
            "name": own.name,
            "namespace": own.namespace,
            "labels": {MANAGED_BY: "firebreak", REQUEST: request_id},
        },
        "spec": {"podSelector": {"matchLabels": {LABEL: value}}, "policyTypes": ["Ingress", "Egress"]},
    }
    return Create(own, Document.of(body))


def marking(ref: KubeRef, pod: PodView, value: str) -> Patch:
    """Return the patch that sets our label and holds the pod, remembering what stood there."""
    before = pod.metadata.annotations
    label = KeyEdit(("metadata", "labels", LABEL), pod.metadata.labels.get(LABEL), value)
    held = tuple(KeyEdit(("metadata", "annotations", key), before.get(key), to) for key, to in KEPT)
    return Patch(ref, pod.metadata.uid, (label, *held))


def mark_of(pod: PodView, policies: Iterable[NetworkPolicyView] | None) -> str:
    """
    Return the value of our label on a pod, where a policy of ours stands behind it; else an empty text.

    Whoever may label pods may write our label, so alone it is foreign text. ``None`` for policies that could
    not be listed: then the label is believed.
    """
    value = pod.metadata.labels.get(LABEL, "")
    if policies is None:
        return value
    return value if any(_isolates(policy, pod, value) for policy in policies) else ""


def _isolates(policy: NetworkPolicyView, pod: PodView, value: str) -> bool:
    """Whether a policy is as `isolating` writes it for this value, by its names, and selects the pod."""
    meta, request = policy.metadata, value.rpartition("-")[0]
    named = meta.name == f"{NAME_PREFIX}{value}" and meta.labels.get(MANAGED_BY) == "firebreak"
    ours = named and request != "" and meta.labels.get(REQUEST, "").lower() == request
    return ours and selects(policy.spec.pod_selector, pod.metadata.labels)


def foreign_mark(pod: PodView, subject: str) -> tuple[Finding, ...]:
    """Warn of our label on a pod that is not contained: somebody else wrote it, or a policy of ours is gone."""
    value = pod.metadata.labels.get(LABEL)
    if value is None:
        return ()
    text = (
        f"{subject} carries our label though no containment of ours is behind it: {LABEL}={value}, "
        "which the rollback puts back"
    )
    return (Finding("foreign-label", subject, text),)


def held(pod: PodView, subject: str) -> Finding:
    """Say what the annotations do, and what of other hands they replace for the time being."""
    replaced = [key for key, value in KEPT if pod.metadata.annotations.get(key, value) != value]
    text = f"autoscalers will not evict {subject} until it is released, so its node is not scaled down"
    if replaced:
        text += f"; it has values of its own for {' and '.join(replaced)}, which the rollback puts back"
    return Finding("autoscaler-held", subject, text)


def _target(pod: PodView, ref: KubeRef) -> Target:
    return Target(
        kind="Pod",
        cluster=ref.cluster,
        namespace=ref.namespace,
        name=ref.name,
        uid=pod.metadata.uid,
        labels=tuple(sorted(pod.metadata.labels.items())),
        details=details(pod),
    )


def _policy_words(policy: Create, value: str) -> str:
    own = policy.ref
    return (
        f"Create NetworkPolicy {own.namespace}/{own.name}: "
        f"it selects only pods labelled {LABEL}={value}, and allows nothing in or out"
    )


def _patch_words(patch: Patch) -> str:
    label, *annotations = patch.keys
    told = ", ".join(map(_edited, annotations))
    return f"Label pod {patch.ref.namespace}/{patch.ref.name} {_edited(label)}, and annotate it {told}"


def _edited(key: KeyEdit) -> str:
    return f"{key.path[-1]}={key.after}" + (f" (was {key.before})" if key.before is not None else "")
