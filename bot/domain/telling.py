"""An answer in parts: a headline, what stands under headings, and beside it a file with all that a message is too small for."""

from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.flows.picturing import Sketch
from bot.domain.hidden import plain
from bot.domain.reading import cut

SHOWN: Final = (8, 3)
"""Lines under one heading of a message, as a rule and where long names leave no room; tables have their own bound."""
LINE: Final = 300
ROOM: Final = 9000
"""Characters of one line, and of a whole message: Slack refuses longer ones."""
LONGEST_FILE: Final = 4 << 20
"""Characters of a file: it waits in a row until it is sent."""


class Section(msgspec.Struct, frozen=True):
    """Some lines under a heading; in a ``table`` they are set in a font of one width. They may hold names from outside."""

    title: str
    lines: tuple[str, ...]
    table: bool = False


class Attached(msgspec.Struct, frozen=True):
    """
    A file: its name is all ours. Beside it comes a picture, where there is something to be drawn.

    ``places`` are clusters and namespaces (empty: all of it) whose flows are in it: it is for whoever may see those.
    """

    name: str
    content: str
    sketch: Sketch | None = None
    places: tuple[tuple[str, str], ...] = ()


class Told(msgspec.Struct, frozen=True):
    """What was found. Its ``file`` goes to whoever asked, and nobody else."""

    headline: str
    sections: tuple[Section, ...]
    file: Attached | None = None


def shown(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return sections as a message shows them: the first lines of each, the others counted; empty ones not at all."""
    whole = tuple(section for section in sections if section.lines)
    usual, scarce = (tuple(_bounded(section, most) for section in whole) for most in SHOWN)
    return usual if sum(len(line) for section in usual for line in section.lines) <= ROOM else scarce


def _bounded(section: Section, most: int) -> Section:
    if section.table:
        return section
    left = len(section.lines) - most
    more = (f"… {left} more: see the file",) if left > 0 else ()
    return msgspec.structs.replace(
        section, lines=(*(cut(line, LINE) for line in section.lines[:most]), *more)
    )


def told(headline: str, sections: Iterable[Section], name: str) -> Told:
    """Return the answer; where a message cannot show all of it, with all of it as a text file of this name."""
    whole = tuple(section for section in sections if section.lines)
    brief = shown(whole)
    file = None if brief == whole else Attached(f"{name}.txt", document(headline, whole))
    return Told(headline, brief, file)


def document(headline: str, sections: Iterable[Section]) -> str:
    """Return all of it as plain text, with what is hidden in names spelt out."""
    parts = [plain(headline)]
    for section in sections:
        parts += ["", plain(section.title), *(f"- {plain(line)}" for line in section.lines)]
    text = "\n".join(parts) + "\n"
    if len(text) <= LONGEST_FILE:
        return text
    return (
        text[:LONGEST_FILE].rpartition("\n")[0] + "\n\nCut here: the file would be longer than may be sent.\n"
    )
