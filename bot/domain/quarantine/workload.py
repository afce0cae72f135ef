"""
A whole Deployment: which pods its selector catches now, theirs and others', and how all of them are cut alike.

The cut selects by the Deployment's own selector, so that a replica that comes later is cut from its first packet.
"""

import msgspec

from bot.domain import isolation, refs, views
from bot.domain.findings import AGAIN, Finding, Refusal
from bot.domain.isolation import cilium
from bot.domain.isolation.choosing import UNION, Strategy
from bot.domain.isolation.cutting import Cut, Options, Step, StrategyName
from bot.domain.isolation.strategies import policies
from bot.domain.plans import Target
from bot.domain.quarantine.means import Chosen
from bot.domain.reading import cut
from bot.domain.refs import KubeRef
from bot.domain.selectors import Selector, selects

HASH = "pod-template-hash"
SHOWN = 5


class DeploymentView(msgspec.Struct, frozen=True):
    """A Deployment."""

    metadata: views.Meta
    spec: views.ReplicaSpec = views.ReplicaSpec()


class Workload(msgspec.Struct, frozen=True):
    """A Deployment with the running pods that its selector catches."""

    ref: KubeRef
    view: DeploymentView
    selector: Selector
    pods: tuple[views.PodView, ...]

    @property
    def title(self) -> str:
        """``payments/api``."""
        return f"{self.ref.namespace}/{self.ref.name}"

    def samples(self, most: int) -> tuple[str, ...]:
        """Return the names of up to ``most`` pods, whatever labels they carry: who writes ours on one must not hide it."""
        return tuple(pod.metadata.name for pod in self.pods[:most])

    def examples(self, most: int) -> tuple[str, ...]:
        """Return the names of up to ``most`` pods to look at closely; those that are cut already only where all are."""
        free = [pod for pod in self.pods if isolation.LABEL not in pod.metadata.labels]
        return tuple(pod.metadata.name for pod in (free or self.pods)[:most])

    @property
    def others(self) -> tuple[views.PodView, ...]:
        """Pods that the selector catches and that the Deployment did not make."""
        return tuple(pod for pod in self.pods if not _made_by(self.ref.name, pod))


def _made_by(deployment: str, pod: views.PodView) -> bool:
    """A Deployment names its ReplicaSets by itself and the hash of the template, which is on each of their pods."""
    owner, hashed = pod.metadata.controller, pod.metadata.labels.get(HASH)
    return owner is not None and owner.kind == "ReplicaSet" and owner.name == f"{deployment}-{hashed}"


def caught(
    ref: KubeRef, view: DeploymentView, standing: tuple[views.PodView, ...] | None
) -> Workload | Refusal:
    """Return the workload, or why nothing can be cut by its selector."""
    title, selector = f"{ref.cluster}/{ref.namespace}/{ref.name}", view.spec.selector
    if selector is None or not (selector.match_labels or selector.match_expressions):
        text = f"Deployment {title} says nothing of which pods are its own"
        return Refusal("no-selector", text, "Quarantine its pods by name.")
    if standing is None:
        return Refusal(
            "pods-unavailable",
            f"the pods of Deployment {title} could not be listed",
            AGAIN,
        )
    pods = tuple(
        pod
        for pod in standing
        if selects(selector, pod.metadata.labels)
        and not pod.ended
        and pod.metadata.deletion_timestamp is None
    )
    if not pods:
        remedy = "Quarantine it when it runs, or scale it to zero."
        return Refusal(
            "no-pods", f"no pod of Deployment {title} runs, so there is nothing to look at", remedy
        )
    return Workload(ref, view, selector, pods)


def together(means: tuple[Chosen, ...]) -> Chosen:
    """Return the one way for all pods: that of each of them if it is the same, else the floor, which is everywhere."""
    first, *rest = means
    if all(how.strategy == first.strategy and how.options == first.options for how in rest):
        return first
    reason = "its pods run under engines that differ, and a NetworkPolicy is what all of them know"
    floor = Strategy(StrategyName.NETWORK_POLICY, reason, (UNION,))
    options = Options(keep_probes=first.options.keep_probes, allow=first.options.allow)
    return msgspec.structs.replace(first, strategy=floor, options=options)


def steps(workload: Workload, request_id: str, how: Chosen, first: int = 0) -> tuple[Step, ...] | Refusal:
    """
    Return what cuts the workload: policies alone, since its pods carry the labels already.

    ``first`` is the number of its part among those of the request.

    Raises ``ValueError`` for a request id that cannot be part of an object's name.
    """
    unseen = cilium.ignored(workload.selector) if how.strategy.name is StrategyName.CILIUM else ()
    if unseen:
        text = f"Cilium leaves the label {', '.join(unseen)} out of its identities, so {workload.title} cannot be selected by it"
        return Refusal("selector-ignored", text, "Quarantine its pods by name.")
    ref = workload.ref
    value = isolation.mark(request_id, first)
    return policies(Cut(ref.cluster, ref.namespace, value, request_id, workload.selector), how.options)


def target(workload: Workload) -> Target:
    """Return the Deployment as what is contained."""
    meta, ref = workload.view.metadata, workload.ref
    return Target(
        kind=refs.DEPLOYMENT.kind,
        cluster=ref.cluster,
        namespace=ref.namespace,
        name=ref.name,
        uid=meta.uid,
        labels=tuple(sorted(meta.labels.items())),
        details=(("replicas", str(workload.view.spec.replicas)), ("running", _names(workload.pods))),
    )


def covered(workload: Workload) -> tuple[Target, ...]:
    """Return the pods that are cut with it: the policy protects them by their own names and labels too."""
    return tuple(
        Target(
            kind="Pod",
            cluster=workload.ref.cluster,
            namespace=workload.ref.namespace,
            name=pod.metadata.name,
            uid=pod.metadata.uid,
            labels=tuple(sorted(pod.metadata.labels.items())),
        )
        for pod in workload.pods
    )


def findings(workload: Workload) -> tuple[Finding, ...]:
    """Say who else is caught, and how a pod gets out of it."""
    others = workload.others
    text = f"whoever may label pods in {workload.ref.namespace} can take one out of the selector, and out of the cut"
    said = [Finding("workload-labels", workload.title, text)]
    if others:
        text = (
            f"the selector of Deployment {workload.title} catches pods that it did not make: {_names(others)}"
        )
        said.insert(0, Finding("workload-others", workload.title, text))
    return tuple(said)


def _names(pods: tuple[views.PodView, ...]) -> str:
    names = sorted(pod.metadata.name for pod in pods)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return cut(", ".join(names[:SHOWN])) + more
