"""Plain sentences as messages: answers, notices, and commands that were not understood."""

from bot.adapters.slack.card.kit import mentions, section, stamped
from bot.adapters.slack.card.painted import FALLBACK, Painted
from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.mistakes import Mistake, told
from bot.adapters.slack.text import escape

LONGEST = 6000
ROW = 1500


def paint_note(text: str, calling: tuple[str, ...] = ()) -> Painted:
    """Return plain text, from wherever, as a message that first mentions ``calling``."""
    rows = [say(row or " ", ROW) for row in text[:LONGEST].split("\n")]
    broken = [piece for row in rows[:60] for piece in (row, say_break())][:-1]
    call = [section(mentions(calling, 2000))] if calling else []
    return Painted(escape(text.replace("\n", " "), FALLBACK), stamped([*call, rich(line(*broken))]))


def paint_mistake(mistake: Mistake) -> Painted:
    """Return what was not understood, in code so that the carets stand under the word."""
    return Painted(escape(mistake.text, FALLBACK), stamped([rich(code(told(mistake)[:LONGEST]))]))


def say_break() -> dict[str, str]:
    """Return the end of a line, which a text element would otherwise spell out."""
    return {"type": "text", "text": "\n"}
