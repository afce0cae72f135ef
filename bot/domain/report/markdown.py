"""
The report as Markdown.

All that came from outside stands in code spans: nothing in one is a link, a tag, a mention, an address that becomes a
link, or a mark (CommonMark 6.1); a run of backticks in it is fenced by a longer one. What is hidden is spelt out.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.hidden import plain
from bot.domain.report.telling import BY_HAND, COMMAND, MISSING, NAMELESS, PEOPLE, VERIFY
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
    if report.title:
        yield f"{code(report.title)}\n"
    yield f"Made {code(report.made_at)} from the audit log {code(report.origin)}, {report.size} records signed. "
    yield "What stands in a code span was written by people or systems; the rest are Firebreak's own words. "
    yield "Numbers after # are those of the records that prove it. Times are UTC. Words are explained at the end.\n"
    yield from _facts(report.others, "")
    yield "\n## In short\n"
    for one in report.containments:
        yield f"\n### {code(one.request)}: {code(one.title)}\n"
        yield from _facts(one.summary, "")
    for one in report.containments:
        yield from _containment(one)
    yield "\n## Evidence\n"
    yield from _facts(report.evidence, "No evidence was captured.")
    yield from _timeline(report)
    yield "\n## People\n"
    yield f"{PEOPLE}\n"
    for person in report.people:
        yield f"- {code(person.label)}: {code(person.text) if person.text else NAMELESS}"
    yield "\n## Words\n"
    for word in report.glossary:
        yield f"- {_label(word.label)}: " + "; ".join(word.text.split("\n"))
    yield from _proofs(report)


def _timeline(report: Report) -> Iterator[str]:
    yield "\n## Timeline\n"
    if report.missing:
        yield f"Not here: {report.missing}. {MISSING}\n"
    for line in report.timeline:
        yield from _line(line)


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
    yield f"\n### {one.refused.question}\n"
    yield from _facts(one.refused.facts, "Nobody.")


def _cell(time: str) -> str:
    return time if re.fullmatch(r"[0-9TUC:.Z -]{0,40}", time) else ""


def _facts(facts: Sequence[Fact], none: str) -> Iterator[str]:
    if not facts and none:
        yield none
    for fact in facts:
        yield from _fact(fact, "")


def _fact(fact: Fact, indent: str) -> Iterator[str]:
    proof = "" if fact.seq is None else f" (#{fact.seq})"
    more = ", below" if fact.see else ""
    if fact.many and "\n" in fact.text:
        yield f"{indent}- {_label(fact.label)}:{proof}"
        yield from (f"{indent}    - {code(line)}" for line in fact.text.split("\n"))
    else:
        yield f"{indent}- {_label(fact.label)}: {code(fact.text)}{proof}{more}"


def _label(label: str) -> str:
    """Labels are ours, but names of details are those of whoever wrote the log."""
    return label if re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,.:'-]{0,100}", label) else code(label)


def _line(line: Line) -> Iterator[str]:
    about = f" {code(line.request)}" if line.request else ""
    target = f" about {code(line.target)}" if line.target else ""
    yield f"- #{line.seq} {code(line.time)} {code(line.who)}: {line.told}{about}{target}"
    for fact in line.facts:
        yield from _fact(fact, "    ")


def _proofs(report: Report) -> Iterator[str]:
    yield "\n## Proofs\n"
    yield "Verifier key; compare it with the one that you have from elsewhere:\n"
    yield f"{code(report.key)}\n"
    yield "Newest signed checkpoint:\n"
    for text in report.note.splitlines():
        yield f"- {code(text)}"
    for place in report.anchors:
        yield f"- kept outside: {code(place)}"
    yield f"\n{VERIFY.format(request=code(_first(report)))} {code(COMMAND.format(key=report.key))}\n"
    yield f"{BY_HAND}\n"
    for proof in report.proofs:
        yield f"- #{proof.seq} leaf {code(proof.leaf)}, path {code(' '.join(proof.path))}, body {code(proof.body)}"
        for check in proof.checks:
            yield f"    - {_label(check.label)}: {code(check.what)}" if check.what else f"    - {check.label}"
            if check.command:
                yield f"        - run {code(check.command)}"
            yield f"        - gives {code(check.gives)}"


def _first(report: Report) -> str:
    return report.containments[0].request if report.containments else "FB-..."
