"""The pods of a Deployment as they are now: what is cut is its selector, so whoever it catches is looked at anew each time."""

from typing import Final

import msgspec

from bot.domain import refs, views
from bot.domain.findings import AGAIN, Refusal
from bot.domain.plans import Target
from bot.domain.quarantine.scene import Scene, Targets, looked_again, looked_at
from bot.domain.quarantine.workload import DeploymentView, Workload, caught
from bot.domain.queries import Absent, Answer, Each, Get, Query, Rounds, Unavailable, kube
from bot.domain.reading import cut, each, read

MOST_LOOKED_AT: Final = 20


class Seen(msgspec.Struct, frozen=True):
    """
    What is contained as it stands, as a scene.

    ``title`` is what findings call each of its pods, ``whom`` how it is spoken of: ``the pod``, ``its 3 pods``.
    """

    scene: Scene
    title: str
    whom: str = "the pod"


def asked_of(ref: refs.KubeRef) -> tuple[Query, ...]:
    """Ask for a Deployment and for the pods of its namespace."""
    return Get(ref), Each(ref.cluster, refs.POD, ref.namespace)


def found(ref: refs.KubeRef, answers: tuple[Answer, ...]) -> Workload | Refusal:
    """Return the Deployment with its pods, or why there is nothing to cut, or to look at."""
    title = f"{ref.cluster}/{ref.namespace}/{ref.name}"
    match read(answers[0], DeploymentView):
        case Absent():
            return Refusal("deployment-absent", f"there is no Deployment {title}", "Check its spelling.")
        case Unavailable(why):
            text = f"Deployment {title} could not be read: {cut(why)}"
            return Refusal("deployment-unavailable", text, AGAIN)
        case DeploymentView() as view:
            return caught(ref, view, each(answers[1], views.PodView))


def standing(target: Target) -> Rounds[Workload | Refusal]:
    """Ask for the Deployment that was cut, this very one, with its pods of now."""
    ref = kube(target.cluster, refs.DEPLOYMENT, target.namespace, target.name)
    workload = found(ref, (yield asked_of(ref)))
    if isinstance(workload, Workload) and workload.view.metadata.uid != target.uid:
        text = f"{target.title} is another Deployment now, of the same name"
        return Refusal("deployment-replaced", text, "Quarantine this one too if needed.")
    return workload


def seen(target: Target) -> Rounds[Seen | Refusal]:
    """Ask of a pod, or of some of a Deployment's pods, what a plan asks of its targets."""
    title = f"{target.namespace}/{target.name}"
    if target.kind == refs.POD.kind:
        scene = yield from looked_again(target)
        return scene if isinstance(scene, Refusal) else Seen(scene, title)
    workload = yield from standing(target)
    if isinstance(workload, Refusal):
        return workload
    wanted = Targets(target.cluster, target.namespace, workload.samples(MOST_LOOKED_AT))
    scene = yield from looked_at(wanted, as_they_are=True)
    if isinstance(scene, Refusal):
        return scene
    looked, every = len(scene.around.targets), len(workload.pods)
    whom = f"{looked} of its {every} pods" if looked < every else f"its {every} pods"
    return Seen(scene, title, whom)
