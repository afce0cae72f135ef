"""Characters that show nothing or change how others show, and how they are spelt out so that nobody is misled."""

import unicodedata
from functools import lru_cache
from typing import Final

# Letters and marks by category, yet they show nothing: fillers, joiners, blank Braille, variation selectors.
_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
)
_HIDDEN: Final = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")


def hidden(character: str) -> bool:
    """Whether a character shows nothing, or changes how others show: control, format, bidi, half a surrogate."""
    return character in _INVISIBLE or unicodedata.category(character) in _HIDDEN


@lru_cache(4096)  # asked for each character of all that is shown
def spelt(character: str) -> str:
    r"""Return a character, or the spelling of one that is hidden (``\u202e``)."""
    if not hidden(character):
        return character
    point = ord(character)
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def plain(text: str) -> str:
    """Return the text on one line, with all that is hidden in it spelt out."""
    return "".join(map(spelt, text))
