"""Colours, strokes and letters. A verdict is told by its colour and by its line, for those who see no colours."""

from functools import lru_cache
from typing import Final

import msgspec
from PIL import ImageFont

from bot.domain.flows.peers import Lot
from bot.domain.hidden import hidden

PAPER: Final = "#f3f4f6"
"""A light card, in light and in dark: Slack shows one picture to all."""
EDGE: Final = "#c3c8d0"
INK: Final = "#1d2530"
FAINT: Final = "#515b6a"
BOX: Final = "#dfe5ee"

MORE: Final = "…"
LETTERS: Final = frozenset(map(chr, range(0x20, 0x7F))) | {"·", MORE}
"""What the font of the library has; all else would be drawn as an empty box, so it is spelt out."""

Face = ImageFont.FreeTypeFont


class Stroke(msgspec.Struct, frozen=True):
    """A line: its colour, and the lengths of dashes and gaps in turn, none for an unbroken one."""

    colour: str
    dashes: tuple[int, ...] = ()


STROKES: Final = {
    Lot.PASSES: Stroke("#1b63a5"),
    Lot.STOPPED: Stroke("#8a5a00", (16, 5, 3, 5)),
    Lot.DENIED: Stroke("#b3261e", (9, 7)),
    Lot.DISPUTED: Stroke("#7a3aa0", (2, 5)),
    Lot.UNKNOWN: Stroke("#5b6370", (2, 9)),
}


@lru_cache
def face(size: int) -> Face:
    """Return the font that the library brings with it: the same on every machine."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def clean(text: str) -> str:
    r"""Return a text in letters that can be drawn: all else, hidden or not in the font, is spelt (``\u4e2d``)."""
    return "".join(c if c in LETTERS and not hidden(c) else _spelt(c) for c in text)


def _spelt(character: str) -> str:
    point = ord(character)
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def fitted(text: str, with_face: Face, width: float) -> str:
    """Return a text that is no wider than so many pixels, cut in its middle: names differ at their ends."""
    shown = clean(text)
    if with_face.getlength(shown) <= width:
        return shown
    low, high = 0, len(shown)
    while low < high:
        kept = (low + high + 1) // 2
        low, high = (kept, high) if with_face.getlength(_middle(shown, kept)) <= width else (low, kept - 1)
    return _middle(shown, low)


def _middle(text: str, kept: int) -> str:
    return text[: kept - kept // 2] + MORE + (text[len(text) - kept // 2 :] if kept // 2 else "")
