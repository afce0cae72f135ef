"""
What must hold whatever was killed when: nothing lost, nothing twice, nothing foreign touched, log intact, card right.

Each check asserts, and says what it saw.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.keys.files import load
from bot.bootstrap.verifying import check_database
from bot.domain.audit.check import Trust
from bot.domain.audit.events import Event
from bot.domain.audit.record import Record
from bot.domain.audit.verdicts import Finding
from bot.domain.requests import Request
from bot.domain.states import PartState
from bot.sandbox.azure.journal import Recorded
from bot.sandbox.kubernetes.journal import Entry
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.scene import CHANNEL, FOREIGN
from tests.crash.journeys import Journey
from tests.crash.town import Town

OWN = "firebreak-"
ASKED = (("command", ""), ("plan_shown", ""), ("vote", "approve"), ("decided", "approve"))
STORIES = {
    "quarantine-pod": (
        *ASKED,
        ("intent", ""),
        ("result", "accepted"),
        ("evidence", "read-back"),
        ("rollback", "rollback-asked"),
        ("rollback", "rolled-back"),
    ),
    "block-address": (
        *ASKED,
        ("intent", "contribute"),
        ("result", "accepted"),
        ("evidence", "read-back"),
        ("rollback", "rollback-asked"),
        ("rollback", "withdrawn"),
    ),
}
POD, ADDRESS = "quarantine-pod", "block-address"
TOGETHER = (*STORIES[POD], *STORIES[ADDRESS][len(ASKED) :])
"""Of both in one request, whose parts run side by side, each step stands there once: the request is rolled back once."""
MEASURED = {"ladder"}
TOO_LATE = {"AnswerLost", "NoAnswer"}
QUARANTINED = ("create networkpolicies", "patch pods", "patch pods", "delete networkpolicies")


@dataclass(frozen=True)
class Before:
    """What stood outside before a journey, and how much had been asked of it."""

    cluster: str
    addresses: tuple[str, ...]
    written: int
    put: int

    @classmethod
    def of(cls, town: Town) -> "Before":
        """Look at a town now."""
        scene = town.scene
        return cls(
            scene.cluster.snapshot(scene.incident.namespace),
            scene.arm.addresses(scene.estate.cluster_group),
            len(scene.cluster.journal.applied()),
            len(puts(town)),
        )

    def written_since(self, town: Town) -> list[Entry]:
        """Return what has taken effect in the cluster since."""
        return town.scene.cluster.journal.applied()[self.written :]

    def put_since(self, town: Town) -> tuple[Recorded, ...]:
        """Return what has been asked of ARM since."""
        return puts(town)[self.put :]


def puts(town: Town) -> tuple[Recorded, ...]:
    """Return every update of a resource that ARM was asked for."""
    return town.scene.arm.asked("PUT")


async def intended(town: Town, before: Before) -> None:
    """Whatever was written outside, its intent stands in the log: asked while the bot is dead or at rest."""
    log = await town.records.log()
    operations = {r.details.get("operation") for r in log if r.event is Event.INTENT}
    for put in before.put_since(town):
        assert put.headers["x-ms-client-request-id"] in operations, f"a PUT without intent: {put}"
    known = [(r.event, r.outcome) for r in log]
    for entry in before.written_since(town):
        undoing = entry.verb == "delete"
        wanted = (Event.ROLLBACK, "rollback-asked") if undoing else (Event.INTENT, "")
        assert wanted in known, f"{entry.verb} {entry.resource} without its record"


def contained(journey: Journey, request: Request) -> None:
    """While it stands: one policy and one label of ours, or the address beside the foreign one."""
    scene = journey.town.scene
    if request.action != POD:
        found = sorted(scene.arm.addresses(scene.estate.cluster_group))
        assert found == sorted((FOREIGN, scene.incident.beacon)), found
    if request.action == ADDRESS:
        return
    store, space = scene.cluster.registry.store, scene.incident.namespace
    names = [b["metadata"]["name"] for b in store.each(NETWORK_POLICIES, space)]
    assert [n for n in names if n.startswith(OWN)] == [f"{OWN}{request.id.lower()}-0"], names
    labelled = [
        b["metadata"]["name"]
        for b in store.each(PODS, space)
        if request.id.lower() in json.dumps(b["metadata"]["labels"]).lower()
    ]
    assert labelled == [scene.incident.pod], labelled


async def undone(journey: Journey, request: Request, before: Before) -> None:
    """All that must hold once a journey is over and the bot at rest."""
    town = journey.town
    await intended(town, before)
    await finished(journey, request)
    _as_before(town, before)
    _written_once(town, request, before)


async def finished(journey: Journey, request: Request) -> None:
    """Whatever was written to get there: its rows are at their end, its story is told once, its card is right."""
    await _settled(journey, request)
    await _story(journey.town, request)
    _said_once(journey, request)


async def afterwards(town: Town, walked: Sequence[tuple[Journey, Request]], before: Before) -> None:
    """The same for many journeys that were under way together."""
    await intended(town, before)
    _as_before(town, before)
    pods = sum(request.action == "quarantine-pod" for _, request in walked)
    wrote = Counter(f"{e.verb} {e.resource}" for e in before.written_since(town))
    assert wrote == Counter({what: count * pods for what, count in Counter(QUARANTINED).items()})
    assert len(before.put_since(town)) <= 2 * (len(walked) - pods)
    assert len(await town.records.requests()) == len(walked)
    for journey, request in walked:
        await finished(journey, request)


def repeated(town: Town, before: Before) -> str:
    """Tell how many calls were made again because an answer was lost: they found their work done."""
    calls = town.scene.cluster.journal.writes()
    refused = sum(not entry.applied for entry in calls)
    spoken = [c for c in town.scene.workspace.calls("chat.postMessage") if not c.error]
    return f"{len(before.put_since(town))} PUTs, {refused} cluster writes without effect, {len(spoken)} posts"


async def _settled(journey: Journey, request: Request) -> None:
    same = await journey.town.records.requests(journey.name)
    assert [r.id for r in same] == [request.id], f"asked once, stored {len(same)} times"
    assert await journey.state() is PartState.ROLLED_BACK
    assert await journey.town.records.leftovers() == 0
    for lane in await journey.town.records.lanes():
        assert lane.operation is None
        assert lane.owner == ""


def _as_before(town: Town, before: Before) -> None:
    now = Before.of(town)
    assert now.cluster == before.cluster
    assert now.addresses == before.addresses


def _written_once(town: Town, request: Request, before: Before) -> None:
    wrote = tuple(f"{e.verb} {e.resource}" for e in before.written_since(town))
    sent = len(before.put_since(town))
    expected = (() if request.action == ADDRESS else QUARANTINED, 0 if request.action == POD else 2)
    assert (wrote, sent) == expected, f"written twice, or not at all: {wrote}, {sent} PUTs"


async def _story(town: Town, request: Request) -> None:
    """Each step stands in the log exactly once and in order; beside them only what may be said twice."""
    log = await town.records.log()
    assert sum(r.event is Event.INCIDENT_OPENED and r.incident == request.incident for r in log) == 1
    mine = [r for r in log if r.request == request.id and r.event is not Event.INCIDENT_OPENED]
    told = tuple(
        (str(r.event), r.outcome) for r in mine if r.event is not Event.REFUSAL and not _repeatable(r)
    )
    if request.action in STORIES:
        assert told == STORIES[request.action], told
    else:
        once = list(TOGETHER)
        once.remove(("rollback", "rollback-asked"))
        assert sorted(told) == sorted(once), told
    assert any(_shown(r) for r in mine), "the card as shown is not in the log"


def _shown(record: Record) -> bool:
    """A crash between the post and its record writes it again: it says what was shown, and changes nothing."""
    return record.outcome == "card-shown"


def _repeatable(record: Record) -> bool:
    """
    On a busy machine an answer comes too late now and then: that is told, and waited out.

    What is measured of a containment that stands is told whenever it is something new, and changes nothing.
    """
    late = record.event is Event.RESULT and record.outcome in TOO_LATE
    measured = record.event is Event.VERDICT or (
        record.event is Event.EVIDENCE and record.outcome in MEASURED
    )
    return _shown(record) or late or measured


def _said_once(journey: Journey, request: Request) -> None:
    cards = journey.cards(request.id)
    assert len(cards) == 1, f"{len(cards)} cards"
    card = cards[0]
    assert card.text.startswith("Rolled back: "), card.text
    painted = json.dumps(list(card.blocks))
    assert "ROLLED BACK" in painted
    assert "ir_approve" not in painted
    notes = Counter(
        m.metadata["event_payload"]["note"]
        for m in journey.town.scene.workspace.messages(CHANNEL)
        if m.thread_ts and m.metadata and "note" in m.metadata["event_payload"]
    )
    assert all(count == 1 for count in notes.values()), f"a notice was said twice: {notes}"


async def log_intact(town: Town) -> Finding:
    """Verify the whole log with its key; return the finding."""
    audit = town.settings.audit
    trust = Trust((load(audit.key_file, audit.origin).verifier,), audit.origin)
    finding = await check_database(town.settings.database, trust)
    assert finding.ok, str(finding)
    return finding


async def log_signed(town: Town) -> Finding:
    """After an orderly end: all of the log stands under a checkpoint."""
    finding = await log_intact(town)
    assert finding.signed == finding.records > 0, str(finding)
    return finding
