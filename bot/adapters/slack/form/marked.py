"""
What a form carries beside its own words: of which suggestion it comes.

It is back from the client's hands: it says where to look, and whoever reads it looks there. It stands on a line of its own,
and no line that is typed has a second.
"""

from typing import Final

from bot.adapters.slack.card.kit import METADATA
from bot.adapters.slack.card.painted import Block

_MARK: Final = "\n"


def marked(words: str, mark: str) -> str:
    """Return what a form carries; without room for both, its own words alone."""
    both = f"{words}{_MARK}{mark}"
    return both if mark and len(both) <= METADATA else words


def unmarked(carried: str) -> tuple[str, str]:
    """Return the form's own words, and the mark or nothing."""
    words, _, mark = carried.partition(_MARK)
    return words, mark


def bearing(view: Block, mark: str) -> Block:
    """Return the form with the mark."""
    return view | {"private_metadata": marked(view["private_metadata"], mark)}
