"""
The reader's test: the report of the rehearsal in the hand of somebody who knows nothing of it.

Of each containment the page answers who decided this, what they saw, whether it worked and whether it is undone, and
each answer names a record that is in it, whose proof leads to the signed root.
"""

import base64
import html.parser
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from bot.adapters.report import page
from bot.bootstrap.rehearsal.play import rehearse
from bot.domain.audit import checkpoint, notes
from bot.domain.audit.export import Blob, Entry, Header, parse_header, parse_line
from bot.domain.audit.merkle import Prover, leaf_hash, verify_inclusion
from bot.domain.audit.offline import body_of
from bot.domain.report import Report, Source, Taken
from bot.domain.report.answering import DECIDED, SAW, UNDONE, WORKED
from bot.domain.report.composing import compose
from bot.domain.report.markdown import markdown

QUESTIONS = (DECIDED, SAW, WORKED, UNDONE)


class Reading(html.parser.HTMLParser):
    """Reads a page from top to bottom: each heading with the text below it, and the records linked there."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[str], list[str]]] = []
        self.anchors: set[str] = set()
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        if tag in ("h2", "h3"):
            self.sections.append(("", [], []))
            self._heading = True
        if tag == "a" and self.sections:
            self.sections[-1][2].append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._heading = self._heading and tag not in ("h2", "h3")

    def handle_data(self, data: str) -> None:
        if self.sections and self._heading:
            title, said, links = self.sections.pop()
            self.sections.append((title + data, said, links))
        elif self.sections:
            self.sections[-1][1].append(data)


def source_of(file: Path) -> Source:
    """Make the source of a report from an export, as somebody would who has nothing else."""
    first, *rest = file.read_bytes().splitlines(keepends=True)
    header: Header = parse_header(first)
    lines = [parse_line(raw) for raw in rest]
    entries = [line for line in lines if isinstance(line, Entry)]
    blobs = {line.blob: line.text for line in lines if isinstance(line, Blob)}
    bodies = [body_of(entry) or b"" for entry in entries]
    prover = Prover([leaf_hash(body) for body in bodies])
    incident = next(
        found[1].decode() for body in bodies if (found := re.search(rb'"incident":"(IN-\w+)"', body))
    )
    records = tuple(
        Taken(entry.seq, body, leaf_hash(body), entry.disclosures, prover.inclusion(entry.seq, header.size))
        for entry, body in zip(entries, bodies, strict=True)
        if f'"incident":"{incident}"'.encode() in body
    )
    return Source(incident, records, blobs, header.origin, header.key, header.checkpoint, header.size, "now")


@pytest.mark.slow
async def test_somebody_who_knows_nothing_finds_every_answer_on_the_page_with_its_proof(
    tmp_path: Path,
) -> None:
    export = tmp_path / "rehearsal.jsonl"
    out = io.StringIO()
    assert await rehearse(Console(file=out, width=120), export) == 0, out.getvalue()[-2000:]
    given = source_of(export)
    report = compose(given)

    assert len(report.containments) == 2, "the pod and the address"
    _answers(report)
    _on_the_page(report)
    _proofs(report, given)


def _answers(report: Report) -> None:
    pod = next(one for one in report.containments if one.action == "quarantine-pod")
    said = {a.question: "\n".join(f"{f.label}: {f.text}" for f in a.facts) for a in pod.answers}
    assert "Asked by: T0HOST:U0ALICE" in said[DECIDED]
    assert "Approved by: T0HOST:U0BOB" in said[DECIDED] or "Approved by: T0HOST:U0CARA" in said[DECIDED]
    assert "Card as shown, SHA-256" in said[SAW]
    assert "what it won't stop" in said[SAW]
    assert "Verdict " in said[WORKED]
    assert "YES: nothing of it stands any more" in said[UNDONE]
    steps = {m.step: m.seconds for m in pod.measures}
    assert all(
        steps[name] is not None for name in ("asked", "approved", "accepted", "applied", "verified", "undone")
    )
    assert sum(line.event == "refusal" for line in report.timeline) >= 3
    for name in (one.request for one in report.containments):
        assert name in markdown(report)


def _on_the_page(report: Report) -> None:
    reading = Reading()
    reading.feed(page(report))
    for question in QUESTIONS:
        asked = [(said, links) for title, said, links in reading.sections if title.strip() == question]
        assert len(asked) == len(report.containments), question
        for said, links in asked:
            assert "".join(said).strip()
            assert links, f"{question} has no proof"
            assert all(link.removeprefix("#") in reading.anchors for link in links)


def _proofs(report: Report, given: Source) -> None:
    head = checkpoint.Checkpoint.parse(notes.parse(given.note.encode()).text)
    for proof in report.proofs:
        path = tuple(map(base64.b64decode, proof.path))
        leaf = base64.b64decode(proof.leaf)
        assert leaf == leaf_hash(proof.body.encode())
        assert verify_inclusion(proof.seq, head.size, leaf, path, head.root)
