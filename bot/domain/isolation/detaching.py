"""
A pod detached: labels of others are taken off first, so that what selects by them lets go of it.

Its way back is the other way round. The labels come back when the pod is Ready again, because a ReplicaSet that then
has one pod too many deletes the not Ready first; until it has decided, an annotation asks it to take another pod
(Kubernetes documentation, "ReplicaSet": pod deletion cost).
"""

from bot.domain.actions import KEY_DOMAIN
from bot.domain.changes import KeyEdit, Patch, When
from bot.domain.isolation.cutting import Options, Relabel, Step
from bot.domain.refs import KubeRef
from bot.domain.views import PodView

DETACHED = f"{KEY_DOMAIN}/detached"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
HIGHEST_COST = "2147483647"
ANNOTATIONS = (DETACHED, DELETION_COST)
"""Labels of others may change only in a write that sets, keeps or takes off the first: so the admission policy has it."""


def before(ref: KubeRef, pod: PodView, value: str, options: Options) -> tuple[Step, ...]:
    """Return the steps that detach a pod, none where nothing is to be moved."""
    if not options.moved:
        return ()
    taken_back = When.TAKEN_BACK if pod.metadata.controller else When.ALWAYS
    costly = Patch(ref, pod.metadata.uid, (_noted(pod, DELETION_COST, HIGHEST_COST),), undo_when=taken_back)
    keys = (KeyEdit(("metadata", "labels", m.key), m.before, m.after) for m in options.moved)
    labels = Patch(ref, pod.metadata.uid, (*keys, _noted(pod, DETACHED, value)), undo_when=When.READY)
    name = f"{ref.namespace}/{ref.name}"
    return (
        Step(costly, f"Mark pod {name} as the last that a ReplicaSet would delete", "carries it"),
        Step(
            labels,
            f"Of pod {name} {'; '.join(map(_moved, options.moved))}; and note that it is detached",
            "carries them so",
        ),
    )


def _noted(pod: PodView, key: str, value: str) -> KeyEdit:
    return KeyEdit(("metadata", "annotations", key), pod.metadata.annotations.get(key), value)


def _moved(one: Relabel) -> str:
    if one.after is None:
        return f"take off label {one.key}={one.before}"
    was = f" (was {one.before})" if one.before is not None else ""
    return f"set label {one.key}={one.after}{was}"
