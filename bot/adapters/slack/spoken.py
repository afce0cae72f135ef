"""Plain sentences as messages: answers, notices, and commands that were not understood."""

from typing import Final

from bot.adapters.slack.card import Painted
from bot.adapters.slack.card.kit import mentions, section, stamped
from bot.adapters.slack.card.painted import FALLBACK, Block
from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.grammar import Mistake, told
from bot.adapters.slack.text import escape

LONGEST: Final = 6000  # characters
ROWS: Final = 80
ROW: Final = 1500
CALLED: Final = 2000
BREAK: Final[Block] = {"type": "text", "text": "\n"}


def spoken(text: str, calling: tuple[str, ...] = ()) -> Painted:
    """Return plain text, from wherever, as a message that first mentions ``calling``."""
    rows = text[:LONGEST].splitlines()[:ROWS]
    pieces = [piece for row in rows for piece in (say(row or " ", ROW), BREAK)][:-1]
    call = [section(mentions(calling, CALLED))] if calling else []
    return Painted(_fallback(text), stamped([*call, rich(line(*pieces or [say(" ")]))]))


def mistaken(mistake: Mistake) -> Painted:
    """Return what was not understood, in code so that the carets stand under the word."""
    return Painted(_fallback(mistake.text), stamped([rich(code(told(mistake)[:LONGEST]))]))


def _fallback(text: str) -> str:
    return escape(" ".join(text.split()), FALLBACK) or "-"
