"""Where pods and lines stand in the drawing, in units of its view box. Pure geometry; the template only fills it in."""

from typing import Final

import msgspec

from bot.sandbox.page.reach import End
from bot.sandbox.page.world import KEPT, Link, Seen

WIDTH: Final = 540
HEIGHT: Final = 236
TALL: Final = 42
LONGEST: Final = 11
"""Characters of a name that a box has room for."""

APART: Final = 14
"""Between two lines of the suspect where they meet its box, so that their signs stand apart."""

COLUMNS: Final = {"callers": (8, 106), "pods": (182, 116), "outside": (422, 112)}
BAR: Final = (352, 20)
ROWS: Final = (34, 106, 178)
FAR_ROWS: Final = (34, 142)


class Box(msgspec.Struct, frozen=True):
    """A pod or an address."""

    end: End
    x: int
    y: int
    width: int
    label: str
    small: str
    kind: str


class Line(msgspec.Struct, frozen=True):
    """A connection: its path, and where the sign stands that says it is cut, or open though it should not be."""

    link: Link
    path: str
    kind: str
    sign: tuple[float, float]


class Drawing(msgspec.Struct, frozen=True):
    """Everything, with the sentence that stands for it where nothing is seen."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    words: str


def drawn(seen: Seen) -> Drawing:
    """Lay the world out."""
    boxes = (
        *(_box(e, "callers", y, "pod") for e, y in zip((*seen.callers, seen.resolver), ROWS, strict=False)),
        *(_box(e, "pods", y, _kind(seen, e)) for e, y in zip(seen.pods, ROWS, strict=False)),
        *(_box(e, "outside", y, _kind(seen, e)) for e, y in zip(seen.outside, FAR_ROWS, strict=False)),
    )
    places = {box.end.address: box for box in boxes}
    known = [link for link in seen.links if {link.source.address, link.target.address} <= places.keys()]
    lines = tuple(_line(seen, link, places) for link in sorted(known, key=lambda link: _own(seen, link)))
    return Drawing(boxes, lines, summary(seen))


def summary(seen: Seen) -> str:
    """Say in one sentence where the suspect stands."""
    own = [link for link in seen.links if seen.suspect in (link.source, link.target)]
    cut = sum(link.state == "cut" for link in own)
    held = "quarantined" if seen.suspect.name in seen.marked else "not quarantined"
    words = f"{seen.suspect.name} is {held}; {cut} of its {len(own)} connections are cut"
    kept = [link for link in own if link.state == KEPT]
    names = dict.fromkeys(name for link in kept for name in link.allowed)
    return f"{words}, {len(kept)} still open by {' and '.join(names)}." if names else f"{words}."


def short(end: End) -> str:
    """Return a name that fits into a box: the ends of a generated one."""
    head, _, tail = end.name.rpartition("-")
    if not end.namespace or "-" not in head:
        return end.name if len(end.name) <= LONGEST else end.name[: LONGEST - 1] + "…"
    first = head.split("-")[0][: LONGEST - 3]
    return f"{first}…{tail[-max(1, LONGEST - len(first) - 1) :]}"


def _box(end: End, column: str, y: int, kind: str) -> Box:
    x, width = COLUMNS[column]
    return Box(end, x, y, width, short(end), end.address, kind)


def _kind(seen: Seen, end: End) -> str:
    if end.name in seen.marked:
        return "held"
    if end.address == seen.beacon:
        return "beacon"
    return "suspect" if end == seen.suspect else "pod" if end.namespace else "outside"


def _own(seen: Seen, link: Link) -> bool:
    return seen.suspect in (link.source, link.target)


def _line(seen: Seen, link: Link, places: dict[str, Box]) -> Line:
    """Drawn from left to right, whoever began it."""
    left, right = sorted((places[link.source.address], places[link.target.address]), key=lambda box: box.x)
    x1, y1 = left.x + left.width, left.y + TALL / 2 + _aside(seen, left, right)
    x2, y2 = right.x, right.y + TALL / 2 + _aside(seen, right, left)
    middle = (x1 + x2) / 2
    path = f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
    beacon = link.target.address == seen.beacon
    talking = " talking" if seen.flowing(link) else ""
    kind = f"{link.state}{' beacon' if beacon else ''}{' own' if _own(seen, link) else ''}{talking}"
    return Line(link, path, kind, _sign(link, (x1, y1), (x2, y2)))


def _aside(seen: Seen, box: Box, other: Box) -> float:
    """How far from the middle of the suspect's side a line ends: in the order of what it leads to."""
    if box.end != seen.suspect:
        return 0.0
    rows = FAR_ROWS if other.x > box.x else ROWS
    return (rows.index(other.y) - (len(rows) - 1) / 2) * APART


def _sign(link: Link, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Where it is cut or kept open: at the pod by a policy, at the wall by the firewall."""
    wall = BAR[0] + BAR[1] / 2
    if link.by or link.state == KEPT or not start[0] < wall < end[0]:
        return _at(0.14 if end[0] > wall else 0.86, start, end)
    low, high = 0.0, 1.0
    for _ in range(20):
        half = (low + high) / 2
        low, high = (half, high) if _at(half, start, end)[0] < wall else (low, half)
    return _at(low, start, end)


def _at(t: float, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """A point of the curve whose control points stand in the middle between its ends."""
    bend = 1.5 * t * (1 - t) + t**3 if t else 0.0
    x = start[0] + (end[0] - start[0]) * bend
    y = start[1] + (end[1] - start[1]) * (3 * t**2 - 2 * t**3)
    return round(x, 1), round(y, 1)
