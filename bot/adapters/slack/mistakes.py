"""What was not understood: which word, why, and what would be."""

import difflib
from collections.abc import Iterable
from typing import Final

import msgspec

from bot.adapters.slack.text import MORE, visible

WINDOW: Final = 80
"""Characters of the line that are shown around the word."""

LISTED: Final = 10


class Mistake(msgspec.Struct, frozen=True):
    """
    A command that was not understood, and so was not carried out in any part.

    ``at`` is the word that is wrong (empty: something is missing there) and ``position`` where it starts in
    ``line``; ``nearest`` are valid words in its place, best first; ``remedy`` is what to type or do.
    """

    text: str
    at: str = ""
    position: int = 0
    nearest: tuple[str, ...] = ()
    remedy: str = ""
    line: str = ""


def nearest(word: str, valid: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Return the valid words most like this one, best first."""
    known = {name.casefold(): name for name in valid}
    found = difflib.get_close_matches(word[:100].casefold(), known, n=most, cutoff=0.5)
    return tuple(known[name] for name in found)


def told(mistake: Mistake) -> str:
    """
    Return a mistake as plain text: the sentence, the line with the word pointed at, the nearest, the remedy.

    Meant for a fixed-width font; it holds what a person typed, so whoever shows it escapes it.
    """
    lines = [mistake.text]
    if mistake.line:
        lines += pointed(mistake)
    if mistake.nearest:
        lines.append(f"Did you mean: {listed(mistake.nearest)}?")
    if mistake.remedy:
        lines.append(mistake.remedy)
    return "\n".join(lines)


def pointed(mistake: Mistake) -> list[str]:
    """Return the line and the row of carets under the word, both cut around it."""
    start = max(0, mistake.position - WINDOW // 2) if len(mistake.line) > WINDOW else 0
    end = start + WINDOW
    head = MORE if start else ""
    tail = MORE if end < len(mistake.line) else ""
    width = max(1, min(len(mistake.at), end - mistake.position))
    shown = head + mistake.line[start:end] + tail
    return [visible(shown), " " * (len(head) + mistake.position - start) + "^" * width]


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, the first ten of them."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more
