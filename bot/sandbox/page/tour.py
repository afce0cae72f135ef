"""
The guided tour: seven steps, each of which notices by itself that it is done, however it was done.

What is looked at are the world and the audit log, never who pressed what on the page.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from bot.sandbox.page.given import Line, Verified
from bot.sandbox.page.world import CUT, Group, Seen
from bot.sandbox.scene import ALICE, BOB, STRANGER, Scene

QUARANTINE: Final = "quarantine-pod"
BLOCK: Final = "block-address"


LAST: Final = "/ir report {id}"
"""What is offered when all is done."""


class Facts(msgspec.Struct, frozen=True):
    """
    All that the steps judge by.

    ``cards`` are the requests whose card is in the channel; ``verified`` is the last verification, of a log of
    ``verified_at`` records; ``full`` are those whose card says that nothing known stays open.
    """

    lines: Sequence[Line]
    seen: Seen
    restored: bool
    cards: Collection[str] = ()
    verified: Verified | None = None
    verified_at: int = 0
    full: Collection[str] = ()


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
    """Return the seven steps of this story."""
    incident = scene.incident
    pod = f"{incident.cluster}/{incident.namespace}/{incident.pod}"
    return (
        Step(
            "See its flows",
            f"An alert names a pod of payments and {incident.beacon}: the amber line on the map. Is it true? Alice is on call. "
            "She asks whom the pod talked to. She alone is told: the peers, how often and whether it passed, from which "
            "source, and what that source cannot see. The strips below the map are the same flows.",
            "Ask as Alice",
            ALICE,
            f"/ir flows {pod} last 5m",
            "Or type it, as Alice:",
        ),
        Step(
            "Ask for a quarantine",
            f"It calls {incident.beacon} by the clock, and passes. Alice asks to cut it by a NetworkPolicy, as most would. "
            "Asking changes nothing, and the card says in its third line what would stay open: the internet, by somebody "
            "else's policy.",
            "Ask as Alice",
            ALICE,
            f"/ir quarantine {pod} using networkpolicy for 4h because beaconing to {incident.beacon}",
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
            "Close what stays open",
            "A NetworkPolicy only ever adds allows. The button on the card prepares the same quarantine by the deny that "
            "this cluster's engine has, which stands before every allow. Its forecast is FULL; the first request is withdrawn.",
            "Press it and send it as Alice",
            ALICE,
            f"/ir quarantine {pod} for 4h because beaconing to {incident.beacon}",
            "Or press Close it on the card as Alice, or type:",
        ),
        Step(
            "Let Bob approve",
            "Another person approves exactly the plan on the card. One label and two policies are written, and every line "
            "of this pod is cut; its siblings go on. A quarter of a minute later the card says what became of its flows.",
            "Approve as Bob",
            BOB,
            "/ir approve {id} {digest}",
            "Or press Approve as Bob, or type:",
        ),
        Step(
            "Block the address",
            "The pod is cut; the firewall denies the address to all others, too. Azure takes its minutes: seconds here, "
            "where its clock runs 60 times as fast.",
            "Ask as Alice, approve as Bob",
            ALICE,
            f"/ir block {incident.beacon} for 24h because beacon of {incident.namespace}",
            "Or type it as Alice, then approve as Bob:",
        ),
        Step(
            "Roll all back",
            "Each request is undone by its exact inverse. The world must be byte for byte what it was, and the log must "
            "verify.",
            "Roll back both, then verify",
            ALICE,
            "/ir rollback {id}",
            "Or type it for each, then press Verify the log:",
        ),
    )


def request_of(lines: Sequence[Line], action: str) -> str:
    """Return the newest request of this action, or nothing."""
    return next(
        (
            line.request
            for line in reversed(lines)
            if line.event == "command" and line.action == action and line.request
        ),
        "",
    )


def checks(facts: Facts) -> tuple[tuple[Check, ...], ...]:
    """Return, for each step, what must be so."""
    seen, lines = facts.seen, facts.lines
    request = request_of(lines, QUARANTINE)
    read = any(line.outcome == "read-back" and line.request == request for line in lines)
    refused = any(line.event == "refusal" and line.who.endswith(f":{STRANGER}") for line in lines)
    marked = seen.suspect.name in seen.marked
    cut = any(link.state == CUT and link.target.address == seen.beacon for link in seen.links)
    group = next((g for g in seen.groups if seen.beacon in g.addresses), None)
    blocked = group is not None and group.step is None
    own = [link for link in seen.links if seen.suspect in (link.source, link.target)]
    settled = all(g.step is None for g in seen.groups)
    undone = sum(line.event == "rollback" for line in lines) > 0
    sound = facts.verified is not None and facts.verified.sound and facts.verified_at >= _last_rollback(lines)
    return (
        (Check("The bot has told what the relay saw", _asked(lines)),),
        (Check("The request stands, and its card is in the channel", request in facts.cards),),
        (Check("Mallory's attempt is refused and recorded", refused),),
        (Check("A request stands that leaves nothing open that is known", request in facts.full),),
        (
            Check("The pod carries the label of its quarantine", marked),
            Check("What was written is read back", marked and read),
            Check("Every line of the pod is cut", marked and all(link.state == CUT for link in own)),
        ),
        (
            Check("The address is in the firewall's IP Group", group is not None),
            Check("Azure has finished, and the beacon is cut", blocked and cut),
        ),
        (
            Check("The pod is released", bool(request) and undone and not marked),
            Check("The address is free again", undone and group is None and settled),
            Check("The world is byte for byte as before", undone and facts.restored),
            Check("The log is verified", undone and facts.restored and sound),
        ),
    )


def _asked(lines: Sequence[Line]) -> bool:
    return any(line.event == "command" and line.outcome == "flows" for line in lines)


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
            self.done[index] = all(c.held for c in found) and (not last or all(self.done[4:index]))

    @property
    def at(self) -> int:
        """The first step that is not done; the number of steps when all are."""
        return next((i for i, done in enumerate(self.done) if not done), len(self.done))

    def again(self, since: int) -> None:
        """Begin anew; records before ``since`` belong to the last time."""
        self.done = [False for _ in self.story]
        self.since = since
