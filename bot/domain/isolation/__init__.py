"""Pods cut off the network: by which means, with which policies and labels, and everything to say and to run."""

from bot.domain.changes import Create
from bot.domain.commands import kubectl
from bot.domain.findings import Forecast, Verdict
from bot.domain.isolation.allowances import Allowances, allowing
from bot.domain.isolation.cutting import Cut, Options, Placement, Relabel, Step, StrategyName
from bot.domain.isolation.marks import (
    KEPT,
    LABEL,
    MANAGED_BY,
    REQUEST,
    foreign_mark,
    held,
    index_of,
    mark,
    mark_of,
    marking,
    request_of,
)
from bot.domain.isolation.network_policy import floor
from bot.domain.isolation.strategies import changes, limits, steps
from bot.domain.plans import Expectation, Part, Target
from bot.domain.pods import boundary, details, made_at
from bot.domain.refs import KubeRef
from bot.domain.selectors import Selector
from bot.domain.views import PodView

__all__ = [
    "KEPT",
    "LABEL",
    "MANAGED_BY",
    "REQUEST",
    "Allowances",
    "Cut",
    "Options",
    "Placement",
    "Relabel",
    "Step",
    "StrategyName",
    "allowing",
    "changes",
    "foreign_mark",
    "held",
    "index_of",
    "isolating",
    "limits",
    "mark",
    "mark_of",
    "marking",
    "part",
    "part_of",
    "request_of",
    "steps",
]

FLOOR = Options()


def part(
    pod: PodView, ref: KubeRef, request_id: str, index: int, context: str, options: Options = FLOOR
) -> Part:
    """
    Return the part that isolates a pod by one strategy: policies first, label second.

    ``context`` is the kubeconfig context for the commands.
    """
    made = steps(pod, ref, request_id, index, options)
    lost = bool(boundary(pod, ""))
    return part_of(
        _target(pod, ref), f"kubernetes:{ref.cluster}:{ref.namespace}/{ref.name}", made, context, lost=lost
    )


def part_of(target: Target, lane: str, made: tuple[Step, ...], context: str, *, lost: bool = False) -> Part:
    """Return a part out of its steps. ``lost``: no policy can hold the target, so nothing will enforce them."""
    ordered = tuple(step.change for step in made)
    return Part(
        target=target,
        lane=lane,
        changes=ordered,
        words=tuple(step.words for step in made),
        commands=kubectl(context, ordered),
        expectations=tuple(Expectation(step.change.ref, step.expected) for step in made),
        forecast=Forecast.NOT_ENFORCED if lost else Forecast.UNKNOWN,
        best_verdict=Verdict.NOT_ENFORCED if lost else Verdict.INCONCLUSIVE,
    )


def isolating(ref: KubeRef, request_id: str, value: str) -> Create:
    """Return the policy that selects our label alone and allows nothing: no rules, both directions named."""
    cut = Cut(ref.cluster, ref.namespace, value, request_id, Selector({LABEL: value}))
    made = floor(cut, Allowances()).change
    assert isinstance(made, Create)
    return made


def _target(pod: PodView, ref: KubeRef) -> Target:
    return Target(
        kind="Pod",
        cluster=ref.cluster,
        namespace=ref.namespace,
        name=ref.name,
        uid=pod.metadata.uid,
        labels=tuple(sorted(pod.metadata.labels.items())),
        details=details(pod),
        created=made_at(pod),
    )
