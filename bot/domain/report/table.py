"""
The report's timeline as CSV, for spreadsheets.

A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV Injection"); tabs, line breaks
and what is hidden are spelt out, so that no cell begins with one, and every cell is quoted.
"""

import csv
import io
from typing import Final

from bot.domain.hidden import plain
from bot.domain.report.values import Report

STARTS: Final = frozenset("=+-@\t\r|%＝＋－＠")  # noqa: RUF001 - the wide ones count for some spreadsheets too
COLUMNS: Final = (
    "record",
    "time",
    "who",
    "event",
    "outcome",
    "told",
    "request",
    "part",
    "target",
    "facts",
    "leaf (base64)",
)


def cell(text: str) -> str:
    """Return a text from outside as a cell that is only ever text."""
    shown = plain(text)
    return f"'{shown}" if shown.lstrip()[:1] in STARTS and shown.strip() else shown


def table(report: Report) -> str:
    """Return a row for each record, under a row of names."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    leaves = {proof.seq: proof.leaf for proof in report.proofs}
    for line in report.timeline:
        facts = "; ".join(f"{fact.label}: {fact.text}" for fact in line.facts)
        texts = (
            line.time,
            line.who,
            line.event,
            line.outcome,
            line.told,
            line.request,
            line.part,
            line.target,
        )
        row = (str(line.seq), *texts, facts, leaves.get(line.seq, ""))
        writer.writerow([cell(text) for text in row])
    return out.getvalue()
