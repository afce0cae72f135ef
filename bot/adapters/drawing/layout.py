"""Where everything stands, in pixels of the finished picture."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.domain.flows.picturing import Sketch, Spoke

WIDTH: Final = 1200
MARGIN: Final = 28
HEAD: Final = 96
BOX: Final = 220
DENSE: Final = 60
"""Rows on one side from which on each has one small line."""
LEAST: Final = 120
"""Pixels between the first row and the last line, where there are hardly any rows."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """
    One end with its line: from ``start`` to ``dot``. The text begins (or, ``left``, ends) beside the dot, ``room`` wide.

    ``spoke`` is ``None`` for what is left out; then ``text`` says how much. ``onward`` is where the lines begin to what was
    reached from it.
    """

    spoke: Spoke | None
    start: tuple[float, float]
    dot: tuple[float, float]
    room: float
    left: bool = False
    text: str = ""
    onward: float = 0.0


class Heading(msgspec.Struct, frozen=True, gc=False):
    """Words over a group of rows."""

    text: str
    at: tuple[float, float]
    left: bool = False


class Plan(msgspec.Struct, frozen=True):
    """A picture's rows and headings; ``box`` is the top left corner of the subject, ``bottom`` where the rows end."""

    rows: tuple[Row, ...]
    headings: tuple[Heading, ...]
    box: tuple[float, float]
    bottom: float
    dense: bool


def plan(sketch: Sketch) -> Plan:
    """Place a picture: the subject on the left where all lines go one way, else between those of either way."""
    if any(spoke.next or spoke.more for spoke in sketch.spokes):
        return _tree(sketch)
    ways = [[one for one in sketch.spokes if one.inbound is way] for way in (False, True)]
    dense = max(map(len, ways)) > DENSE
    if all(ways):
        return _fan(sketch, (ways[0], ways[1]), dense=dense)
    only = ways[0] or ways[1]
    half = (
        len(only) - len(only) // 2 if dense else len(only)
    )  # too many for one column; the arrows tell the way
    return _fan(sketch, (only[:half], only[half:]), dense=dense)


def step(*, dense: bool) -> float:
    """Return how high a row is."""
    return 18 if dense else 40


def _fan(sketch: Sketch, sides: tuple[list[Spoke], list[Spoke]], *, dense: bool) -> Plan:
    both = bool(sides[1])
    heights = [_height(side, dense=dense) for side in sides]
    tall = max(*heights, LEAST)
    left = (WIDTH - BOX) / 2 if both else MARGIN
    middle = HEAD + tall / 2
    rows: list[Row] = []
    headings: list[Heading] = []
    for side, high, mirrored in zip(sides, heights, (False, True), strict=True):
        edge = left if mirrored else left + BOX
        gap = 150 if both else 300
        x = edge - gap if mirrored else edge + gap
        room = (x if mirrored else WIDTH - x) - MARGIN - 14
        placed = _placed(side, HEAD + (tall - high) / 2, dense=dense)
        headings += [Heading(text, (x, y), mirrored) for text, y in placed[1]]
        rows += [
            Row(spoke, (edge, middle), (x, y), room, mirrored)
            for spoke, y in zip(side, placed[0], strict=True)
        ]
    more = _more(sketch.more, headings, HEAD + tall)
    bottom = HEAD + tall + (24 if more else 0)
    return Plan(tuple(rows), (*headings, *more), (left, middle), bottom, dense)


def _more(left: int, headings: Sequence[Heading], y: float) -> tuple[Heading, ...]:
    if not left:
        return ()
    x = headings[0].at[0] if headings else MARGIN
    return (Heading(f"and {left} more peers with fewer connections", (x, y + 4)),)


def _height(side: list[Spoke], *, dense: bool) -> float:
    groups = len({spoke.group for spoke in side})
    return len(side) * step(dense=dense) + groups * 26


def _placed(side: list[Spoke], top: float, *, dense: bool) -> tuple[list[float], list[tuple[str, float]]]:
    """Return the middle of each row, and each group's heading with its own."""
    places: list[float] = []
    headings: list[tuple[str, float]] = []
    group, y = None, top
    for spoke in side:
        if spoke.group is not group:
            group = spoke.group
            headings.append((str(group), y + 6))
            y += 26
        places.append(y + step(dense=dense) / 2)
        y += step(dense=dense)
    return places, headings


def _tree(sketch: Sketch) -> Plan:
    """Two columns: each end stands in the middle of what was reached from it."""
    lines = [max(1, len(one.next) + bool(one.more)) for one in sketch.spokes]
    dense = sum(lines) > DENSE
    high = step(dense=dense)
    tall = max(sum(lines) * high, LEAST)
    middle = HEAD + tall / 2
    near, far = MARGIN + BOX + 90, 800.0
    rows: list[Row] = []
    y = HEAD + (tall - sum(lines) * high) / 2
    for spoke, many in zip(sketch.spokes, lines, strict=True):
        at = y + many * high / 2
        start = (far - 90, at)
        rows.append(Row(spoke, (MARGIN + BOX, middle), (near, at), far - near - 120, onward=start[0]))
        for number, one in enumerate(spoke.next):
            rows.append(Row(one, start, (far, y + (number + 0.5) * high), WIDTH - far - MARGIN - 14))
        if spoke.more:
            end = (far, y + (len(spoke.next) + 0.5) * high)
            rows.append(Row(None, start, end, WIDTH - far - MARGIN, text=f"and {spoke.more} more"))
        y += many * high
    more = _more(sketch.more, [Heading("", (near, 0))], HEAD + tall)
    return Plan(tuple(rows), more, (MARGIN, middle), HEAD + tall + (24 if more else 0), dense)
