"""A line cut into words, each with where it stands, so that an error can point at it."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

_WORD: Final = re.compile(r"""\"(?P<double>[^\"]*)\"(?=[\s,]|$)|'(?P<single>[^']*)'(?=[\s,]|$)|[^\s,]+|,""")


class Word(msgspec.Struct, frozen=True):
    """One word of a line, or one comma. What stood in quotes is never a keyword."""

    text: str
    start: int
    end: int
    quoted: bool = False

    @property
    def folded(self) -> str:
        """The word as keywords are compared; what was quoted equals none of them."""
        return "" if self.quoted else self.text.casefold()


class Words(msgspec.Struct, frozen=True):
    """A line and its words. ``at`` beyond the last is an empty word at the end of the line."""

    line: str
    words: tuple[Word, ...]

    def __len__(self) -> int:
        return len(self.words)

    def at(self, index: int) -> Word:
        """Return the word at an index."""
        if index < len(self.words):
            return self.words[index]
        return Word("", len(self.line), len(self.line))


def cut(line: str) -> Words:
    """Cut a line at blanks and commas; a quote that is never closed is a character like any other."""
    return Words(line, tuple(_word(found) for found in _WORD.finditer(line)))


def _word(found: re.Match[str]) -> Word:
    for group in ("double", "single"):
        inner = found.group(group)
        if inner is not None:
            return Word(inner, found.start(), found.end(), quoted=True)
    return Word(found[0], found.start(), found.end())


def items(words: Words, index: int, stop: Callable[[Word], bool]) -> tuple[tuple[Word, ...], int]:
    """
    Return the comma list that starts at an index, and the index after it.

    ``a,b``, ``a, b`` and ``a ,b`` are one list. A comma with nothing beside it gives an empty word there;
    a word that ``stop`` names ends the list.
    """
    found: list[Word] = []
    wanted = True
    while index < len(words):
        word = words.at(index)
        comma = word.text == "," and not word.quoted
        if comma and wanted:
            found.append(Word("", word.start, word.end))
        elif not comma and (not wanted or stop(word)):
            break
        elif not comma:
            found.append(word)
        wanted = comma
        index += 1
    if wanted and (not found or found[-1].text):
        found.append(Word("", words.at(index).start, words.at(index).start))
    return tuple(found), index
