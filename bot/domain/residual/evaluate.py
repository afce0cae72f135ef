"""
What a pod may still talk to, and who may talk to it: exactly, and by which policies.

A connection between pods needs the source's egress and the destination's ingress, so both sides are evaluated; of
nodes and of addresses beyond the cluster only the pod's own side is known.
"""

from bot.domain.directions import Direction
from bot.domain.residual.answers import Residual
from bot.domain.residual.asking import asking_of
from bot.domain.residual.atlas import Atlas
from bot.domain.residual.charting import atlas_of
from bot.domain.residual.pace import Pace, Steps, finished
from bot.domain.residual.world import Pod, World


def residual(pod: Pod, world: World | Atlas) -> Residual:
    """
    Return all that policies leave open for a pod of this world; an atlas of it saves time for many pods.

    Traffic of a pod with itself, and what no policy settles (its own node, open connections), is not part of it; the
    address of a Service is that of the pods behind it by the time a policy is asked. Raises ``ValueError`` for a pod
    that is not as it stands in the world.
    """
    return finished(stepwise(pod, world))


def stepwise(pod: Pod, world: World | Atlas) -> Steps[Residual]:
    """Find out the same in steps of a few milliseconds, for whoever shares a loop with others."""
    pace = Pace()
    atlas = world if isinstance(world, Atlas) else (yield from atlas_of(world, pace))
    if atlas.world.pod(pod.namespace, pod.name) != pod:
        raise ValueError(f"pod {pod} is not as it stands in this world")
    if pod.ended:
        return Residual(pod.namespace, pod.name, ())
    asking = yield from asking_of(pod, atlas, pace)
    for direction in Direction:
        yield from asking.ask(direction)
    return (yield from asking.told())


def atlas(world: World) -> Atlas:
    """Return a world's endpoints in classes, to ask for many of its pods."""
    return finished(atlas_of(world))
