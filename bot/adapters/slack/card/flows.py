"""What flows showed on the card: before the containment, and after it what stopped, what goes on and what is new."""

from collections.abc import Iterable, Iterator

from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import Line, fitting, say, titled
from bot.domain.evidence import Capture, ItemKind
from bot.domain.flows.noting import Noted

NAMED = 300


def flows(page: Page) -> list[Block]:
    """Return the section; nothing where nobody sees flows. Of several pods those come first of which something passes."""
    captures = [one for one in page.shown.captures if _asked(one)]
    lines = [*_told(sorted(captures, key=_rank)), *_next(captures)]
    return titled("Flows", fitting(lines, page.room(1400), page.more)) if lines else []


def flow_lines(page: Page) -> list[Line]:
    """Return all of it, for the details."""
    captures = [one for one in page.shown.captures if _asked(one)]
    return [*_told(captures), *_next(captures)]


def _rank(capture: Capture) -> int:
    """What goes on first, then what else is told of after, and what was before where there is room."""
    if capture.flows is not None and capture.flows.passes:
        return 0
    return 1 if capture.after else 2


def _told(captures: list[Capture]) -> Iterator[Line]:
    several = len({one.target for one in captures}) > 1
    ordered = captures if several else sorted(captures, key=lambda one: one.after)
    return (line for one in ordered for line in _lines(one, several=several))


def _next(captures: list[Capture]) -> list[Line]:
    newest = next((one.flows for one in reversed(captures) if one.flows), None)
    return [(say("Next, perhaps: "), say(step, NAMED)) for step in (newest.steps if newest else ())]


def _asked(capture: Capture) -> bool:
    return capture.after or any(item.kind is ItemKind.FLOWS for item in capture.items)


def _lines(capture: Capture, *, several: bool) -> Iterator[Line]:
    pod = (say(f"{capture.target.name} ", 120),) if several else ()
    when = "After: " if capture.after else "Before: "
    if capture.flows is None:
        yield (*pod, say(when, bold=True), say(_why(capture), NAMED))
        return
    yield (*pod, say(when, bold=True), say(capture.flows.sentence, NAMED))
    yield from _became(capture.flows)
    yield from ((say("May have missed some: "), say(doubt, NAMED)) for doubt in capture.flows.doubts[:2])


def _became(seen: Noted) -> Iterable[Line]:
    """Return what passes on first: it is why somebody looks."""
    told = (
        ("🔶 Goes on: ", seen.goes_on),
        ("🔶 New: ", seen.new),
        ("Stopped: ", seen.stopped),
        ("Not seen since, and cannot be known: ", seen.unseen),
    )
    return [(say(label, bold=True), say(names, NAMED)) for label, names in told if names]


def _why(capture: Capture) -> str:
    if capture.running:
        return "looked at when it must have taken effect" if capture.after else "being read"
    missing = next((item.missing for item in capture.items if item.kind is ItemKind.FLOWS), "")
    return f"not known: {missing or 'it could not be kept'}"
