"""
Rich text: the one place where names from outside stand in a card.

Its ``text`` elements know no mark-up (docs.slack.dev/reference/block-kit/blocks/rich-text-block), so nothing in
them can become a mention, a link or formatting.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.text import block as code_text
from bot.adapters.slack.text import visible

Line = tuple[Block, ...]

CLOCK: Final = "{time_secs}"
DAY: Final = "{date_short_pretty} {time_secs}"


def say(text: str, most: int = 0, *, bold: bool = False, code: bool = False) -> Block:
    """Return text as it is, its hidden characters spelt out, cut visibly to ``most`` characters if given."""
    style = {name: True for name, wanted in (("bold", bold), ("code", code)) if wanted}
    element: Block = {"type": "text", "text": visible(text, most) or "(empty)"}
    return element | {"style": style} if style else element


def when(at: datetime, form: str = CLOCK) -> Block:
    """Return a time that each reader sees in their own zone, with UTC where it is not understood."""
    return {"type": "date", "timestamp": int(at.timestamp()), "format": form, "fallback": utc(at)}


def utc(at: datetime) -> str:
    """Return a time for readers of plain text."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def line(*elements: Block) -> Block:
    """Return one paragraph."""
    return {"type": "rich_text_section", "elements": list(elements)}


def bullets(lines: Iterable[Line]) -> Block:
    """Return a list, each line one item."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [line(*one) for one in lines]}


def code(text: str) -> Block:
    """Return text set as code, line breaks kept."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": code_text(text)}]}


def rich(*parts: Block) -> Block:
    """Return the block that holds paragraphs, lists and code."""
    return {"type": "rich_text", "elements": list(parts)}


def together(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks of rich text as one; nothing for none."""
    return [rich(*(part for block in blocks for part in block["elements"]))] if blocks else []


def titled(title: str, lines: Sequence[Line]) -> list[Block]:
    """Return a headed list; no block at all for no lines."""
    return [rich(line(say(title, bold=True)), bullets(lines))] if lines else []


def length(one: Line) -> int:
    """Return how many characters of text a line has."""
    return sum(len(str(e.get("text") or e.get("fallback") or "")) for e in one)


def fitting(lines: Sequence[Line], room: int, more: str, most: int = 1000) -> tuple[Line, ...]:
    """Return the first lines that fit, ``most`` of them, and say how many are left and where they are."""
    kept = 0
    for one in lines[:most]:
        room -= length(one)
        if room < 0:
            break
        kept += 1
    left = len(lines) - kept
    return (*lines[:kept], *([(say(f"… {left} more: {more}"),)] if left else []))
