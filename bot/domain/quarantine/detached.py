"""Targets that are detached: what their bonds become, what that does, and where it would be worth doing."""

from collections.abc import Collection, Iterable

import msgspec

from bot.domain import bystanders, pods, refs, views
from bot.domain.engines.engine import NotEnforced, enforcement
from bot.domain.engines.limit import Beyond
from bot.domain.engines.limits import limits_of
from bot.domain.findings import Finding, OfferKind
from bot.domain.isolation.cutting import StrategyName
from bot.domain.isolation.detach import Escape
from bot.domain.isolation.detach_effects import Bonds, effects, left, recommended
from bot.domain.quarantine.means import Chosen
from bot.domain.quarantine.scene import Scene
from bot.domain.queries import Get
from bot.domain.reading import read
from bot.domain.residual import openers
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


def helps(scene: Scene, pod: views.PodView, how: Chosen) -> bool:
    """Whether other labels could close anything: some can be moved, and its engine holds a pod without its owner."""
    engine = scene.engine(pod)
    held = not pods.boundary(pod, "") and not isinstance(enforcement(engine), NotEnforced)
    return held and bool(how.escape.moved) and limits_of(engine).reaches(Beyond.UNOWNED)


def warnings(
    scene: Scene, means: tuple[Chosen, ...], said: Iterable[tuple[Finding, ...]]
) -> tuple[Finding, ...]:
    """
    Return what cannot be escaped, and where detaching would close what the floor alone leaves open.

    ``said`` is what stays open for each target, with what would close it.
    """
    return tuple(
        finding
        for pod, how, found in zip(scene.around.targets, means, said, strict=True)
        for finding in _warned(scene, pod, how, {offer.kind for one in found for offer in one.offers})
    )


def _warned(
    scene: Scene, pod: views.PodView, how: Chosen, offered: Collection[OfferKind]
) -> tuple[Finding, ...]:
    """Where the engine has a deny, that closes all of it and lets nothing go: then detaching is not recommended."""
    space = scene.around.namespace
    if how.strategy.name is StrategyName.DETACH:
        return left(pod, how.escape, space)
    if OfferKind.DETACH in offered and OfferKind.DENY not in offered:
        return recommended(pod, how.escape, space, openers(scene.policies, pod.metadata.labels))
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
