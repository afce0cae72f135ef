"""Who else is hit when pods lose their network: Services, replicas, quorum, disruption budgets."""

from collections import Counter

import msgspec

from bot.domain.findings import BlastRadius, Finding
from bot.domain.selectors import selects
from bot.domain.views import BudgetView, PodView, ServiceView, StatefulSetView

LabelSet = frozenset[tuple[str, str]]


class Neighbours(msgspec.Struct, frozen=True):
    """
    What one namespace holds around the targets; ``None`` where it could not be read.

    A pod with the label ``cut`` lost its network earlier, and counts as no replica that is left.
    """

    namespace: str
    targets: tuple[PodView, ...]
    cut: str
    pods: tuple[PodView, ...] | None = None
    services: tuple[ServiceView, ...] | None = None
    budgets: tuple[BudgetView, ...] | None = None
    sets: tuple[StatefulSetView, ...] = ()


def radius(around: Neighbours, left: Counter[str] | None) -> BlastRadius:
    """Return the blast radius in numbers; ``left`` is ``replicas_left``."""
    remaining = [(pod, _left_beside(pod, left)) for pod in around.targets]
    known = [n for _, n in remaining if n is not None]
    return BlastRadius(
        pods=len(around.targets),
        services=tuple(f"{around.namespace}/{s.metadata.name}" for s in _sending(around)),
        ready_left=min(known) if known else None,
        last_ready_replica=_is_last(remaining),
        running=None if around.pods is None else sum(not pod.ended for pod in around.pods),
    )


def _is_last(remaining: list[tuple[PodView, int | None]]) -> bool | None:
    """Whether a target is the last Ready replica; ``None`` where its siblings could not be seen."""
    replicas = [n for pod, n in remaining if pod.ready and pod.metadata.controller is not None]
    if 0 in replicas:
        return True
    return None if None in replicas else False


def replicas_left(around: Neighbours) -> Counter[str] | None:
    """
    Return how many Ready replicas each controller of a target, and each StatefulSet behind one, keeps.

    ``None``: not known. One pass, to be made once for a plan: over ten thousand pods each pass is felt.
    """
    if around.pods is None:
        return None
    lost = {t.metadata.uid for t in around.targets}
    asked = {o.uid for t in around.targets if (o := t.metadata.controller)}
    asked.update(group.metadata.uid for group in around.sets)
    return Counter(
        owner.uid
        for pod in around.pods
        for owner in pod.metadata.owner_references
        if owner.controller
        and owner.uid in asked
        and pod.ready
        and pod.metadata.uid not in lost
        and around.cut not in pod.metadata.labels
    )


def _left_beside(target: PodView, left: Counter[str] | None) -> int | None:
    owner = target.metadata.controller
    return None if owner is None or left is None else left[owner.uid]


def service_effects(around: Neighbours) -> tuple[Finding, ...]:
    """Return one finding for each Service that still sends to a target: it answers nothing from there."""
    sending = _sending(around)
    ready = None if around.pods is None else _ready(around.pods, sending)
    return tuple(_black_hole(around, service, ready) for service in sending)


def _ready(pods: tuple[PodView, ...], sending: tuple[ServiceView, ...]) -> Counter[LabelSet]:
    """
    Count the ready pods that these Services may select, by their labels.

    Replicas share their labels, so that thousands of pods are a few sets of them; and most pods of a namespace have
    nothing to do with the target, which one label of each selector tells without making a set.
    """
    firsts = {next(iter((service.spec.selector or {}).items())) for service in sending}
    near = (pod for pod in pods if not firsts.isdisjoint(pod.metadata.labels.items()))
    return Counter(_labels(pod) for pod in near if pod.ready)


def _black_hole(around: Neighbours, service: ServiceView, ready: Counter[LabelSet] | None) -> Finding:
    subject = f"{around.namespace}/{service.metadata.name}"
    if ready is None:
        text = f"Service {subject} still sends to the pod: that traffic is lost"
        return Finding("service-endpoints", subject, text)
    wanted = (service.spec.selector or {}).items()
    lost = sum(t.ready and wanted <= _labels(t) for t in around.targets)
    every = sum(count for labels, count in ready.items() if wanted <= labels)
    text = (
        f"{lost} of {every} ready endpoints of Service {subject} will be black-holed: it keeps sending there"
    )
    return Finding("service-endpoints", subject, text)


def _sending(around: Neighbours) -> tuple[ServiceView, ...]:
    targets = [_labels(target) for target in around.targets]
    return tuple(
        service
        for service in around.services or ()
        if (wanted := service.spec.selector) and any(wanted.items() <= labels for labels in targets)
    )


def replica_warnings(around: Neighbours, left: Counter[str] | None) -> tuple[Finding, ...]:
    """Return warnings about the last Ready replica, and about pods that nothing replaces."""
    return tuple(w for pod in around.targets for w in _replica_warning(around, pod, left))


def _replica_warning(around: Neighbours, pod: PodView, left: Counter[str] | None) -> tuple[Finding, ...]:
    subject, owner = f"{around.namespace}/{pod.metadata.name}", pod.metadata.controller
    if owner is None:
        text = "no controller owns it: if it is evicted or deleted, nothing makes it again and its traces are gone"
        return (Finding("no-controller", subject, f"{subject}: {text}"),)
    if pod.ready and _left_beside(pod, left) == 0:
        text = (
            f"no Ready replica of {owner.kind} {owner.name} is left beside the quarantined: it stops serving"
        )
        return (Finding("last-ready-replica", subject, text),)
    return ()


def quorum_warnings(around: Neighbours, left: Counter[str] | None) -> tuple[Finding, ...]:
    """Return one warning for each StatefulSet that loses its majority of replicas."""
    return () if left is None else tuple(w for group in around.sets for w in _quorum(around, group, left))


def _quorum(around: Neighbours, group: StatefulSetView, left: Counter[str]) -> tuple[Finding, ...]:
    ready, majority = left[group.metadata.uid], group.spec.replicas // 2 + 1
    if ready >= majority:
        return ()
    subject = f"{around.namespace}/{group.metadata.name}"
    text = (
        f"StatefulSet {subject}: {ready} of {group.spec.replicas} replicas stay Ready, "
        f"a majority is {majority}: what needs a quorum stops"
    )
    return (Finding("statefulset-quorum", subject, text),)


def budget_effects(around: Neighbours) -> tuple[Finding, ...]:
    """Return one finding for each disruption budget that covers a target; a quarantine is no eviction."""
    return tuple(
        _budget(around.namespace, budget)
        for budget in around.budgets or ()
        if budget.spec.selector is not None
        and any(selects(budget.spec.selector, t.metadata.labels) for t in around.targets)
    )


def _budget(namespace: str, budget: BudgetView) -> Finding:
    subject = f"{namespace}/{budget.metadata.name}"
    text = (
        f"PodDisruptionBudget {subject} covers the pod and allows {budget.status.disruptions_allowed} disruptions "
        "now. It does not stop a quarantine, and goes on counting the pod while it is Ready"
    )
    return Finding("disruption-budget", subject, text)


def _labels(pod: PodView) -> LabelSet:
    return frozenset(pod.metadata.labels.items())
