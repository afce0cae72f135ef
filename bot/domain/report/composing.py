"""Records -> the report as a value."""

import base64
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.report.answering import answers, refusal, refused
from bot.domain.report.calling import Calling
from bot.domain.report.captured import evidence
from bot.domain.report.checking import checks
from bot.domain.report.glossary import GLOSSARY
from bot.domain.report.lines import Teller
from bot.domain.report.reading import Entry, entry, shown_plan
from bot.domain.report.sentences import sentence
from bot.domain.report.story import Story, tried
from bot.domain.report.summing import summary
from bot.domain.report.values import Containment, Fact, Measure, Proof, Report, Source

OPENINGS: Final = ("", "by-hand", "by-request")


def compose(source: Source) -> Report:
    """Return the report of all records of a source."""
    entries = [entry(taken) for taken in source.records]
    calling = Calling(dict.fromkeys(people_of(source), "") | dict(source.names))
    stories = {name: Story(tuple(told), source.blobs, calling) for name, told in _by_request(entries).items()}
    teller = Teller(calling)
    return Report(
        subject=source.subject,
        title=_title(source, entries),
        made_at=source.made_at,
        containments=tuple(
            _containment(name, story, f"request-{number}")
            for number, (name, story) in enumerate(stories.items(), start=1)
        ),
        others=tuple(_others(source, entries, calling)),
        evidence=tuple(fact for name, story in stories.items() for fact in evidence(name, story)),
        timeline=tuple(map(teller.line, entries)),
        proofs=tuple(_proof(one, source) for one in entries),
        people=tuple(_people(source, entries)),
        glossary=GLOSSARY,
        missing=_missing(source),
        origin=source.origin,
        key=source.key,
        note=source.note,
        size=source.size,
        anchors=source.anchors,
    )


def _by_request(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for one in entries:
        if one.body.request:
            found.setdefault(one.body.request, []).append(one)
    return found


def people_of(source: Source) -> tuple[str, ...]:
    """Return the people (``team:user``) who acted in these records."""
    acted = (entry(taken).body.actor for taken in source.records)
    return tuple(dict.fromkeys(actor.id for actor in acted if actor.type == "person"))


def _title(source: Source, entries: Sequence[Entry]) -> str:
    """An incident's own title; of a request what its plan does."""
    if source.subject.startswith("IN-"):
        return _of_incident(_opened(source, entries))
    if not source.subject.startswith("FB-"):
        return ""
    plans = (shown_plan(source.blobs.get(e.kept.get("plan", ""))) for e in entries)
    return next((plan.summary for plan in plans if plan is not None), "")


def _of_incident(opened: Entry | None) -> str:
    if opened is None or not opened.said():
        return ""
    named = opened.body.outcome != "by-request"
    return opened.said() if named else f"no title was given; its first request: {opened.said()}"


def _opened(source: Source, entries: Sequence[Entry]) -> Entry | None:
    return next(
        (
            one
            for one in entries
            if one.body.event == "incident_opened"
            and one.body.outcome in OPENINGS
            and one.body.incident == source.subject
        ),
        None,
    )


def _containment(name: str, story: Story, place: str) -> Containment:
    first = story.asked or story.entries[0]
    plan = story.plan
    return Containment(
        request=name,
        title=plan.summary if plan else "",
        action=first.detail("action"),
        target=first.body.target,
        mode=story.mode,
        summary=summary(story, f"{place}-refused"),
        answers=answers(story),
        refused=refused(story),
        measures=tuple(_measures(story)),
        place=place,
    )


def _measures(story: Story) -> Iterator[Measure]:
    """The first time of each step, the last part's where a step is done part by part, in seconds since it was asked."""
    decided = story.of("decided", "approve", "solo", "break-glass", "auto")
    steps = (
        ("asked", [story.asked] if story.asked else []),
        ("approved", decided[-1:]),
        ("accepted by the API", story.of("result", "accepted")[:1]),
        ("read back as written", list(story.reached("applied"))),
        ("undone, and read back", list(story.reached("rolled_back"))),
    )
    for step, found in steps:
        if found:
            yield Measure(step, found[-1].at, story.seconds(found[-1]), found[-1].seq)
        else:
            yield Measure(step)


def _others(source: Source, entries: Sequence[Entry], calling: Calling) -> Iterator[Fact]:
    """What is told of the incident itself, or which one a request belongs to."""
    for incident in dict.fromkeys(e.body.incident for e in entries if e.body.incident != source.subject):
        if incident:
            yield Fact("Incident", incident)
    for one in entries:
        who = calling.person(one.body.actor.id)
        if one.body.event in ("incident_opened", "incident_closed"):
            why = f": {one.said()}" if one.words else ""
            told = sentence(one.body.event, one.body.outcome)
            yield Fact(told, f"{who}, {one.at}{why}", one.seq)
        elif one.body.event == "refusal" and not one.body.request:
            said = refusal(Story((one,), source.blobs, calling), one)
            yield Fact(f"Tried to {tried(one)}", said, one.seq)


def _missing(source: Source) -> str:
    """Return the numbers that are in the log and not here, as ranges."""
    here = {taken.seq for taken in source.records}
    gaps: list[list[int]] = []
    for seq in range(source.size):
        if seq in here:
            continue
        if gaps and gaps[-1][1] == seq - 1:
            gaps[-1][1] = seq
        else:
            gaps.append([seq, seq])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in gaps)


def _proof(one: Entry, source: Source) -> Proof:
    taken = one.taken
    return Proof(
        seq=taken.seq,
        leaf=base64.b64encode(taken.leaf).decode(),
        path=tuple(base64.b64encode(node).decode() for node in taken.path),
        body=taken.body.decode("utf-8", "replace"),
        checks=checks(one, source.blobs),
    )


def _people(source: Source, entries: Sequence[Entry]) -> Iterator[Fact]:
    seen = dict.fromkeys(e.body.actor.id for e in entries if e.body.actor.type == "person")
    for who in seen:
        yield Fact(who, source.names.get(who, ""))
