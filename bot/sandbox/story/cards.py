"""A posted card, read back from its blocks as a person reads it: title, paragraphs, lists, small print, buttons."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.sandbox.slack.messages import Message
from bot.sandbox.story.words import Json, Names, flat, plain

_STATE: Final = re.compile(r"\S+ ([A-Z]+(?: [A-Z]+)*)\b")


@dataclass(frozen=True, slots=True)
class Section:
    """A paragraph and the list under it; ``code`` is text to copy."""

    text: str
    items: tuple[str, ...] = ()
    code: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """What the channel shows. ``state`` is in the card's own words, such as ``WAITING FOR APPROVAL``."""

    title: str
    sections: tuple[Section, ...]
    small: tuple[str, ...]
    buttons: tuple[str, ...]

    @property
    def state(self) -> str:
        """Everything the card says of where it stands."""
        return self.sections[0].text if self.sections else ""

    @property
    def word(self) -> str:
        """The state alone: ``📌 APPLIED 02:14:09, 3.1 s after approval: read back ...`` is ``APPLIED``."""
        found = _STATE.match(self.state)
        return found[1] if found else ""

    @property
    def text(self) -> str:
        """All that it says."""
        every = (line for section in self.sections for line in (section.text, *section.items))
        return "\n".join((*every, *self.small))

    def under(self, beginning: str) -> tuple[str, ...]:
        """Return the list under the paragraph that begins so."""
        return next((s.items for s in self.sections if s.text.startswith(beginning)), ())

    def line(self, beginning: str) -> str:
        """Return the first line that begins so, or nothing."""
        every = (line for s in self.sections for line in s.text.split("\n"))
        return next((line for line in every if line.startswith(beginning)), "")


def read(message: Message, names: Names) -> Card:
    """Return the card that a message shows, what is folded in it included: nobody is asked to open that."""
    title = next((str(b["text"]["text"]) for b in message.blocks if b["type"] == "header"), message.text)
    sections = tuple(section for block in _opened(message.blocks) for section in _sections(block, names))
    small = tuple(
        plain(str(element.get("text", "")), names)
        for block in message.blocks
        if block["type"] == "context"
        for element in block["elements"]
    )
    buttons = tuple(
        str(element["text"]["text"])
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    )
    return Card(title, sections, small, buttons)


def _opened(blocks: Sequence[Json]) -> Iterator[Json]:
    for block in blocks:
        yield from block["child_blocks"] if block["type"] == "container" else (block,)


def spoken(message: Message, names: Names) -> str:
    """Return all that a message says, as one text; the blocks where it has some."""
    found = [section for block in message.blocks for section in _sections(block, names)]
    lines = [line for section in found for line in (section.text, *section.items) if line]
    return "\n".join(lines) or plain(message.text, names)


def _sections(block: Json, names: Names) -> Iterator[Section]:
    if block["type"] == "section":
        yield Section(plain(str(block.get("text", {}).get("text", "")), names))
    elif block["type"] == "rich_text":
        yield from _rich(block, names)


def _rich(block: Json, names: Names) -> Iterator[Section]:
    text = ""
    for part in block["elements"]:
        if part["type"] == "rich_text_list":
            yield Section(text, tuple(flat(item["elements"], names) for item in part["elements"]))
            text = ""
            continue
        if text:
            yield Section(text)
        text = flat(part["elements"], names)
        if part["type"] == "rich_text_preformatted":
            yield Section(text, code=True)
            text = ""
    if text:
        yield Section(text)
