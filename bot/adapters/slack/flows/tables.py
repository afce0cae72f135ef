"""Rows and time as Slack's own blocks: a table that fits a phone, and a chart."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.text import visible
from bot.domain.directions import Direction
from bot.domain.flows.peers import Lot
from bot.domain.flows.summing import Noted
from bot.domain.flows.telling import Moment, Seen, Swept
from bot.domain.flows.wording import MOST_TOP
from bot.domain.reading import cut

ROWS: Final = 12
MOST_ROWS: Final = 40
NAME: Final = 90
CELL: Final = 140
"""Characters of a cell: 40 rows of two stay below the 10,000 that all tables of a message may have."""
BARS: Final = 15
"""Slack draws at most twenty points (docs.slack.dev/reference/block-kit/blocks/data-visualization-block)."""

PEER: Final = ("Peer", "Connections")
SWEEP: Final = ("Who", "Connections")
"""Two columns, the second narrow: more would be beyond the edge of a phone."""

WORDS: Final = {
    Lot.PASSES: "allowed",
    Lot.STOPPED: "denied now",
    Lot.DENIED: "denied",
    Lot.DISPUTED: "disputed",
    Lot.UNKNOWN: "not known",
}
"""What became of a peer, in the words of a narrow column."""


def peers(seen: Seen) -> list[Block]:
    """Return the top talkers as a table; nothing where there are none."""
    found = seen.summary.peers[:ROWS]
    return [_table(PEER, [_row(one, str(one.peer)) for one in found])] if found else []


def sweep(swept: Swept) -> list[Block]:
    """Return who talked to an address, the cluster before each name; nothing where so many clusters saw it that lists are better."""
    rows = [
        _row(one, f"{seen.asked.cluster}: {one.peer}")
        for seen in swept.found
        for one in seen.summary.peers[:MOST_TOP]
    ]
    return [_table(SWEEP, rows)] if 0 < len(rows) <= MOST_ROWS else []


def _row(one: Noted, name: str) -> tuple[str, str]:
    arrow = "→" if one.peer.direction is Direction.EGRESS else "←"
    told = ["outside"] if one.external else []
    told += ["new"] if one.new else []
    told += [f"every {one.beat.every:.0f} s"] if one.beat else []
    beside = f" · {', '.join(told)}" if told else ""
    return f"{arrow} {cut(name, NAME)}{beside}", f"{one.peer.connections} {WORDS[one.peer.lot]}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Block:
    """Cells are raw text: nothing in them is mark-up (docs.slack.dev/reference/block-kit/blocks/table-block)."""
    return {
        "type": "table",
        "column_settings": [{"is_wrapped": True}, {"align": "right"}],
        "rows": [[_cell(text) for text in row] for row in (head, *rows)],
    }


def _cell(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": visible(text, CELL) or "-"}


def chart(seen: Seen) -> list[Block]:
    """Return when connections began, as bars; nothing where no source tells them one by one."""
    bars = _folded(seen.moments)
    if not any(bar.passed or bar.denied or bar.other for bar in bars):
        return []
    names = [f"{bar.since:%H:%M:%S}" for bar in bars]
    if len(set(names)) != len(names) or seen.asked.until.date() != seen.asked.since.date():
        names = [f"{bar.since:%m-%d %H:%M:%S}" for bar in bars]
    series = [
        {"name": name, "data": [{"label": label, "value": n} for label, n in zip(names, values, strict=True)]}
        for name, values in (
            ("passed", [bar.passed for bar in bars]),
            ("denied", [bar.denied for bar in bars]),
            ("not known", [bar.other for bar in bars]),
        )
        if any(values)
    ]
    title = "Connections begun, at least" if seen.thinned else "Connections begun"
    axis = {"categories": names, "x_label": "UTC", "y_label": "connections"}
    return [
        {
            "type": "data_visualization",
            "title": title,
            "chart": {"type": "bar", "series": series, "axis_config": axis},
        }
    ]


def over_time(seen: Seen) -> str:
    """Say the same in a line, for clients and readers without the chart; empty where there is nothing to say."""
    bars = _folded(seen.moments)
    most = max(bars, key=lambda bar: bar.passed + bar.denied + bar.other, default=None)
    if most is None or not (most.passed + most.denied + most.other):
        return ""
    idle = sum(not (bar.passed or bar.denied or bar.other) for bar in bars)
    at_least = "at least " if seen.thinned else ""
    width = (seen.asked.until - seen.asked.since) / len(bars)
    within = (
        f"{width.total_seconds():.0f} s"
        if width < timedelta(minutes=2)
        else f"{width // timedelta(minutes=1)} min"
    )
    number = most.passed + most.denied + most.other
    quiet = f"; none in {idle} of {len(bars)} parts of that time" if idle else ""
    return f"most from {most.since:%H:%M:%S} UTC, {at_least}{number} begun in {within}{quiet}"


def _folded(moments: Sequence[Moment]) -> list[Moment]:
    each = -(-len(moments) // BARS) or 1
    pieces = [moments[at : at + each] for at in range(0, len(moments), each)]
    return [
        Moment(
            some[0].since,
            sum(one.passed for one in some),
            sum(one.denied for one in some),
            sum(one.other for one in some),
        )
        for some in pieces
    ]
