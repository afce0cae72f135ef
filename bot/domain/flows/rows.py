"""All that was seen, a row for each kind of connection and source: what a message is too small for."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from bot.domain.flows.flow import Endpoint
from bot.domain.flows.talks import Talk
from bot.domain.report.table import cell
from bot.domain.telling import LONGEST_FILE

COLUMNS: Final = (
    "source",
    "first (UTC)",
    "last (UTC)",
    *(f"client {what}" for what in ("namespace", "name", "address", "names")),
    *(f"server {what}" for what in ("namespace", "name", "address", "names")),
    "port",
    "protocol",
    "verdict",
    "connections",
    "bytes out",
    "bytes back",
    "answered",
    "reasons",
    "policies",
    "notes",
)


def table(talks: Iterable[Talk]) -> str:
    """Return CSV (RFC 4180), no cell of which a spreadsheet takes for a formula; cut where it is longer than may be sent."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, talk in enumerate(talks):
        writer.writerow([cell(text) for text in _cells(talk)])
        if out.tell() > LONGEST_FILE:
            writer.writerow([f"cut after {number + 1} rows", *[""] * (len(COLUMNS) - 1)])
            break
    return out.getvalue()


def _cells(talk: Talk) -> Iterator[str]:
    yield talk.source
    yield _time(talk.first)
    yield _time(talk.last)
    yield from _end(talk.client)
    yield from _end(talk.server)
    yield str(talk.port or "")
    yield talk.protocol
    yield talk.verdict
    yield str(talk.connections)
    counts = talk.counts
    yield "" if counts is None or counts.bytes_out is None else str(counts.bytes_out)
    yield "" if counts is None or counts.bytes_back is None else str(counts.bytes_back)
    yield "yes" if talk.answered else ""
    yield "; ".join(talk.reasons)
    yield "; ".join(map(str, talk.policies))
    yield "; ".join(talk.notes)


def _end(end: Endpoint) -> Iterator[str]:
    yield end.namespace
    yield end.pod or end.workload or end.name or ("" if end.address else str(end.being))
    yield end.address
    yield " ".join(end.names)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
