"""
The guided tour: six steps, each of which notices by itself that it is done, however it was done.

What is looked at are the world and the audit log, never who pressed what on the page.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from bot.sandbox.page.given import Line, Verified
from bot.sandbox.page.world import CUT, Group, Seen
from bot.sandbox.scene import ALICE, BOB, STRANGER, Scene

CONTAIN: Final = "contain"
APPROVED: Final = 4
"""The first step that counts for the last one: what was never done cannot be undone."""

LAST: Final = "/ir report {id}"
"""What is offered when all is done."""


class Facts(msgspec.Struct, frozen=True):
    """
    All that the steps judge by.

    ``cards`` are the requests whose card is in the channel; ``verified`` is the last verification, of a log of
    ``verified_at`` records.
    """

    lines: Sequence[Line]
    seen: Seen
    restored: bool
    cards: Collection[str] = ()
    verified: Verified | None = None
    verified_at: int = 0


class Check(msgspec.Struct, frozen=True):
    """One thing that must be so, and whether it is."""

    words: str
    held: bool


class Step(msgspec.Struct, frozen=True):
    """
    One step. ``button`` is what does it all in one click, ``who`` and ``line`` do it by typing.

    Where nothing is typed, ``line`` is empty.
    """

    title: str
    told: str
    button: str
    who: str
    line: str
    hint: str


def steps(scene: Scene) -> tuple[Step, ...]:
    """Return the six steps of this story."""
    incident = scene.incident
    pod = f"{incident.cluster}/{incident.namespace}/{incident.pod}"
    return (
        Step(
            "Take what the alert suggests",
            f"A rule fires: a pod of payments calls {incident.beacon} by the clock, the amber line on the map. The alert's card "
            "says whom it names and what a playbook would do. An alert asks for nothing: Alice, who is on call, presses Prepare "
            "all in one and sends that in her name. Nothing is changed by it yet.",
            "Prepare and ask as Alice",
            ALICE,
            f"/ir contain {pod} {incident.beacon} for 4h because beaconing to {incident.beacon}",
            "Or press Prepare all in one below the alert, or type, as Alice:",
        ),
        Step(
            "See its flows",
            "Is it true? While the others read the card Alice asks whom the pod talked to. She alone is told: the peers, how "
            "often and whether it passed, from which source, and what that source cannot see. The strips below the map are "
            "the same flows.",
            "Ask as Alice",
            ALICE,
            f"/ir flows {pod} last 5m",
            "Or type it, as Alice:",
        ),
        Step(
            "See what most would do",
            "Most would cut a pod off by a NetworkPolicy, which only ever adds allows. Alice looks at that plan, which asks "
            "nobody: the internet would stay open, by somebody else's policy. What was suggested denies by this cluster's own "
            "engine, before every allow: its first step says FULL.",
            "Look as Alice",
            ALICE,
            f"/ir plan quarantine {pod} using networkpolicy for 4h",
            "Or type it, as Alice:",
        ),
        Step(
            "See an intruder refused",
            "Mallory forges a truly signed click on Approve, naming the exact plan. Who a person is and may do is asked "
            "at that moment: it is refused, and the attempt is in the log.",
            "Forge a click as Mallory",
            STRANGER,
            "/ir approve {id} {digest}",
            "Or look as Mallory and press Approve on the card, or type:",
        ),
        Step(
            "Let Bob approve",
            "Another person approves exactly the plan on the card. In seconds every line of this pod is cut; its siblings go "
            "on. The firewall takes its minutes, seconds here: Azure's clock runs 60 times as fast. The alert is over then, "
            "and says so; nothing is undone by that.",
            "Approve as Bob",
            BOB,
            "/ir approve {id} {digest}",
            "Or press Approve as Bob, or type:",
        ),
        Step(
            "Undo all of the alert",
            "Bob asks what came of the alert, is shown it, and confirms just that: each write is undone by its exact inverse. "
            "The world must be byte for byte what it was, and the log must verify.",
            "Undo as Bob, then verify",
            BOB,
            "{undo}",
            "Or type it as Bob, press Roll it back, and then Verify the log:",
        ),
    )


def request_of(lines: Sequence[Line]) -> str:
    """Return the newest request that contains all of it, or nothing."""
    found = _asked(lines)
    return found.request if found else ""


def cause_of(lines: Sequence[Line]) -> str:
    """Return the alerts that this request came of; nothing where somebody typed it."""
    found = _asked(lines)
    return found.cause if found else ""


def _asked(lines: Sequence[Line]) -> Line | None:
    every = (line for line in reversed(lines) if line.event == "command" and line.request)
    return next((line for line in every if line.action == CONTAIN), None)


def checks(facts: Facts) -> tuple[tuple[Check, ...], ...]:
    """Return, for each step, what must be so."""
    seen, lines = facts.seen, facts.lines
    request, pod = request_of(lines), f"/{seen.suspect.namespace}/{seen.suspect.name}"
    refused = any(line.event == "refusal" and line.who.endswith(f":{STRANGER}") for line in lines)
    return (
        (Check("The request stands, and its card is in the channel", request in facts.cards),),
        (Check("The bot has told what the relay saw", _looked(lines, "flows")),),
        (Check("The plan was shown, and nobody was asked", _looked(lines, "plan", pod)),),
        (Check("Mallory's attempt is refused and recorded", refused),),
        _contained(seen, lines, request),
        _undone(facts, bool(request)),
    )


def _looked(lines: Sequence[Line], outcome: str, target: str = "") -> bool:
    """Whether somebody was told; where a target is named, about that one alone."""
    told = (line for line in lines if line.event == "command" and line.outcome == outcome)
    return any(line.target.endswith(target) and ("," not in line.target or not target) for line in told)


def _contained(seen: Seen, lines: Sequence[Line], request: str) -> tuple[Check, ...]:
    read = any(line.outcome == "read-back" and line.request == request for line in lines)
    marked = seen.suspect.name in seen.marked
    own = [link for link in seen.links if seen.suspect in (link.source, link.target)]
    group = next((g for g in seen.groups if seen.beacon in g.addresses), None)
    return (
        Check("The pod carries the label of its quarantine, and that is read back", marked and read),
        Check("Every line of the pod is cut", marked and all(link.state == CUT for link in own)),
        Check("The address is in the firewall's IP Group", group is not None),
        Check("Azure has finished with it", group is not None and group.step is None),
    )


def _undone(facts: Facts, asked: bool) -> tuple[Check, ...]:
    seen, lines = facts.seen, facts.lines
    undone = any(line.event == "rollback" for line in lines)
    marked = seen.suspect.name in seen.marked
    free = not updating(seen.groups) and not any(seen.beacon in g.addresses for g in seen.groups)
    sound = facts.verified is not None and facts.verified.sound and facts.verified_at >= _last_rollback(lines)
    return (
        Check("The pod is released", asked and undone and not marked),
        Check("The address is free again", undone and free),
        Check("The world is byte for byte as before", undone and facts.restored),
        Check("The log is verified", undone and facts.restored and sound),
    )


def updating(groups: Sequence[Group]) -> bool:
    """Whether the firewall is being told anything now."""
    return any(group.step is not None for group in groups)


def _last_rollback(lines: Sequence[Line]) -> int:
    return max((line.seq for line in lines if line.event == "rollback"), default=0)


class Tour:
    """Remembers which steps were seen done: what is undone later stays done."""

    def __init__(self, story: tuple[Step, ...]) -> None:
        self.story = story
        self.found: list[tuple[Check, ...]] = [() for _ in story]
        self.done: list[bool] = [False for _ in story]
        self.since = 0

    def observe(self, facts: Facts) -> None:
        """Look at the facts; the last step counts only once those before it are done."""
        for index, found in enumerate(checks(facts)):
            last = index == len(self.story) - 1
            if self.done[index]:
                continue
            self.found[index] = found
            self.done[index] = all(c.held for c in found) and (not last or all(self.done[APPROVED:index]))

    @property
    def at(self) -> int:
        """The first step that is not done; the number of steps when all are."""
        return next((i for i, done in enumerate(self.done) if not done), len(self.done))

    def again(self, since: int) -> None:
        """Begin anew; records before ``since`` belong to the last time."""
        self.done = [False for _ in self.story]
        self.since = since
