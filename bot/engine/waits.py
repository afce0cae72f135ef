"""What a write waits for beyond its own keys, asked of the cluster just before it."""

from bot.domain.changes import OwnChange, Patch, When
from bot.domain.errors import BusyError
from bot.domain.queries import Absent, Each, Get, kube
from bot.domain.reading import cut, each, read
from bot.domain.refs import POD, REPLICA_SET, KubeRef
from bot.domain.views import Owner, PodView, ReplicaSetView
from bot.engine.steps import Turn

READY_SECONDS = 60.0
"""How long until a pod is looked at again that was not Ready: with the attempts of a part, about five minutes."""


async def met(turn: Turn, change: OwnChange) -> str:
    """
    Return once a change need not wait any more, with what is worth telling of it.

    Raises ``BusyError`` while it must: the caller's attempts bound that. A pod that is gone keeps nobody waiting.
    """
    if not isinstance(change, Patch) or change.when is When.ALWAYS:
        return ""
    pod = read(await turn.call(turn.context.world.answer(Get(change.ref))), PodView)
    if isinstance(pod, Absent) or (isinstance(pod, PodView) and pod.metadata.uid != change.uid):
        return ""
    if not isinstance(pod, PodView):
        raise BusyError("Unreadable", cut(f"{change.ref} could not be read: {pod.why}"))
    if change.when is When.READY:
        return _ready(change.ref, pod)
    return await _taken_back(turn, change.ref, pod)


def _ready(ref: KubeRef, pod: PodView) -> str:
    if pod.ready or pod.ended or pod.metadata.deletion_timestamp is not None:
        return ""
    text = f"{ref} is not Ready yet, and with its labels back its controller would delete it first"
    raise BusyError("NotReady", text, READY_SECONDS)


async def _taken_back(turn: Turn, ref: KubeRef, pod: PodView) -> str:
    owner = pod.metadata.controller
    if pod.metadata.deletion_timestamp is not None:
        return f"{_named(owner, ref)} takes away {ref.name} itself"
    if owner is None:
        raise BusyError("NotTakenBack", f"no controller has taken {ref} back yet")
    if owner.kind != REPLICA_SET.kind:
        return f"{_named(owner, ref)} has taken {ref.name} back"
    return await _settled(turn, ref, owner)


async def _settled(turn: Turn, ref: KubeRef, owner: Owner) -> str:
    """A ReplicaSet adopts and removes its surplus in one go: when it has none, it has decided."""
    world = turn.context.world
    answer = await turn.call(world.answer(Get(kube(ref.cluster, REPLICA_SET, ref.namespace, owner.name))))
    standing = each(await turn.call(world.answer(Each(ref.cluster, POD, ref.namespace))), PodView)
    group = read(answer, ReplicaSetView)
    if isinstance(group, Absent):
        return ""
    if not isinstance(group, ReplicaSetView) or standing is None:
        raise BusyError("Unreadable", f"{_named(owner, ref)} or its pods could not be read")
    own = [p for p in standing if (o := p.metadata.controller) and o.uid == owner.uid and not p.ended]
    going = sorted(p.metadata.name for p in own if p.metadata.deletion_timestamp is not None)
    if len(own) - len(going) > group.spec.replicas:
        raise BusyError("Settling", f"{_named(owner, ref)} has a pod too many still")
    surplus = f", and takes away {', '.join(going)}" if going else ""
    return f"{_named(owner, ref)} has taken {ref.name} back{surplus}"


def _named(owner: Owner | None, ref: KubeRef) -> str:
    return f"{owner.kind} {ref.namespace}/{owner.name}" if owner else "its controller"
