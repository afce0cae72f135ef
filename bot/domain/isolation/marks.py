"""Our label on a pod and our marks on what we write: set, recognised, and told from what others wrote."""

import re
from collections.abc import Iterable
from typing import Any

from bot.domain.actions import KEY_DOMAIN, NAME_PREFIX
from bot.domain.changes import KeyEdit, Patch
from bot.domain.findings import Finding
from bot.domain.refs import KubeRef
from bot.domain.selectors import selects
from bot.domain.views import NetworkPolicyView, PodView

LABEL = f"{KEY_DOMAIN}/quarantine"
REQUEST = f"{KEY_DOMAIN}/request"
MANAGED_BY = "app.kubernetes.io/managed-by"

KEPT: tuple[tuple[str, str], ...] = (
    ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false"),
    ("karpenter.sh/do-not-disrupt", "true"),
)
"""What stops Cluster Autoscaler and Karpenter from evicting a pod (their documentation)."""

FOREIGN_LABEL = "foreign-label"
FORGED_MARK = "forged-mark"
"""What is said of a mark that is not ours. A containment is no worse for it: our mark takes its place."""

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


def request_of(value: str) -> str:
    """Return the id of the request that a value of our label names, whoever wrote it; never an empty text."""
    return value.rpartition("-")[0].upper() or value


def index_of(value: str) -> int | None:
    """Return which target of that request a value of our label names; ``None`` where it names none."""
    number = value.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() and number == str(int(number)) else None


def metadata(name: str, namespace: str, request_id: str) -> dict[str, Any]:
    """Return the metadata of an object of ours."""
    return {
        "name": name,
        "namespace": namespace,
        "labels": {MANAGED_BY: "firebreak", REQUEST: request_id},
    }


def marking(ref: KubeRef, pod: PodView, value: str) -> Patch:
    """
    Return the patch that sets our label and holds the pod, remembering what stood there.

    It is set over whatever stands there by then: else whoever may label the pod could keep it from being contained.
    """
    before = pod.metadata.annotations
    label = KeyEdit(("metadata", "labels", LABEL), pod.metadata.labels.get(LABEL), value)
    kept = tuple(KeyEdit(("metadata", "annotations", key), before.get(key), to) for key, to in KEPT)
    return Patch(ref, pod.metadata.uid, (label, *kept), over=True)


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
    """Whether a policy is as we write it for this value, by its names, and selects the pod."""
    meta, request = policy.metadata, value.rpartition("-")[0]
    named = meta.name == f"{NAME_PREFIX}{value}" and meta.labels.get(MANAGED_BY) == "firebreak"
    ours = named and request != "" and meta.labels.get(REQUEST, "").lower() == request
    return ours and selects(policy.spec.pod_selector, pod.metadata.labels)


def foreign_mark(pod: PodView, subject: str, policies: Iterable[NetworkPolicyView]) -> tuple[Finding, ...]:
    """
    Warn of our label on a pod that is not contained: somebody else wrote it, or a policy of ours is gone.

    Also of a policy that looks like ours and stands behind it, of which no record of ours knows.
    """
    value = pod.metadata.labels.get(LABEL)
    if value is None:
        return ()
    text = (
        f"{subject} carries our label though no containment of ours is behind it: {LABEL}={value}, "
        "which the rollback puts back"
    )
    said = [Finding(FOREIGN_LABEL, subject, text)]
    if mark_of(pod, policies):
        space, name = subject.rpartition("/")[0], f"{NAME_PREFIX}{value}"
        text = (
            f"NetworkPolicy {space}/{name} looks like ours, and our records know of no containment by it: forged, "
            f"or left over. It lets go of {subject} now, and selects it again after a rollback; to remove it: "
            f"kubectl delete networkpolicy -n {space} {name}"
        )
        said.append(Finding(FORGED_MARK, f"{space}/{name}", text))
    return tuple(said)


def held(pod: PodView, subject: str) -> Finding:
    """Say what the annotations do, and what of other hands they replace for the time being."""
    replaced = [key for key, value in KEPT if pod.metadata.annotations.get(key, value) != value]
    text = f"autoscalers will not evict {subject} until it is released, so its node is not scaled down"
    if replaced:
        text += f"; it has values of its own for {' and '.join(replaced)}, which the rollback puts back"
    return Finding("autoscaler-held", subject, text)
