"""
L4: packets of two canaries on the pod's own node, one beside the cut and one within it.

What is cut counts only because controls got through at the same time, from the canary beside the cut: a sibling of the
pod, and one that nobody in its namespace has a hand in. Who refuses a connection was reached. What stands under a
canary's name must be the very pod that was written, or its message is somebody else's.
"""

from typing import ClassVar, Final

import msgspec

from bot.domain.canary import CANARY, Answered, Failed, Report, Result, Role, Waiting, report, unlike
from bot.domain.changes import Create
from bot.domain.directions import Direction
from bot.domain.ladder.aiming import (
    CONTROL,
    SIBLING,
    TARGET,
    WITNESSES,
    around,
    standing,
    stands_free,
    why_not,
    witnesses,
)
from bot.domain.ladder.rungs import Asking, Hole, Outcome, Proof
from bot.domain.plans import Part
from bot.domain.queries import Absent, Found, Get, Listing
from bot.domain.reading import cut, each
from bot.domain.views import PodView

NAME: Final = "L4"


class Packets:
    """A canary with the cut's label reaches no sibling, and one without it does not reach the pod, but the sibling."""

    name: ClassVar[str] = NAME
    needs: ClassVar[str] = (
        "`canary_image` in the cluster's settings, the right to create and delete pods, a Ready sibling with a TCP port, "
        "and the cluster's DNS or its API server in reach"
    )
    proves: ClassVar[str] = "packets with our label, and to the pod itself, are dropped where others pass"
    cannot: ClassVar[str] = (
        "connections that were open before, other ports and protocols, what the pod's other labels allow it; "
        "and it is not repeated unless somebody asks"
    )

    def suits(self, part: Part) -> bool:
        """Whether the plan promised canaries."""
        return bool(part.probes)

    def examine(self, part: Part, placed: tuple[Create, ...], uids: tuple[str, ...]) -> Asking:
        """Read what the canaries that were placed say, given the identity that the API gave to each."""
        answers = yield tuple(Get(create.ref) for create in placed)
        heard: dict[str, Report] = {}
        for create, uid, answer in zip(placed, uids, answers, strict=True):
            told = _heard(create, uid, answer)
            if isinstance(told, Proof):
                return told
            heard[_label(create)] = told
        if not {Role.OUTSIDE, Role.INSIDE} <= heard.keys():
            return silent("not both canaries were placed", final=True)
        answer, *others = yield (around(part), *witnesses(part))
        aims = _aims(next(create for create in placed if _label(create) == Role.INSIDE))
        needed = (answer, *(told for name, told in zip(WITNESSES, others, strict=True) if name in aims))
        unread = next((told for told in needed if not isinstance(told, Listing)), None)
        if unread is not None:
            return silent(f"whether its controls still stand could not be read: {cut(why_not(unread))}")
        there = each(answer, PodView) or ()
        if not any(stands_free(one) and _host(aims[SIBLING]) == one.status.pod_ip for one in there):
            return silent("the sibling that served as the control is not Ready any more, or is cut itself")
        able = standing(tuple(others))
        witnesses_left = frozenset(name for name in WITNESSES if name in aims and _host(aims[name]) in able)
        return _judged(part, _Seen(heard[Role.OUTSIDE], heard[Role.INSIDE], aims, witnesses_left))


def silent(why: str, *, final: bool = False) -> Proof:
    """Return that it shows nothing, or will show nothing, and why."""
    return Proof(NAME, Outcome.SILENT, why, final=final)


class _Seen(msgspec.Struct, frozen=True):
    """What both told, where each aim of the one within is, and which witnesses can still answer."""

    outside: Report
    inside: Report
    aims: dict[str, str]
    able: frozenset[str]

    @property
    def witnessed(self) -> tuple[str, ...]:
        """The witnesses that were reached from beside the cut, and not from within it."""
        return tuple(
            name
            for name in WITNESSES
            if name in self.able
            and _is(self.outside.of(f"{CONTROL}-{name}"), Answered.OPEN)
            and _is(self.inside.of(name), Answered.CUT)
        )

    def place(self, name: str) -> str:
        """Say where an aim of the one within is."""
        return f"{WITNESSES[name]} at {self.aims[name]}" if name in WITNESSES else self.aims[name]


def _heard(create: Create, uid: str, answer: object) -> Report | Proof:
    name = f"canary {create.ref.name}"
    if isinstance(answer, Absent):
        return silent(f"{name} is not there any more: somebody deleted it", final=True)
    if not isinstance(answer, Found):
        return silent(f"{name} could not be read: {cut(why_not(answer))}")
    other = unlike(create, uid, answer.body)
    if other is not None:
        return silent(f"{name} is not as it was written ({other}): its word counts for nothing", final=True)
    told = report(answer.body.text)
    match told:
        case Waiting(why):
            return silent(f"{name} has not answered yet{f': {why}' if why else ''}")
        case Failed(why):
            return silent(f"{name} did not answer: {why}", final=True)
        case Report():
            return told


def _judged(part: Part, seen: _Seen) -> Proof:
    shown, ingress = seen.outside.of(CONTROL), seen.outside.of(TARGET)
    egress = tuple(told for name in seen.aims if (told := seen.inside.of(name)) is not None)
    if shown is None or ingress is None or len(egress) < len(seen.aims):
        return silent("a canary did not tell of all that it was to try", final=True)
    if shown.last is not Answered.OPEN:
        return silent(
            f"the control could not reach {seen.aims[SIBLING]} either: it shows nothing", final=True
        )
    broken = next((one for one in (ingress, *egress) if one.last is Answered.ERROR), None)
    if broken is not None:
        return silent(f"a canary could not try {broken.name}", final=True)
    if passing := tuple(one for one in (ingress, *egress) if one.passes):
        return _open(part, seen, passing)
    return _holds(seen, (ingress, *egress))


def _open(part: Part, seen: _Seen, passing: tuple[Result, ...]) -> Proof:
    least = min((canary.unchanged for canary in part.probes), default=0)
    if min(one.tries for one in passing) < least:
        return silent("a canary ended before the engine must have acted", final=True)
    ways = (
        (Direction.EGRESS, tuple(one for one in passing if one.name != TARGET)),
        (Direction.INGRESS, tuple(one for one in passing if one.name == TARGET)),
    )
    subject = f"{part.target.namespace}/{part.target.name}"
    holes = tuple(
        Hole(f"{subject} {way} packets", " and ".join(_reached(seen, one) for one in some))
        for way, some in ways
        if some
    )
    return Proof(NAME, Outcome.OPEN, f"packets get through: {'; '.join(h.text for h in holes)}", holes)


def _reached(seen: _Seen, one: Result) -> str:
    refused = " (refused there, so it was reached)" if one.last is Answered.REFUSED else ""
    if one.name == TARGET:
        return f"a canary beside it reaches the pod itself{refused}"
    return f"a canary under its label reaches {seen.place(one.name)}{refused}"


def _holds(seen: _Seen, every: tuple[Result, ...]) -> Proof:
    sibling, witnessed = seen.aims[SIBLING], seen.witnessed
    if not witnessed:
        tried = " and ".join(seen.place(name) for name in WITNESSES if name in seen.aims)
        why = f"the control reached its sibling {sibling}, but not {tried}: siblings alone are no witnesses"
        return silent(why, final=True)
    places = " nor ".join((sibling, *(seen.place(name) for name in witnessed)))
    text = f"a canary under its label reached neither {places}; one beside it reached them, and not the pod{_after(*every)}"
    return Proof(NAME, Outcome.HOLDS, text)


def _is(told: Result | None, how: Answered) -> bool:
    return told is not None and told.last is how


def _after(*seen: Result) -> str:
    late = [one.first_cut for one in seen if one.first_cut is not None and (one.opened or one.refused)]
    return f"; cut after {max(late):g} s" if late else ""


def _label(create: Create) -> str:
    return str(create.body.at("metadata", "labels", CANARY))


def _aims(create: Create) -> dict[str, str]:
    """Return where each aim of a canary of ours is, as it was written."""
    words = create.body.value["spec"]["containers"][0]["args"]
    named = (words[at + 1] for at, word in enumerate(words) if word == "--connect")
    return dict(aim.split("=", 1) for aim in named)


def _host(where: str) -> str:
    return where.rpartition(":")[0].strip("[]")
