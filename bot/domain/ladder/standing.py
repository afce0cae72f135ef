"""
L1: what the policies that stand now leave open for the pod as it stands now, our label and our policies included.

It asks what the plan asked, and computes what the plan computed, with nothing assumed: what is not written counts as
not there.
"""

from typing import ClassVar, Final

from bot.domain.changes import Create
from bot.domain.engines.engine import NotEnforced
from bot.domain.findings import Refusal
from bot.domain.ladder.passing import Left, Open
from bot.domain.ladder.rungs import Asking, Hole, Outcome, Proof
from bot.domain.plans import Part
from bot.domain.quarantine import surroundings
from bot.domain.quarantine.closing import Possible, guarded, offers
from bot.domain.quarantine.outlook import about, blind, charted, engine_told, left_of, lets_through
from bot.domain.quarantine.replicas import Seen, seen
from bot.domain.queries import Asked
from bot.domain.reading import cut
from bot.domain.refs import DEPLOYMENT, POD
from bot.domain.residual import worst

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
        """Whether it is about a pod that a quarantine has cut, or a Deployment's."""
        return part.proving is not None and part.target.kind in {POD.kind, DEPLOYMENT.kind}

    def examine(self, part: Part) -> Asking:
        """Read what the plan read, and compute what is open now."""
        looked = yield from seen(part.target)
        if isinstance(looked, Refusal):
            return _silent(looked.text)
        wide = surroundings.questions(looked.scene) if lets_through(looked.scene) else ()
        told = (yield wide) if wide else ()
        return _judged(looked, tuple(zip(wide, told, strict=True)), groups_of(part))


def groups_of(part: Part) -> frozenset[str]:
    """Return the API groups of what a part creates: its engine may enforce one and not another."""
    return frozenset(change.ref.kind.group for change in part.changes if isinstance(change, Create))


def _judged(looked: Seen, asked: Asked, groups: frozenset[str]) -> Proof:
    scene = looked.scene
    if unread := blind(scene):
        return _silent(unread[0])  # what may pass cannot be told without all policies
    if idle := _idle(looked, groups):
        return _open((idle,), Left(unenforced=True))
    here = Possible(guarded=guarded(scene))
    every = [
        Open(pod.metadata.name, left, chart.world)
        for pod, left, chart in left_of(scene, charted(scene, asked), looked.title)
    ]
    found = (
        Hole(about(looked.title, line), line.text, offers(line.closing, here))
        for one in every
        for line in worst(one.left, one.world)
    )
    holes = tuple({hole.about: hole for hole in found}.values())
    if holes:
        return _open(holes, Left(tuple(every)))
    odd = next((text for one in every for text in one.left.unmodelled), "")
    if odd:
        return _silent(f"nothing is known to be open, but {cut(odd)}")
    return Proof("L1", Outcome.HOLDS, f"the policies that stand now allow {looked.whom} nothing")


def _idle(looked: Seen, groups: frozenset[str]) -> Hole | None:
    """Return that nothing enforces on a node, if so: then what policies say is nothing."""
    for pod in looked.scene.around.targets:
        told = engine_told(looked.scene.engine(pod), groups).enforcement
        if isinstance(told, NotEnforced):
            why = "; ".join(str(reason) for reason in told.why)
            return Hole(f"{looked.title} not enforced", cut(f"nothing enforces policies on its node: {why}"))
    return None


def _open(holes: tuple[Hole, ...], left: Left) -> Proof:
    said = "; ".join(hole.text for hole in holes[:MOST_SAID])
    more = f"; and {len(holes) - MOST_SAID} more" if len(holes) > MOST_SAID else ""
    return Proof("L1", Outcome.OPEN, f"{said}{more}", holes[:MOST_KEPT], left=left)


def _silent(why: str) -> Proof:
    return Proof("L1", Outcome.SILENT, why)
