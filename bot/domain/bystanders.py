"""Who else is hit when pods lose their network: Services, replicas, quorum, disruption budgets."""

import msgspec

from bot.domain.findings import BlastRadius, Finding
from bot.domain.views import BudgetView, Labels, Owner, PodView, ServiceView, StatefulSetView, selects


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


def radius(around: Neighbours) -> BlastRadius:
    """Return the blast radius in numbers."""
    left = [(pod, ready_left(around, pod)) for pod in around.targets]
    known = [n for _, n in left if n is not None]
    return BlastRadius(
        pods=len(around.targets),
        services=tuple(f"{around.namespace}/{s.metadata.name}" for s in _sending(around)),
        ready_left=min(known) if known else None,
        last_ready_replica=any(n == 0 and pod.ready for pod, n in left),
    )


def ready_left(around: Neighbours, target: PodView) -> int | None:
    """Return how many Ready replicas of a target's controller remain; ``None``: no controller, or not known."""
    owner = target.metadata.controller
    if owner is None or around.pods is None:
        return None
    lost = {t.metadata.uid for t in around.targets}
    return sum(
        _owned(pod, owner)
        and pod.ready
        and pod.metadata.uid not in lost
        and around.cut not in pod.metadata.labels
        for pod in around.pods
    )


def service_effects(around: Neighbours) -> tuple[Finding, ...]:
    """Return one finding for each Service that still sends to a target: it answers nothing from there."""
    return tuple(_black_hole(around, service) for service in _sending(around))


def _black_hole(around: Neighbours, service: ServiceView) -> Finding:
    subject = f"{around.namespace}/{service.metadata.name}"
    wanted = service.spec.selector or {}
    lost = sum(t.ready and _matches(wanted, t.metadata.labels) for t in around.targets)
    if around.pods is None:
        return Finding(
            "service-endpoints", subject, f"Service {subject} still sends to the pod: that traffic is lost"
        )
    ready = sum(p.ready and _matches(wanted, p.metadata.labels) for p in around.pods)
    told = (
        f"{lost} of {ready} ready endpoints of Service {subject} will be black-holed: it keeps sending there"
    )
    return Finding("service-endpoints", subject, told)


def _sending(around: Neighbours) -> tuple[ServiceView, ...]:
    return tuple(
        service
        for service in around.services or ()
        if service.spec.selector
        and any(_matches(service.spec.selector, t.metadata.labels) for t in around.targets)
    )


def replica_warnings(around: Neighbours) -> tuple[Finding, ...]:
    """Return warnings about the last Ready replica, and about pods that nothing replaces."""
    return tuple(w for pod in around.targets for w in _replica_warning(around, pod))


def _replica_warning(around: Neighbours, pod: PodView) -> tuple[Finding, ...]:
    subject, owner = f"{around.namespace}/{pod.metadata.name}", pod.metadata.controller
    if owner is None:
        text = "no controller owns this pod: if it is evicted or deleted, nothing makes it again and its traces are gone"
        return (Finding("no-controller", subject, text),)
    if pod.ready and ready_left(around, pod) == 0:
        text = (
            f"no Ready replica of {owner.kind} {owner.name} is left beside the quarantined: it stops serving"
        )
        return (Finding("last-ready-replica", subject, text),)
    return ()


def quorum_warnings(around: Neighbours) -> tuple[Finding, ...]:
    """Return one warning for each StatefulSet that loses its majority of replicas."""
    found = []
    for group in around.sets:
        members = [t for t in around.targets if _owned_by(t, group.metadata.uid)]
        left = ready_left(around, members[0]) if members else None
        majority = group.spec.replicas // 2 + 1
        if left is not None and left < majority:
            subject = f"{around.namespace}/{group.metadata.name}"
            text = (
                f"StatefulSet {subject}: {left} of {group.spec.replicas} replicas stay Ready, "
                f"a majority is {majority}: what needs a quorum stops"
            )
            found.append(Finding("statefulset-quorum", subject, text))
    return tuple(found)


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


def _owned(pod: PodView, owner: Owner) -> bool:
    return _owned_by(pod, owner.uid)


def _owned_by(pod: PodView, uid: str) -> bool:
    controller = pod.metadata.controller
    return controller is not None and controller.uid == uid


def _matches(wanted: Labels, labels: Labels) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())
