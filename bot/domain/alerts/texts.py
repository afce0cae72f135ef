"""How text from outside is cut: on one line, with all that is hidden in it spelt out, never longer than it may be."""

from typing import Final

from bot.domain.hidden import plain

NAME: Final = 253
TITLE: Final = 200
SUMMARY: Final = 1000
LABEL: Final = 300
ADDRESS_OF_PAGE: Final = 2000


def line(text: str, most: int) -> str:
    """Return the text on one line, at most ``most`` characters; a cut one ends in an ellipsis."""
    if len(text) <= most and " " not in text and text.isascii() and text.isprintable():
        return text  # most names are so, and there are many of them in one alert
    one = " ".join(text[: 4 * most].split())
    told = one if one.isascii() and one.isprintable() else plain(one)
    return told if len(told) <= most else told[: most - 1] + "…"
