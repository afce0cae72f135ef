"""What was not understood: which word, why, and what would be."""

import difflib
from collections.abc import Iterable
from typing import Final

import msgspec

from bot.adapters.slack.text import MORE, visible

WINDOW: Final = 32
"""Characters of the line that are shown around the word: with an ellipsis at each end a phone shows them in one row."""

LEAD: Final = 6
"""Characters before a word that fills the window alone."""

TYPED: Final = 300
"""Characters of the line that are given back above the window, to be copied and corrected."""

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

    It holds what a person typed, so whoever shows it escapes it.
    """
    return "\n".join((mistake.text, *typed(mistake), *pointed(mistake), *advised(mistake)))


def typed(mistake: Mistake) -> list[str]:
    """Return the line as it was typed where the window does not show all of it: Slack keeps no copy for its writer."""
    if len(mistake.line) <= WINDOW:
        return []
    tail = MORE if len(mistake.line) > TYPED else ""
    return [visible(mistake.line[:TYPED]) + tail]


def pointed(mistake: Mistake) -> list[str]:
    """Return the line and the row of carets under the word, both cut around it; meant for a fixed-width font."""
    if not mistake.line:
        return []
    before = max(LEAD, (WINDOW - len(mistake.at)) // 2)
    start = max(0, min(mistake.position - before, len(mistake.line) - WINDOW))
    end = start + WINDOW
    head = MORE if start else ""
    tail = MORE if end < len(mistake.line) else ""
    width = max(1, min(len(mistake.at), end - mistake.position))
    shown = head + mistake.line[start:end] + tail
    return [visible(shown), " " * (len(head) + mistake.position - start) + "^" * width]


def advised(mistake: Mistake) -> list[str]:
    """Return what to type instead: the nearest, and the remedy."""
    near = [f"Did you mean: {listed(mistake.nearest)}?"] if mistake.nearest else []
    return near + ([mistake.remedy] if mistake.remedy else [])


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, the first ten of them."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more
