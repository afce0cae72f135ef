"""
The report as Markdown.

All that came from outside stands in code spans: nothing in one is a link, a tag, a mention, an address that becomes a
link, or a mark (CommonMark 6.1); a run of backticks in it is fenced by a longer one. What is hidden is spelt out.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.hidden import plain
from bot.domain.report.values import Containment, Fact, Line, Report

_TICKS: Final = re.compile("`+")


def code(text: str) -> str:
    """Return a text from outside as a code span on one line; ``(nothing)`` for an empty one."""
    shown = plain(text)
    if not shown.strip():
        return "(nothing)"
    fence = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    room = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{room}{shown}{room}{fence}"


def markdown(report: Report) -> str:
    """Return the whole report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# Report of {code(report.subject)}\n"
    yield f"{code(report.title)}\n"
    yield f"Made {code(report.made_at)} from the audit log {code(report.origin)}, {report.size} records signed. "
    yield "What stands in a code span was written by people or systems; the rest are Firebreak's own words. "
    yield "Numbers after # are those of the records that prove it.\n"
    yield from _facts(report.others, "")
    for one in report.containments:
        yield from _containment(one)
    yield "\n## Evidence\n"
    yield from _facts(report.evidence, "No evidence was captured.")
    yield "\n## Timeline\n"
    for line in report.timeline:
        yield from _line(line)
    yield "\n## People\n"
    yield "Ids are what the log holds. Names are what Slack said when this was made.\n"
    for person in report.people:
        yield f"- {code(person.label)}: {code(person.text)}"
    yield from _proofs(report)


def _containment(one: Containment) -> Iterator[str]:
    yield f"\n## {code(one.request)}\n"
    mode = "" if one.mode == "quorum" else f", ran {code(one.mode.upper())}: without a quorum"
    yield f"{code(one.action)} of {code(one.target)}{mode}\n"
    yield "| step | when (UTC) | seconds since asked | record |"
    yield "|---|---|---|---|"
    for m in one.measures:
        seconds = "" if m.seconds is None else f"{m.seconds:.1f}"
        yield f"| {m.step} | {_cell(m.time) or 'never'} | {seconds} | {'' if m.seq is None else f'#{m.seq}'} |"
    for answer in one.answers:
        yield f"\n### {answer.question}\n"
        yield from _facts(answer.facts, "Nothing is recorded of it.")


def _cell(time: str) -> str:
    return time if re.fullmatch(r"[0-9T:.Z-]{0,40}", time) else ""


def _facts(facts: Sequence[Fact], none: str) -> Iterator[str]:
    if not facts and none:
        yield none
    for fact in facts:
        proof = "" if fact.seq is None else f" (#{fact.seq})"
        yield f"- {_label(fact.label)}: {code(fact.text)}{proof}"


def _label(label: str) -> str:
    """Labels are ours, but names of details are those of whoever wrote the log."""
    return label if re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,.:'-]{0,80}", label) else code(label)


def _line(line: Line) -> Iterator[str]:
    about = f" {code(line.request)}" if line.request else ""
    target = f" about {code(line.target)}" if line.target else ""
    yield f"- #{line.seq} {code(line.time)} {code(line.who)}: {line.told}{about}{target}"
    for fact in line.facts:
        yield f"    - {_label(fact.label)}: {code(fact.text)}"


def _proofs(report: Report) -> Iterator[str]:
    yield "\n## Proofs\n"
    yield "Verifier key; compare it with the one that you have from elsewhere:\n"
    yield f"{code(report.key)}\n"
    yield "Newest signed checkpoint:\n"
    for text in report.note.splitlines():
        yield f"- {code(text)}"
    for place in report.anchors:
        yield f"- kept outside: {code(place)}"
    yield "\nVerify offline, with nothing but the key: have the records sent with /ir verify, or run"
    yield "firebreak audit export --request or --incident, and then: firebreak audit verify FILE --key KEY.\n"
    yield "By hand: the leaf is SHA-256 over a zero byte and the body; the path leads from there to the root (RFC 6962).\n"
    for proof in report.proofs:
        yield f"- #{proof.seq} leaf {code(proof.leaf)}, path {code(' '.join(proof.path))}, body {code(proof.body)}"
