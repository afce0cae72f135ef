"""What a pod's own body says about containing it: names, boundary, facts for the reader."""

import difflib
import heapq
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.findings import Finding, Refusal
from bot.domain.queries import Recorded
from bot.domain.views import PodView

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LONGEST_NAME = 253
MOST_CANDIDATES = 500
LOOSE = "held-loosely"
REPLACED = "pod-replaced"
"""A warning of what is suggested: the pod is younger than the alert that names it."""


def is_label(name: str) -> bool:
    """Whether a name is an RFC 1123 label, as namespaces are named."""
    return LABEL.fullmatch(name) is not None


def check_namespace(name: str) -> None:
    """Raise ``ValueError`` in plain words for what cannot be the name of a namespace."""
    if not is_label(name):
        raise ValueError(f"{name!r} is not a namespace: lower case letters, digits and dashes only")


def is_subdomain(name: str) -> bool:
    """Whether a name is an RFC 1123 subdomain, as pods, nodes and their controllers are named."""
    return len(name) <= LONGEST_NAME and SUBDOMAIN.fullmatch(name) is not None


def closest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """
    Return up to three names that a mistyped one may have meant, best first.

    Only those that begin most alike are compared in full: one namespace can hold thousands of pods.
    """
    candidates = heapq.nsmallest(MOST_CANDIDATES, names, key=lambda n: (-_common_start(name, n), n))
    return tuple(difflib.get_close_matches(name, candidates, n=3, cutoff=0.5))


def _common_start(one: str, other: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def unfit(pod: PodView, title: str, held: Recorded | None) -> Refusal | None:
    """
    Return why a pod cannot be quarantined: on its way out, finished, or quarantined already.

    ``held`` is what our records say of the request that contains it, ``None`` for none.
    """
    if pod.metadata.deletion_timestamp is not None:
        remedy = "Look for its replacement: that one runs, and is not cut off."
        return Refusal("pod-terminating", f"{title} is being deleted", remedy)
    if pod.status.phase in {"Succeeded", "Failed"}:
        return Refusal(
            "pod-finished",
            f"{title} has ended ({pod.status.phase}): it has no network to cut",
            "Look for the pod that replaced it.",
        )
    return _held(title, held) if held is not None else None


def loose(held: Recorded | None, subject: str) -> tuple[Finding, ...]:
    """Warn that another request has the pod on record, and does not hold it: both write the same label."""
    if held is None:
        return ()
    text = (
        f"{subject} has another request on record already: {held.why}. {held.remedy}. If this one is made as well, "
        f"roll it back before that one, and do not have that one written again"
    )
    return (Finding(LOOSE, subject, text),)


def _held(title: str, held: Recorded) -> Refusal:
    request = held.request
    if held.why:
        text = f"{title} is taken by {request} already, and is not known to be cut off by it now: {held.why}"
        return Refusal("already-quarantined", text, held.remedy)
    remedy = f"Keep that one for longer, or undo it: /ir status {request}"
    return Refusal("already-quarantined", f"{title} is already quarantined by {request}", remedy)


def boundary(pod: PodView, subject: str) -> tuple[Finding, ...]:
    """Return why no NetworkPolicy can hold a pod, if so: then its node is the boundary."""
    spec, reasons = pod.spec, []
    if spec.host_network:
        reasons.append("it shares the node's network (hostNetwork), where NetworkPolicies do not apply")
    if spec.host_pid:
        reasons.append("it sees the node's processes (hostPID), and can join their network")
    every = (*spec.containers, *spec.init_containers, *spec.ephemeral_containers)
    powers = sorted(c.name for c in every if c.security_context and c.security_context.privileged)
    if powers:
        reasons.append(f"container {', '.join(powers)} is privileged, and can leave its own network")
    if not reasons:
        return ()
    text = f"{subject} is not contained by this: {'; '.join(reasons)}. The node is the boundary: isolate the node"
    return (Finding("node-boundary", subject, text),)


def details(pod: PodView) -> tuple[tuple[str, str], ...]:
    """Return the facts that tell a reader which pod this is, beside its name and UID, in the order to show them."""
    owner = pod.metadata.controller
    images = ", ".join(dict.fromkeys(c.image for c in pod.spec.containers if c.image))
    return (
        ("owner", f"{owner.kind} {owner.name}" if owner else "none"),
        ("node", pod.spec.node_name or "not scheduled yet"),
        ("image", images or "none"),
        ("ready", "yes" if pod.ready else f"no ({pod.status.phase or 'phase unknown'})"),
        ("pod IP", pod.status.pod_ip or "none yet"),
    )


def made_at(pod: PodView) -> datetime | None:
    """Return when a pod was made (RFC 3339, in whole seconds); ``None`` where that is not told with its zone."""
    try:
        made = datetime.fromisoformat(pod.metadata.creation_timestamp)
    except ValueError:
        return None
    return made if made.tzinfo else None


def token(pod: PodView, namespace: str) -> Finding:
    """Say that the pod's identity is not cut with its network."""
    subject = f"{namespace}/{pod.spec.service_account_name or 'default'}"
    text = f"the token of service account {subject} stays valid wherever it was copied: no network cut revokes it"
    return Finding("service-account-token", subject, text)


def node_warning(pod: PodView, nodes: Mapping[str, bool | None], subject: str) -> tuple[Finding, ...]:
    """
    Warn of a pod without a node, or on one that is not Ready (``False``) or gone (``None``).

    A node that could not be read is not in ``nodes``, and is told elsewhere.
    """
    node = pod.spec.node_name
    if not node:
        return (Finding("not-scheduled", subject, f"{subject} has no node yet: it starts isolated"),)
    if nodes.get(node, True):
        return ()
    state = "does not exist any more" if nodes[node] is None else "is not Ready"
    return (Finding("node-not-ready", node, f"node {node} of {subject} {state}: policies may not reach it"),)
