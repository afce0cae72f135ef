"""Targets that are detached: what their bonds become, what that does, and where it would be worth doing."""

import msgspec

from bot.domain import bystanders, refs, views
from bot.domain.findings import Finding
from bot.domain.isolation.cutting import StrategyName
from bot.domain.isolation.detach import Escape
from bot.domain.isolation.detach_effects import Bonds, effects, left, recommended
from bot.domain.quarantine.means import Chosen
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Get
from bot.domain.reading import read
from bot.domain.residual import openings
from bot.domain.selectors import Selector

_OWNERS: dict[refs.Kind, type[views.ReplicaSetView | views.StatefulSetView]] = {
    refs.REPLICA_SET: views.ReplicaSetView,
    refs.STATEFUL_SET: views.StatefulSetView,
}


def around_after(scene: Scene, means: tuple[Chosen, ...]) -> bystanders.Neighbours:
    """Return the neighbours with the targets' labels as they will be: who lets go of them loses nothing any more."""
    pairs = zip(scene.around.targets, means, strict=True)
    return msgspec.structs.replace(scene.around, targets=tuple(_relabelled(pod, how) for pod, how in pairs))


def _relabelled(pod: views.PodView, how: Chosen) -> views.PodView:
    labels = Escape(how.options.moved).labels(pod.metadata.labels)
    return msgspec.structs.replace(pod, metadata=msgspec.structs.replace(pod.metadata, labels=labels))


def side_effects(scene: Scene, means: tuple[Chosen, ...]) -> tuple[Finding, ...]:
    """Return what detaching does to controllers, Services and budgets, and what its way back will do."""
    return tuple(
        finding
        for pod, how in zip(scene.around.targets, means, strict=True)
        if how.options.moved
        for finding in effects(pod, how.escape, _bonds(scene, pod))
    )


def warnings(scene: Scene, means: tuple[Chosen, ...]) -> tuple[Finding, ...]:
    """Return what cannot be escaped, and where detaching would close what the floor alone leaves open."""
    return tuple(
        finding
        for pod, how in zip(scene.around.targets, means, strict=True)
        for finding in _warned(scene, pod, how)
    )


def _warned(scene: Scene, pod: views.PodView, how: Chosen) -> tuple[Finding, ...]:
    space = scene.around.namespace
    if how.strategy.name is StrategyName.DETACH:
        return left(pod, how.escape, space)
    if how.strategy.name is StrategyName.NETWORK_POLICY:
        still = (opening.policy for opening in openings(scene.policies, pod.metadata.labels))
        return recommended(pod, how.escape, space, still)
    return ()


def _bonds(scene: Scene, pod: views.PodView) -> Bonds:
    around = scene.around
    return Bonds(around.namespace, _selector(scene, pod), around.services or (), around.budgets or ())


def _selector(scene: Scene, pod: views.PodView) -> Selector | None:
    """Return what the pod's controller selects by, ``None`` where it was not read."""
    owner = pod.metadata.controller
    for query, answer in scene.asked:
        match query:
            case Get(refs.KubeRef(_, kind, _, name)) if kind in _OWNERS and owner is not None:
                if (kind.kind, name) == (owner.kind, owner.name):
                    found = read(answer, _OWNERS[kind])
                    return found.spec.selector if isinstance(found, _OWNERS[kind]) else None
            case _:
                pass
    return None
