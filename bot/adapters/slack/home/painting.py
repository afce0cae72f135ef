"""One person's Home, painted from rows and from nothing else. Nobody approves here: that needs the card."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.adapters.slack.card.kit import button, confirm, context, header, stamped
from bot.adapters.slack.card.painted import Block, value_of
from bot.adapters.slack.card.rich import Line, line, rich, say, when
from bot.adapters.slack.card.words import STATE_WORDS
from bot.domain.findings import Refusal
from bot.domain.standing import portion, proved
from bot.domain.states import Event, allows
from bot.engine.overview import TITLES, Overview
from bot.engine.reading import Shown, marked
from bot.engine.saying import worded

LISTED: Final = 6
"""Of each kind; with it the longest Home stays within Slack's 100 blocks."""

LEFT: Final = "{date_short_pretty} {time} ({ago})"
OPEN: Final = "ir_open_card"
"""A link: Slack opens it, and the click that it reports as well means nothing."""

SIGNS: Final = {
    "trouble": "🆘",
    "waiting": "⏳",
    "reviews": "🔎",
    "held": "📌",
    "active": "🔒",
    "asked": "💬",
}

Links = Mapping[str, str]
"""By request id: the address of its card."""


def home(seen: Overview | Refusal, links: Links) -> dict[str, Any]:
    """Return the view. Whoever may not read sees why, and what to do."""
    if isinstance(seen, Refusal):
        told = [header("Firebreak"), rich(line(say(worded(seen), 2000)))]
        return {"type": "home", "blocks": list(stamped(told))}
    blocks = [header("What concerns you"), *_quiet(seen)]
    for name, title in TITLES.items():
        blocks += _place(f"{SIGNS[name]} {title}", getattr(seen, name), name, links)
    if seen.left:
        blocks.append(context(f"… and {seen.left} or more older ones: type /ir list"))
    blocks.append(context("Approving needs the card itself. Everything here can be typed: /ir help"))
    return {"type": "home", "blocks": list(stamped(blocks))}


def _quiet(seen: Overview) -> list[Block]:
    if not seen.empty:
        return []
    return [
        rich(
            line(
                say("Nothing is open and nothing is active. "),
                say("/ir help", code=True),
                say(" says what can be asked."),
            )
        )
    ]


def _place(title: str, shown: tuple[Shown, ...], name: str, links: Links) -> list[Block]:
    if not shown:
        return []
    blocks = [header(f"{title} ({len(shown)})")]
    for one in shown[:LISTED]:
        blocks += [_told(one), {"type": "actions", "elements": list(_buttons(one, name, links))}]
    if len(shown) > LISTED:
        blocks.append(context(f"… {len(shown) - LISTED} more: type /ir list"))
    return blocks


def _told(one: Shown) -> Block:
    """Return what it is in one line, and below it how it stands."""
    request = one.request
    sign, words, _ = STATE_WORDS[one.state]
    there, found, mark = portion(row.state for row in one.rows), proved(one.rows), marked(request)
    told: Line = (say(f"{request.id} · {sign} {words}{f' ({there})' if there else ''}"),)
    if found:
        told = (*told, say(f" · {found.said} {found.verdict}"))
    if one.overdue:
        told = (*told, say(" · 🚨 OVERDUE"))
    elif request.lease_until is not None and any(row.active for row in one.rows):
        told = (*told, say(" · until "), when(request.lease_until, LEFT))
    if mark:
        told = (*told, say(mark))
    return rich(line(say(request.plan.summary, 220, bold=True)), line(*told))


def _buttons(one: Shown, name: str, links: Links) -> Iterator[Block]:
    """Yield at most five: what this person is here for first, Details always."""
    request, value = one.request, value_of(one.request)
    link = links.get(request.id)
    if link:
        yield button(OPEN, "Open the card", value, url=link) | (
            {"style": "primary"} if name == "waiting" else {}
        )
    if name == "waiting":
        yield button("ir_deny", "Deny…", value)
    if request.review is not None and request.review.open and name == "reviews":
        yield button("ir_review", "Sign off…", value)
    if name in ("held", "trouble") and request.release is None:
        if request.lease_until is not None and any(row.active for row in one.rows):
            yield button("ir_extend", "Extend 1 h", value)
        if any(allows(row.state, Event.RELEASE) for row in one.rows):
            asked = confirm("Roll it back?", f"Undo exactly: {request.plan.summary}", "Roll back")
            yield button("ir_rollback", "Roll back", value, style="danger", confirm=asked)
    yield button("ir_details", "Details", value)
