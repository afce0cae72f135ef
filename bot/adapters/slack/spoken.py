"""Plain sentences as messages: answers, notices, and commands that were not understood."""

import re
from collections.abc import Iterator
from typing import Final

from bot.adapters.slack.card import Painted
from bot.adapters.slack.card.kit import mentions, section, stamped
from bot.adapters.slack.card.painted import FALLBACK, Block
from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.mistakes import Mistake, advised, pointed, typed
from bot.adapters.slack.text import escape

LONGEST: Final = 6000  # characters
ROWS: Final = 80
ROW: Final = 1500
CALLED: Final = 2000
MARKED: Final = re.compile(r"(`[^`]+`|\*[^*]+\*)")
BREAK: Final[Block] = {"type": "text", "text": "\n"}


def spoken(text: str, calling: tuple[str, ...] = ()) -> Painted:
    """Return plain text, from wherever, as a message that first mentions ``calling``."""
    rows = text[:LONGEST].splitlines()[:ROWS]
    pieces = [piece for row in rows for piece in (say(row or " ", ROW), BREAK)][:-1]
    call = [section(mentions(calling, CALLED))] if calling else []
    return Painted(_fallback(text), stamped([*call, rich(line(*pieces or [say(" ")]))]))


def mistaken(mistake: Mistake) -> Painted:
    """Return what was not understood; only the window around the word is in code, so that the carets stand under it."""
    rows = [line(say(mistake.text, ROW)), *(line(say(row, ROW, code=True)) for row in typed(mistake))]
    window = [code("\n".join(pointed(mistake)))] if mistake.line else []
    advice = [line(*_coded(row)) for row in advised(mistake)]
    return Painted(_fallback(mistake.text), stamped([rich(*rows, *window, *advice)]))


def explained(text: str) -> Painted:
    """Return words of our own as a message: what stands between backticks in code, between asterisks in bold."""
    pieces = [piece for row in text.splitlines() for piece in (*_marked(row), BREAK)][:-1]
    return Painted(_fallback(text.replace("`", "").replace("*", "")), stamped([rich(line(*pieces))]))


def _marked(row: str) -> Iterator[Block]:
    for piece in MARKED.split(row):
        if piece:
            marked = MARKED.fullmatch(piece) is not None
            bare = piece[1:-1] if marked else piece
            yield say(bare, ROW, code=marked and piece[0] == "`", bold=marked and piece[0] == "*")


def _coded(row: str) -> Iterator[Block]:
    """Set the command that ends a remedy in code: it is there to be copied. What was typed stays bare text."""
    before, command, after = row.partition("/ir ")
    if before:
        yield say(before, ROW)
    if command:
        whole = (command + after).rstrip(".")
        yield say(whole, ROW, code=True)


def _fallback(text: str) -> str:
    return escape(" ".join(text.split()), FALLBACK) or "-"
