"""
The reader's test: the report of the rehearsal in the hand of somebody who knows nothing of it.

Of each containment the page answers who decided this, what they saw, whether it worked and whether it is undone, and
each answer names a record that is in it, whose proof leads to the signed root. What is asked here is asked of the page,
by its words alone, and of the Markdown, which says the same.
"""

import asyncio
import base64
import html
import html.parser
import io
import re
import subprocess
import sys
from collections.abc import Iterator
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
from bot.domain.report.answering import DECIDED, REFUSED, SAW, UNDONE, WORKED
from bot.domain.report.composing import compose
from bot.domain.report.markdown import markdown
from bot.domain.report.values import Containment
from tests.domain.values import NOW

QUESTIONS = (DECIDED, SAW, WORKED, UNDONE)
NAMES = {"T0HOST:U0ALICE": "Alice", "T0HOST:U0BOB": "Bob", "T0HOST:U0CARA": "Cara"}
ALICE, BOB, CARA = (f"{name} ({key})" for key, name in NAMES.items())
TIME = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"
LINES = ("Asked", "Approved", "Effect", "Undone", "Refused attempts")


class Reading(html.parser.HTMLParser):
    """Reads a page from top to bottom: each heading with the text below it, and the records linked there."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[str], list[str]]] = []
        self.anchors: set[str] = set()
        self._heading = False

    @classmethod
    def of(cls, shown: str) -> "Reading":
        """Read a page to its end."""
        reading = cls()
        reading.feed(shown)
        return reading

    @property
    def words(self) -> str:
        """All that stands on it, on one line."""
        return " ".join(f"{title} {said}" for title, said, _ in self.every())

    def every(self) -> Iterator[tuple[str, str, list[str]]]:
        """Give each heading, with what is said below it on one line, and the places that are linked there."""
        for title, said, links in self.sections:
            yield " ".join(title.split()), " ".join("".join(said).split()), links

    def section(self, start: str, *, after: str = "") -> tuple[str, list[str]]:
        """Return what is said below the first heading that begins so, behind another one."""
        seen = not after
        for title, said, links in self.every():
            if seen and title.startswith(start):
                return said, links
            seen = seen or title == after
        raise AssertionError(f"nothing is headed {start}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        if tag in ("h1", "h2", "h3"):
            self.sections.append(("", [], []))
            self._heading = True
        if tag == "a" and self.sections:
            self.sections[-1][2].append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._heading = self._heading and tag not in ("h1", "h2", "h3")
        if tag in ("dt", "dd", "p", "li") and self.sections:
            self.sections[-1][1].append(" ")

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
    return Source(
        subject=incident,
        records=records,
        blobs=blobs,
        origin=header.origin,
        key=header.key,
        note=header.checkpoint,
        size=header.size,
        made_at=f"{NOW:%Y-%m-%d %H:%M:%S} UTC",
        names=NAMES,
    )


@pytest.mark.slow
async def test_somebody_who_knows_nothing_finds_every_answer_on_the_page_with_its_proof(
    tmp_path: Path,
) -> None:
    export = tmp_path / "rehearsal.jsonl"
    out = io.StringIO()
    assert await rehearse(Console(file=out, width=120), export) == 0, out.getvalue()[-2000:]
    given = source_of(export)
    report = compose(given)

    assert [one.action for one in ran(report)] == ["block-address", "quarantine-pod"]
    assert len(report.containments) == 3, "and the request that was withdrawn for a stronger one"
    reading = Reading.of(page(report))
    _answers(report)
    _on_the_page(report, reading)
    _in_short(report, reading)
    _plainly(report, reading)
    _refused(report, reading)
    _proven(reading)
    _proofs(report, given)
    await asyncio.to_thread(_checked, page(report), export, given)
    _same(page(report), markdown(report))


def ran(report: Report) -> tuple[Containment, ...]:
    """Return what was carried out."""
    return tuple(one for one in report.containments if all(m.seconds is not None for m in one.measures))


def _answers(report: Report) -> None:
    pod = next(one for one in ran(report) if one.action == "quarantine-pod")
    said = {a.question: "\n".join(f"{f.label}: {f.text}" for f in a.facts) for a in pod.answers}
    assert f"Asked by: {ALICE}" in said[DECIDED]
    assert f"Approved by: {BOB}" in said[DECIDED] or f"Approved by: {CARA}" in said[DECIDED]
    assert "The policy asks for: 1 of security: rule 1 (any pod)" in said[DECIDED]
    assert "as a member of security" in said[DECIDED]
    assert "Card as shown, SHA-256" in said[SAW]
    assert "what it won't stop" in said[SAW]
    assert "Verdict INCONCLUSIVE" in said[WORKED]
    assert "what each level of evidence looks at: L0: only what the API says about itself" in said[WORKED]
    assert re.search(rf"Asked for, and so released, by: {re.escape(ALICE)}, {TIME}", said[UNDONE])
    assert re.search(
        rf"Undone: \S+, {TIME}, by Firebreak on the word of {re.escape(ALICE)} \(record \d+\)", said[UNDONE]
    )
    assert "YES: nothing of it stands any more" in said[UNDONE]
    assert all(m.seconds is not None for m in pod.measures)
    assert not any("verified" in m.step for m in pod.measures), "it was only read back"
    for name in (one.request for one in report.containments):
        assert name in markdown(report)


def _in_short(report: Report, reading: Reading) -> None:
    """Five lines for each, at the top: who, why, by which rule, with what effect, undone by whom, who was refused."""
    for one in ran(report):
        said, _ = reading.section(one.request, after="In short")
        assert all(line in said for line in LINES)
        assert re.search(rf"Asked {re.escape(ALICE)}, {TIME}: \S", said)
        assert re.search(
            r"Approved by (Bob|Cara) \(T0HOST:U0\w+\) of security, \d+\.\d s after it was asked for", said
        )
        assert re.search(r"the plan of digest [0-9a-f]{12}; the policy asks for 1 of security: rule \d", said)
        assert re.search(
            r"Effect INCONCLUSIVE \(evidence of level L0[^)]*\): it is not shown that the traffic has stopped",
            said,
        )
        assert re.search(rf"Undone yes, {TIME}, on the word of {re.escape(ALICE)}", said)
        assert re.search(r"looked up again afterwards: L0 ", said)


def _plainly(report: Report, reading: Reading) -> None:
    """It says when it was made and what it is about, in words that it explains, with nobody's mark-up."""
    whole = reading.words
    assert re.search(rf"Made {TIME} from the audit log", whole)
    assert whole.count("no title was given; its first request: ") >= 1
    saw = " ".join(said for title, said, _ in reading.every() if title == SAW)
    assert not re.search(r"<[!@#]|\*\w[^*\n]*\w\*|\^\{", saw), "no marks of Slack's"
    assert re.search(rf"Asked by {re.escape(ALICE)} {TIME}", saw)
    assert "May approve: group S0SECURITY" in saw
    glossary, _ = reading.section("Words")
    for word in ("L0", "INCONCLUSIVE", "contribute", "adopted", "fence", "_sd", "digest", "checkpoint"):
        assert word in glossary
    evidence, _ = reading.section("Evidence")
    assert "Address 203.0.113.7: complete" in evidence
    assert "flows-before.json (flows): " in evidence
    assert re.search(r"pod\.json \(manifest\): \d+ bytes, SHA-256 [0-9a-f]{64}", evidence)
    timeline, _ = reading.section("Timeline")
    missing = re.search(r"Numbers that are not here: ([\d, -]+)\. .*other requests", timeline)
    assert missing is not None
    assert _counted(missing[1]) | {proof.seq for proof in report.proofs} == set(range(report.size))
    assert timeline.count("L0 read back exactly as written") == 1, "what undid it does not tell it as news"


def _counted(ranges: str) -> set[int]:
    pairs = [one.split("-") for one in ranges.split(", ")]
    return {seq for pair in pairs for seq in range(int(pair[0]), int(pair[-1]) + 1)}


def _refused(report: Report, reading: Reading) -> None:
    pod = next(one for one in ran(report) if one.action == "quarantine-pod")
    short, links = reading.section(pod.request, after="In short")
    place = f"#{pod.place}-refused"
    assert "Refused attempts 3: " in short
    assert place in links
    assert place.removeprefix("#") in reading.anchors
    said = next(said for title, said, _ in reading.every() if title == REFUSED and "Nobody" not in said)
    for who, why in (
        (re.escape(ALICE), "you asked for this, so someone else approves it \\(own-request\\)"),
        ("T0HOST:U0GUEST", "this is a guest account"),
        ("T0OTHER:U0STRANGER", "this person is not a member of this workspace"),
    ):
        assert re.search(rf"Tried to approve it {who}, {TIME}\. Refused: {why}.*? record \d+", said)


def _proven(reading: Reading) -> None:
    """The verdict names the record that measured it, and not the one by which it was undone."""
    timeline, _ = reading.section("Timeline")
    worked = [said for title, said, _ in reading.every() if title == WORKED]
    (withdrawn,) = [said for said in worked if "Verdict" not in said]
    assert "nothing was accepted outside" in withdrawn
    for said in worked:
        if said == withdrawn:
            continue
        seq = re.search(r"Verdict INCONCLUSIVE .*? record (\d+)", said)
        assert seq is not None
        assert re.search(
            rf"\b{seq[1]} 20\S+ firebreak: (read back what was written|looked (again )?for evidence of the effect)",
            timeline,
        )


def _checked(shown: str, export: Path, given: Source) -> None:
    """What the page says to run is run, and prints what the page says that it gives."""
    commands = re.findall(
        r'<pre class="command"[^>]*>(.*?)</pre>\s*<p>It must give</p>\s*<pre class="gives">(.*?)</pre>',
        shown,
        re.DOTALL,
    )
    assert len(commands) > len(given.records) + len(given.blobs)
    script = "\n".join(f"{html.unescape(command)}; echo" for command, _ in commands)
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert [line for line in ran.stdout.splitlines() if line] == [
        html.unescape(gives) for _, gives in commands
    ]
    told = re.search(r"<pre>firebreak (audit verify) FILE --key (\S+)</pre>", html.unescape(shown))
    assert told is not None
    verify = [sys.executable, "-m", "bot", *told[1].split(), str(export), "--key", told[2]]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0


def _same(shown: str, written: str) -> None:
    """The Markdown says every fact that the page says."""
    for text in re.findall(r'<span class="outside">(.*?)</span>', shown, re.DOTALL):
        for line in html.unescape(text).split("\n"):
            assert line.strip() in written


def _on_the_page(report: Report, reading: Reading) -> None:
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
