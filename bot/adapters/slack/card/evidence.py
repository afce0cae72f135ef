"""What was captured before the cut: one line on the card, each item with its hash in the details."""

from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import Line, line, rich, say
from bot.domain.evidence import Capture, Item, places, size_of, summary


def evidence(page: Page) -> list[Block]:
    """Return the one line; nothing where nothing was to be captured."""
    told = summary(page.shown.captures)
    return [rich(line(say(told, page.room(600))))] if told else []


def evidence_lines(page: Page) -> list[Line]:
    """Return a line for each item, for the details."""
    numbers = places(page.shown.captures)
    several = len(set(numbers.values())) > 1
    return [
        (*((say(f"{_what(capture)} {numbers[capture.id]} "),) if several else ()), *_item(item))
        for capture in page.shown.captures
        for item in capture.items
    ]


def _what(capture: Capture) -> str:
    return "address" if capture.of_address else "pod"


def _item(item: Item) -> Line:
    if item.missing:
        return (say(item.title, 200), say(": missing, "), say(item.missing, 300))
    cut = (say(f", cut: {item.cut}", 300),) if item.cut else ()
    return (say(item.title, 200), say(f": {size_of(item.size)}, SHA-256 "), say(item.sha256, code=True), *cut)
