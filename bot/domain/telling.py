"""An answer in parts: a headline, what stands under headings, and beside it a file with all that a message is too small for."""

from collections.abc import Iterable
from typing import Final

import msgspec

from bot.domain.hidden import plain

SHOWN: Final = 8
"""Lines under one heading of a message; a phone shows about that many without scrolling."""
LONGEST_FILE: Final = 4 << 20
"""Characters of a file: it waits in a row until it is sent."""


class Section(msgspec.Struct, frozen=True):
    """Some lines under a heading; in a ``table`` they are set in a font of one width. They may hold names from outside."""

    title: str
    lines: tuple[str, ...]
    table: bool = False


class Attached(msgspec.Struct, frozen=True):
    """A file: its name is all ours."""

    name: str
    content: str


class Told(msgspec.Struct, frozen=True):
    """What was found. Its ``file`` goes to whoever asked, and nobody else."""

    headline: str
    sections: tuple[Section, ...]
    file: Attached | None = None


def bounded(section: Section, most: int = SHOWN) -> Section:
    """Return a section as a message shows it: its first lines, the others counted."""
    left = len(section.lines) - most
    if left <= 0:
        return section
    lines = (*section.lines[:most], f"… {left} more: see the file")
    return msgspec.structs.replace(section, lines=lines)


def told(headline: str, sections: Iterable[Section], name: str) -> Told:
    """Return the answer; where a message cannot show all of it, with all of it as a text file of this name."""
    whole = tuple(section for section in sections if section.lines)
    shown = tuple(bounded(section) for section in whole)
    file = None if shown == whole else Attached(f"{name}.txt", document(headline, whole))
    return Told(headline, shown, file)


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
