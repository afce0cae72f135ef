"""Words of a query, by the lexical rules of the language (the grammar of microsoft/Kusto-Query-Language, Apache-2.0)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


class KqlSyntaxError(Exception):
    """The text is no query that is understood here."""


@dataclass(frozen=True, slots=True)
class Word:
    """`kind` is name, text, number or sign; `value` of a text is what it means, of a number its digits."""

    kind: str
    value: str
    at: int


_SPACE: Final = re.compile(r"(?:\s+|//[^\r\n]*)+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER: Final = re.compile(r"\d+")
_SIGN: Final = re.compile(r"==|!=|=~|!~|<=|>=|[|<>=(),\-:.]")
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WIDTHS: Final = {"x": 2, "u": 4, "U": 8}


def words(text: str) -> Iterator[Word]:
    """Yield the words of a query in order; comments and blanks are none. Raises `KqlSyntaxError`."""
    at = 0
    while at < len(text):
        if found := _SPACE.match(text, at):
            at = found.end()
            continue
        word, at = _word(text, at)
        yield word


def _word(text: str, at: int) -> tuple[Word, int]:
    sign = text[at]
    if sign in "\"'" or (sign in "@hH" and text[at + 1 : at + 2] in {'"', "'", "@"}):
        return _text(text, at)
    for kind, pattern in (("name", _NAME), ("number", _NUMBER), ("sign", _SIGN)):
        if found := pattern.match(text, at):
            return Word(kind, found[0], at), found.end()
    raise KqlSyntaxError(f"unexpected {sign!r} at {at}")


def _text(text: str, at: int) -> tuple[Word, int]:
    begin = at
    at += text[at] in "hH"
    verbatim = text[at] == "@"
    at += verbatim
    quote, at = text[at], at + 1
    parts: list[str] = []
    while at < len(text) and text[at] not in "\r\n":
        if text[at] == quote:
            if not (verbatim and text[at + 1 : at + 2] == quote):
                return Word("text", "".join(parts), begin), at + 1
            parts, at = [*parts, quote], at + 2
        elif text[at] == "\\" and not verbatim:
            meant, at = _escape(text, at + 1)
            parts.append(meant)
        else:
            parts.append(text[at])
            at += 1
    raise KqlSyntaxError(f"the text that begins at {begin} does not end")


def _escape(text: str, at: int) -> tuple[str, int]:
    sign = text[at : at + 1]
    if sign in {"\\", "'", '"'}:
        return sign, at + 1
    if sign in _SIMPLE:
        return _SIMPLE[sign], at + 1
    digits = text[at + 1 : at + 1 + _WIDTHS.get(sign, 0)]
    if digits and len(digits) == _WIDTHS[sign] and re.fullmatch(r"[0-9A-Fa-f]+", digits):
        point = int(digits, 16)
        if point <= 0x10FFFF:
            return chr(point), at + 1 + len(digits)
    if octal := re.match(r"[0-3][0-7]{2}|[0-7]{1,2}", text[at:]):
        return chr(int(octal[0], 8)), at + octal.end()
    raise KqlSyntaxError(f"an escape that is none at {at}")
