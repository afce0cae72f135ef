"""Draws one picture with Pillow: lines at twice the size and made smaller, which smooths them; letters as they are."""

import io
import math
from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise
from typing import Final

from PIL import Image, ImageDraw

from bot.adapters.drawing.ink import BOX as BOX_COLOUR
from bot.adapters.drawing.ink import EDGE, FAINT, INK, PAPER, STROKES, Stroke, face, fitted
from bot.adapters.drawing.layout import BOX, MARGIN, WIDTH, Plan, Row, plan
from bot.domain.flows.peers import Lot
from bot.domain.flows.picturing import Group, Sketch
from bot.domain.flows.summing import LOTS

SMOOTH: Final = 2
BENDS: Final = 20
STRAIGHT: Final = 40
COLOURS: Final = 24
Point = tuple[float, float]


def paint(sketch: Sketch) -> bytes:
    """Return a picture as a PNG; the same bytes for the same picture."""
    found = plan(sketch)
    lots = tuple(lot for lot in Lot if any(row.spoke and row.spoke.lot is lot for row in found.rows))
    high = math.ceil(found.bottom) + 30 + 34 * bool(lots) + 22 * len(sketch.footer)
    large = Image.new("RGB", (WIDTH * SMOOTH, high * SMOOTH), PAPER)
    _shapes(ImageDraw.Draw(large), found, lots, high)
    small = large.reduce(SMOOTH)
    _letters(ImageDraw.Draw(small), sketch, found, lots)
    small = small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    kept = io.BytesIO()
    small.save(kept, "PNG", compress_level=6)
    return kept.getvalue()


# -- lines ----------------------------------------------------------------------------------------------------


def _shapes(pen: ImageDraw.ImageDraw, found: Plan, lots: Sequence[Lot], high: int) -> None:
    edge = (0, 0, WIDTH * SMOOTH - 1, high * SMOOTH - 1)
    pen.rectangle(edge, outline=EDGE, width=SMOOTH)
    heaviest = max((row.spoke.weight for row in found.rows if row.spoke), default=1)
    for row in found.rows:
        _line(pen, row, heaviest, 3 if found.dense else 6)
    x, y = found.box
    box = tuple(SMOOTH * each for each in (x, y - 30, x + BOX, y + 30))
    pen.rounded_rectangle(box, 8 * SMOOTH, fill=BOX_COLOUR, outline=INK, width=2 * SMOOTH)
    for at, lot in zip(_legend(found, lots), lots, strict=True):
        _stroke(pen, ((at[0], at[1]), (at[0] + 44, at[1])), STROKES[lot], 3)


def _line(pen: ImageDraw.ImageDraw, row: Row, heaviest: int, most: float) -> None:
    if row.spoke is None:
        _stroke(pen, (row.start, row.dot), STROKES[Lot.UNKNOWN], 1)
        return
    stroke = STROKES[row.spoke.lot]
    width = 1 + most * (max(0, row.spoke.weight) / max(1, heaviest)) ** 0.4
    _stroke(pen, tuple(_bent(row.start, row.dot)), stroke, width)
    _arrow(pen, row, stroke.colour, 4 + width)
    _sign(pen, row.dot, row.spoke.group, stroke.colour)


def _bent(start: Point, end: Point) -> Iterator[Point]:
    """Yield points of a line that leaves and arrives level, and is straight where its arrow stands."""
    (x0, y0), (x1, y1) = start, end
    x1 += STRAIGHT if x1 < x0 else -STRAIGHT
    half = (x1 - x0) / 2
    for step in range(BENDS + 1):
        t = step / BENDS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield (a * x0 + b * (x0 + half) + c * (x1 - half) + d * x1, (a + b) * y0 + (c + d) * y1)
    yield end


def _stroke(pen: ImageDraw.ImageDraw, points: Sequence[Point], stroke: Stroke, width: float) -> None:
    thick = max(1, round(width * SMOOTH))
    for piece in _pieces(points, stroke.dashes) if stroke.dashes else (points,):
        pen.line([(x * SMOOTH, y * SMOOTH) for x, y in piece], fill=stroke.colour, width=thick)


def _pieces(points: Sequence[Point], dashes: tuple[int, ...]) -> Iterator[list[Point]]:
    """Yield the dashes of a line, each with the bends that fall into it."""
    lengths = cycle(dashes)
    left, drawn = float(next(lengths)), True
    piece: list[Point] = [points[0]]
    for start, end in pairwise(points):
        here, far = start, math.dist(start, end)
        while far >= left:
            part = left / far
            here = (here[0] + (end[0] - here[0]) * part, here[1] + (end[1] - here[1]) * part)
            if drawn:
                yield [*piece, here]
            piece, drawn, far = [here], not drawn, far - left
            left = float(next(lengths))
        left -= far
        piece.append(end)
    if drawn and len(piece) > 1:
        yield piece


def _arrow(pen: ImageDraw.ImageDraw, row: Row, colour: str, size: float) -> None:
    """Who connected is behind the arrow."""
    assert row.spoke is not None
    outward = 1 if row.dot[0] > row.start[0] else -1
    ahead = -outward if row.spoke.inbound else outward
    x, y = row.dot[0] - outward * 22, row.dot[1]
    corners = ((x + ahead * size, y), (x - ahead * size, y - size), (x - ahead * size, y + size))
    pen.polygon([(a * SMOOTH, b * SMOOTH) for a, b in corners], fill=colour)


def _sign(pen: ImageDraw.ImageDraw, at: Point, group: Group, colour: str) -> None:
    x, y, far = at[0] * SMOOTH, at[1] * SMOOTH, 6 * SMOOTH
    box = (x - far, y - far, x + far, y + far)
    match group:
        case Group.EXTERNAL:
            pen.polygon(((x - far, y), (x, y - far), (x + far, y), (x, y + far)), fill=colour)
        case Group.NODE:
            pen.rectangle(box, fill=colour)
        case Group.OTHER | Group.UNKNOWN:
            pen.ellipse(box, fill=PAPER, outline=colour, width=2 * SMOOTH)
        case Group.SAME:
            pen.ellipse(box, fill=colour)


# -- letters --------------------------------------------------------------------------------------------------


def _letters(pen: ImageDraw.ImageDraw, sketch: Sketch, found: Plan, lots: Sequence[Lot]) -> None:
    wide = WIDTH - 2 * MARGIN
    pen.text((MARGIN, 22), fitted(sketch.title, face(24), wide), font=face(24), fill=INK)
    pen.text((MARGIN, 58), fitted(sketch.subtitle, face(15), wide), font=face(15), fill=FAINT)
    _subject(pen, sketch.centre, found.box)
    for heading in found.headings:
        x, y = heading.at
        pen.text((x, y), heading.text, font=face(13), fill=FAINT, anchor="ra" if heading.left else "la")
    for row in found.rows:
        _row(pen, row, dense=found.dense)
    for at, lot in zip(_legend(found, lots), lots, strict=True):
        pen.text((at[0] + 52, at[1]), LOTS[lot], font=face(13), fill=STROKES[lot].colour, anchor="lm")
    y = found.bottom + 16 + 34 * bool(lots)
    for number, text in enumerate(sketch.footer):
        pen.text((MARGIN, y + 22 * number), fitted(text, face(14), wide), font=face(14), fill=INK)


def _subject(pen: ImageDraw.ImageDraw, name: str, at: Point) -> None:
    place, _, rest = name.partition("/")
    lines = (place, rest) if rest else (place,)
    for number, text in enumerate(lines):
        shown = fitted(text, face(16), BOX - 20)
        y = at[1] + (number - (len(lines) - 1) / 2) * 22
        pen.text((at[0] + BOX / 2, y), shown, font=face(16), fill=INK, anchor="mm")


def _row(pen: ImageDraw.ImageDraw, row: Row, *, dense: bool) -> None:
    x, y = row.dot[0] + (-14 if row.left else 14), row.dot[1]
    side = "r" if row.left else "l"
    if row.spoke is None:
        pen.text((x, y), row.text, font=face(12), fill=FAINT, anchor=f"{side}m")
        return
    colour = STROKES[row.spoke.lot].colour
    if dense:
        first, _, _ = row.spoke.note.partition(" · ")
        text = fitted(row.spoke.label, face(12), row.room - 70)
        pen.text((x, y), text, font=face(12), fill=INK, anchor=f"{side}m")
        off = face(12).getlength(text) + 12
        x += -off if row.left else off
        pen.text((x, y), first, font=face(12), fill=colour, anchor=f"{side}m")
        return
    label = fitted(row.spoke.label, face(16), row.room)
    pen.text((x, y - 9), label, font=face(16), fill=INK, anchor=f"{side}m")
    if row.spoke.next or row.spoke.more:  # on to what was reached from it
        pen.line((x + face(16).getlength(label) + 10, y, row.onward, y), fill=EDGE, width=2)
    note = fitted(row.spoke.note, face(12), row.room)
    pen.text((x, y + 9), note, font=face(12), fill=colour, anchor=f"{side}m")


def _legend(found: Plan, lots: Sequence[Lot]) -> list[Point]:
    """Return where the line of each verdict stands that is in the picture."""
    places: list[Point] = []
    x = float(MARGIN)
    for lot in lots:
        places.append((x, found.bottom + 26))
        x += 52 + face(13).getlength(LOTS[lot]) + 30
    return places
