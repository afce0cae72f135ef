"""What detaching does to everything that selects the pod by its labels, and what its way back will do: said first."""

from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.findings import Finding
from bot.domain.isolation.detach import Escape
from bot.domain.selectors import Selector, selects
from bot.domain.views import BudgetView, Owner, PodView, ServiceView

_LETS_GO: Final = {
    "ReplicaSet": "lets go of {pod} and starts another in its place: the same image, uncontained",
    "StatefulSet": (
        "lets go of {pod} and cannot replace it: the name is taken until that pod is deleted, so this replica is missing, "
        "and its volumes stay where they are"
    ),
    "DaemonSet": (
        "lets go of {pod} and starts another on the same node: ports and paths of the node that both want collide"
    ),
    "Job": "counts {pod} as lost and starts another: its work may be done twice",
}
_TAKES_BACK: Final = {
    "ReplicaSet": (
        "takes {pod} back, has one too many and deletes one, the not Ready before the Ready: so the labels come back when "
        "the pod is Ready, and an annotation asks for another to go. If it was scaled down or replaced meanwhile, it "
        "deletes {pod} itself"
    ),
    "StatefulSet": "takes {pod} back by its name",
    "DaemonSet": "takes {pod} back and deletes one of the two on that node, the not Ready before the Ready",
    "Job": "takes {pod} back, beside the one that it started",
}
_BEHIND: Final = ("ReplicaSet", "StatefulSet")


class Bonds(msgspec.Struct, frozen=True):
    """
    What holds a pod by its labels: its controller with the selector of that, and the rest of its namespace.

    ``selector`` is ``None`` where the controller's could not be read: then it is taken to let go.
    """

    namespace: str
    selector: Selector | None = None
    services: tuple[ServiceView, ...] = ()
    budgets: tuple[BudgetView, ...] = ()


def effects(pod: PodView, found: Escape, bonds: Bonds) -> tuple[Finding, ...]:
    """Return everything that detaching does beside the cut."""
    before = pod.metadata.labels
    after = found.labels(before)
    name = f"{bonds.namespace}/{pod.metadata.name}"
    return (
        *_controller(pod.metadata.controller, name, after, bonds),
        *_services(name, before, after, bonds),
        *_budgets(name, before, after, bonds),
    )


def left(pod: PodView, found: Escape, namespace: str) -> tuple[Finding, ...]:
    """Name what goes on selecting the pod, whatever labels it has."""
    name = f"{namespace}/{pod.metadata.name}"
    policies = (
        Finding(
            "detach-unescapable",
            f"{namespace}/{policy}",
            f"NetworkPolicy {namespace}/{policy} goes on selecting {name}: no label that could be moved escapes it",
        )
        for policy in found.left
    )
    services = (
        Finding(
            "detach-service-kept",
            f"{namespace}/{service}",
            f"Service {namespace}/{service} goes on sending to {name}: leaving it would let another policy in",
        )
        for service in found.left_services
    )
    return (*policies, *services)


def recommended(pod: PodView, found: Escape, namespace: str, open_now: Iterable[str]) -> tuple[Finding, ...]:
    """
    Say that detaching would close something; ``open_now`` names the policies that still allow.

    For an engine without a deny of its own: where it has one, that closes all of them.
    """
    closed = sorted(set(open_now) - set(found.left))
    if not closed or not found.moved:
        return ()
    name = f"{namespace}/{pod.metadata.name}"
    keys = ", ".join(one.key for one in found.moved)
    text = (
        f"`using detach` would close what NetworkPolicy {', '.join(closed)} allows {name}: it moves the labels {keys}, "
        "and lets its controller and Services go"
    )
    return (Finding("detach-recommended", name, text),)


def _controller(owner: Owner | None, name: str, after: dict[str, str], bonds: Bonds) -> tuple[Finding, ...]:
    if owner is None:
        return ()
    subject = f"{bonds.namespace}/{owner.name}"
    if bonds.selector is not None and selects(bonds.selector, after):
        text = f"{owner.kind} {subject} keeps {name}: the labels that it selects by stay"
        return (Finding("detach-controller-kept", subject, text),)
    kind = owner.kind.lower()
    lets_go = _LETS_GO.get(owner.kind, "may let go of {pod} and start another").format(pod=name)
    back = _TAKES_BACK.get(owner.kind, "may take {pod} back").format(pod=name)
    found = [
        Finding(f"detach-{kind}", subject, f"{owner.kind} {subject} {lets_go}"),
        Finding("detach-rollback", subject, f"on rollback {owner.kind} {subject} {back}"),
    ]
    if owner.kind in _BEHIND:
        text = f"an autoscaler over {owner.kind} {subject} counts the pods that it has then, and no longer {name}"
        found.append(Finding("detach-autoscaler", subject, text))
    return tuple(found)


def _services(name: str, before: dict[str, str], after: dict[str, str], bonds: Bonds) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "detach-service", subject, f"Service {subject} stops sending to {name}; open connections go on"
        )
        for service in bonds.services
        if _leaves(Selector(service.spec.selector or {}), before, after) and service.spec.selector
        for subject in (f"{bonds.namespace}/{service.metadata.name}",)
    )


def _budgets(name: str, before: dict[str, str], after: dict[str, str], bonds: Bonds) -> tuple[Finding, ...]:
    told = (
        "no longer counts {pod}: drains and evictions of its siblings may be refused meanwhile, "
        "and nothing protects the pod itself"
    )
    return tuple(
        Finding("detach-budget", subject, f"PodDisruptionBudget {subject} {told.format(pod=name)}")
        for budget in bonds.budgets
        if budget.spec.selector is not None and _leaves(budget.spec.selector, before, after)
        for subject in (f"{bonds.namespace}/{budget.metadata.name}",)
    )


def _leaves(selector: Selector, before: dict[str, str], after: dict[str, str]) -> bool:
    return selects(selector, before) and not selects(selector, after)
