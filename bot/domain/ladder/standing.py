"""
L1: what the policies that stand now leave open for the pod as it stands now, our label and our policies included.

It asks what the plan asked, and computes what the plan computed, with nothing assumed: what is not written counts as
not there.
"""

from typing import ClassVar, Final

from bot.domain.engines.engine import NotEnforced, enforcement
from bot.domain.findings import Refusal
from bot.domain.ladder.rungs import Asking, Hole, Outcome, Proof
from bot.domain.plans import Part
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.outlook import about, blind
from bot.domain.quarantine.scene import Scene, Targets, first, second, understood, widened
from bot.domain.queries import Query
from bot.domain.reading import cut
from bot.domain.refs import POD
from bot.domain.residual import Residual, World, atlas, openings, residual, worst

MOST_SAID: Final = 3
"""How many holes the sentence names; the others are counted."""
MOST_KEPT: Final = 50


class Standing:
    """The policies that select the pod, and their peers, leave nothing open for it."""

    name: ClassVar[str] = "L1"
    needs: ClassVar[str] = "to read pods, namespaces, nodes and all policies of the cluster"
    proves: ClassVar[str] = "by the rules of the API and of the engine, no policy allows the pod anything"
    cannot: ClassVar[str] = "that an engine enforces them, and what no policy settles (its own node, ICMP)"

    def suits(self, part: Part) -> bool:
        """Whether it is about a pod that a quarantine has cut."""
        return part.proving is not None and part.target.kind == POD.kind

    def examine(self, part: Part) -> Asking:
        """Read what the plan read, and compute what is open now."""
        target = part.target
        wanted = Targets(target.cluster, target.namespace, (target.name,))
        asked: tuple[Query, ...] = first(wanted)
        scene = understood(wanted, asked, (yield asked), standing=True)
        if isinstance(scene, Refusal):
            return _silent(scene.text)
        (pod,) = scene.around.targets
        if pod.metadata.uid != target.uid:
            return _silent(f"{target.title} is another pod now, of the same name")
        asked = second(wanted, scene)
        scene = widened(scene, asked, (yield asked))
        wide = surroundings.questions(scene) if lets_through(scene) else ()
        told = (yield wide) if wide else ()
        return _judged(scene, tuple(zip(wide, told, strict=True)))


def lets_through(scene: Scene) -> bool:
    """Whether anything selects the pod as it stands and allows, or may: then it must be known who is there."""
    (pod,) = scene.around.targets
    return bool(scene.foreign) or bool(openings(scene.policies, pod.metadata.labels))


def left_open(scene: Scene, asked: surroundings.Asked) -> tuple[Residual, World]:
    """Return what is open for the one pod of a scene as everything stands."""
    (pod,) = scene.around.targets
    space, name = scene.around.namespace, pod.metadata.name
    way = surroundings.reading(scene.engine(pod))
    chart = atlas(surroundings.world(scene, asked, way, surroundings.Planned()))
    there = chart.world.pod(space, name)
    left = residual(there, chart) if there else Residual(space, name, (), ("it was not read",))
    return left, chart.world


def _judged(scene: Scene, asked: surroundings.Asked) -> Proof:
    (pod,) = scene.around.targets
    subject = f"{scene.around.namespace}/{pod.metadata.name}"
    if unread := blind(scene):
        return _silent(unread[0])  # what may pass cannot be told without all policies
    told = enforcement(scene.engine(pod))
    if isinstance(told, NotEnforced):
        why = "; ".join(str(reason) for reason in told.why)
        hole = Hole(f"{subject} not enforced", cut(f"nothing enforces policies on its node: {why}"))
        return _open((hole,))
    left, world = left_open(scene, asked)
    holes = tuple(Hole(about(subject, line), line.text) for line in worst(left, world))
    if holes:
        return _open(holes)
    if left.unmodelled:
        return _silent(f"nothing is known to be open, but {cut(left.unmodelled[0])}")
    return Proof("L1", Outcome.HOLDS, "the policies that stand now allow the pod nothing")


def _open(holes: tuple[Hole, ...]) -> Proof:
    said = "; ".join(hole.text for hole in holes[:MOST_SAID])
    more = f"; and {len(holes) - MOST_SAID} more" if len(holes) > MOST_SAID else ""
    return Proof("L1", Outcome.OPEN, f"{said}{more}", holes[:MOST_KEPT])


def _silent(why: str) -> Proof:
    return Proof("L1", Outcome.SILENT, why)
