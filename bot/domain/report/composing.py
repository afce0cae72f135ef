"""Records -> the report as a value."""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bot.domain.report.answering import answers, asked, mode_of
from bot.domain.report.reading import Entry, entry, shown_plan
from bot.domain.report.sentences import sentence, stated
from bot.domain.report.values import Containment, Fact, Line, Measure, Proof, Report, Source, Taken

UNTOLD: Final = frozenset(
    {"kept", "changes", "action", "state", "uid", "mode"}
)  # told elsewhere, or by the plan


def compose(source: Source) -> Report:
    """Return the report of all records of a source."""
    entries = [entry(taken) for taken in source.records]
    requests = list(dict.fromkeys(e.body.request for e in entries if e.body.request))
    incident = source.subject.startswith("IN-")
    return Report(
        subject=source.subject,
        title=_title(source, entries),
        made_at=source.made_at,
        containments=tuple(
            _containment(source, name, [e for e in entries if e.body.request == name]) for name in requests
        ),
        others=tuple(_others(entries)) if incident else (),
        evidence=tuple(_evidence(entries)),
        timeline=tuple(map(_line, entries)),
        proofs=tuple(map(_proof, source.records)),
        people=tuple(_people(source, entries)),
        origin=source.origin,
        key=source.key,
        note=source.note,
        size=source.size,
        anchors=source.anchors,
    )


def people_of(source: Source) -> tuple[str, ...]:
    """Return the people (``team:user``) who acted in these records."""
    acted = (entry(taken).body.actor for taken in source.records)
    return tuple(dict.fromkeys(actor.id for actor in acted if actor.type == "person"))


def _title(source: Source, entries: Sequence[Entry]) -> str:
    for one in entries:
        if one.body.event == "incident_opened" and one.body.incident == source.subject and one.said():
            return one.said()
    plans = (shown_plan(source.blobs.get(e.kept.get("plan", ""))) for e in entries)
    return next((plan.summary for plan in plans if plan is not None), "")


def _containment(source: Source, name: str, entries: Sequence[Entry]) -> Containment:
    first = asked(entries) or entries[0]
    return Containment(
        request=name,
        action=first.detail("action"),
        target=first.body.target,
        mode=mode_of(entries),
        answers=answers(entries, source.blobs),
        measures=tuple(_measures(entries)),
    )


def _measures(entries: Sequence[Entry]) -> Iterator[Measure]:
    """The first time of each step, the last part's where a step is done part by part, in seconds since it was asked."""
    begun = asked(entries)
    decided = [
        e
        for e in entries
        if e.body.event == "decided" and e.body.outcome in ("approve", "solo", "break-glass")
    ]
    accepted = [e for e in entries if e.body.event == "result" and e.body.outcome == "accepted"]
    applied = _reached(entries, "applied")
    verified = [e for e in entries if e.detail("verdict")][:1]
    undone = _reached(entries, "rolled_back")
    steps = (
        ("asked", [begun] if begun else []),
        ("approved", decided[-1:]),
        ("accepted", accepted[:1]),
        ("applied", applied),
        ("verified", verified),
        ("undone", undone),
    )
    for step, found in steps:
        if found:
            yield Measure(step, found[-1].body.time, _seconds(begun, found[-1]), found[-1].seq)
        else:
            yield Measure(step)


def _reached(entries: Sequence[Entry], state: str) -> list[Entry]:
    """Return the records by which every part that ever was there reached a state; none where one has not."""
    parts = {e.body.part for e in entries if e.body.part}
    first: dict[str, Entry] = {}
    for one in entries:
        if one.body.part and one.detail("state") == state:
            first.setdefault(one.body.part, one)
    return sorted(first.values(), key=lambda e: e.seq) if len(first) == len(parts) else []


def _seconds(start: Entry | None, end: Entry) -> float | None:
    try:
        began = datetime.fromisoformat(start.body.time) if start else None
        return (datetime.fromisoformat(end.body.time) - began).total_seconds() if began else None
    except ValueError:
        return None


def _others(entries: Sequence[Entry]) -> Iterator[Fact]:
    for one in entries:
        if one.body.event in ("incident_opened", "incident_closed"):
            why = f": {one.said()}" if one.words else ""
            told = sentence(one.body.event, one.body.outcome)
            yield Fact(told, f"{one.body.actor.id}, {one.body.time}{why}", one.seq)


def _evidence(entries: Sequence[Entry]) -> Iterator[Fact]:
    for one in entries:
        if one.body.event == "evidence" and isinstance(one.body.details.get("items"), list):
            yield Fact("captured of", f"{one.body.target}: {one.body.outcome}", one.seq)
            for item in one.body.details["items"]:
                yield Fact("item", _item(item), one.seq)
        elif one.body.event == "evidence_access":
            yield Fact("handed to", f"{one.body.actor.id}, {one.body.outcome}, {one.body.time}", one.seq)


def _item(item: object) -> str:
    if not isinstance(item, dict):
        return str(item)
    return ", ".join(f"{name} {value}" for name, value in item.items())


def _line(one: Entry) -> Line:
    body = one.body
    return Line(
        seq=one.seq,
        time=body.time,
        event=body.event,
        outcome=body.outcome,
        who=body.actor.id,
        told=sentence(body.event, body.outcome),
        request=body.request,
        part=body.part,
        target=body.target,
        facts=tuple(_facts(one)),
    )


def _facts(one: Entry) -> Iterator[Fact]:
    if not stated(one.body.event, one.body.outcome):
        yield Fact("outcome", one.body.outcome)
    for path, value in one.words:
        yield Fact(path, value)
    if one.body.digest:
        yield Fact("plan", one.body.digest)
    for name in one.body.details:
        if name not in UNTOLD:
            yield Fact(name, one.detail(name))
    for name, digest in one.kept.items():
        yield Fact(f"{name} kept, SHA-256", digest)


def _proof(taken: Taken) -> Proof:
    return Proof(
        seq=taken.seq,
        leaf=base64.b64encode(taken.leaf).decode(),
        path=tuple(base64.b64encode(node).decode() for node in taken.path),
        body=taken.body.decode("utf-8", "replace"),
    )


def _people(source: Source, entries: Sequence[Entry]) -> Iterator[Fact]:
    seen = dict.fromkeys(e.body.actor.id for e in entries if e.body.actor.type == "person")
    for who in seen:
        yield Fact(who, source.names.get(who, ""))
