"""The top of a card: what happens to what and for how long, and where it stands."""

from bot.adapters.slack.card.alone import UNCONFIRMED, mark, proposed
from bot.adapters.slack.card.kit import HEADER, header, middle
from bot.adapters.slack.card.painted import FALLBACK, Block, Page
from bot.adapters.slack.card.rich import DAY, Line, line, rich, say, when
from bot.adapters.slack.card.words import STATE_WORDS, VERDICT_SIGNS, VERDICT_WORDS, WHY, lasting, lease
from bot.adapters.slack.text import escape, visible
from bot.domain.actions import OnExpiry
from bot.domain.findings import Forecast
from bot.domain.ladder.verdicts import reason
from bot.domain.standing import portion, proved
from bot.domain.states import FINAL, PartState

WHOLE = 700
_TIMED = frozenset({PartState.EXECUTING, PartState.ACCEPTED, PartState.APPLIED})


def headline(page: Page) -> list[Block]:
    """Return the first line (cut in its middle when too long, and whole right below), the state, what is grave."""
    request = page.request
    tail = "" if page.shown.state in FINAL else f" · for {lease(request.terms.lease)}"
    told = visible(request.plan.summary)
    first = middle(told, HEADER - len(tail))
    below = (
        first != told and not request.plan.steps
    )  # names may differ anywhere; steps stand below by themselves
    whole = [line(say(told, WHOLE))] if below else []
    state = rich(*whole, line(*_state(page)), *_grave(page))
    return [header(first + tail), state, *_overdue(page), *_progress(page)]


def _grave(page: Page) -> list[Block]:
    """Return what nobody must miss before deciding, right below the first line."""
    if page.shown.state is not PartState.PROPOSED:
        return []
    plan, told = page.request.plan, list[str]()
    if not plan.reversible:
        told.append("There is no way back.")
    if plan.blast_radius.last_ready_replica:
        told.append("It is the LAST Ready replica of its workload.")
    if plan.forecast is Forecast.NOT_ENFORCED:
        told.append("Nothing here will enforce it.")
    return [line(say("⛔ "), say(" ".join(told), bold=True))] if told else []


def fallback(page: Page) -> str:
    """Return the card in one sentence, for notifications and screen readers."""
    request = page.request
    start = "Preview" if page.preview else _words(page)[1].capitalize()
    if page.shown.overdue:
        start = f"OVERDUE, {start.lower()}"
    start = f"{mark(page)}, {start}" if mark(page) else start
    tail = "" if page.shown.state in FINAL else f" · for {lease(request.terms.lease)}"
    end = f"{tail} · {escape(request.id, 60)}"
    return f"{start}: " + escape(request.plan.summary, FALLBACK - len(start) - len(end) - 2) + end


def _words(page: Page) -> tuple[str, str, str]:
    if proposed(page):
        return UNCONFIRMED
    return STATE_WORDS[page.shown.state]


def _state(page: Page) -> Line:
    if page.preview:
        return (say("👀 "), say("PREVIEW", bold=True), say(": nothing is stored, and nobody was asked"))
    sign, words, meaning = _words(page)
    found = proved(page.shown.rows) if page.shown.state is PartState.APPLIED else None
    if found is None:
        return (say(f"{sign} "), say(words, bold=True), *_reached(page), say(f": {meaning}"))
    why = reason(found.verdict, found.row.evidence) or VERDICT_WORDS[found.verdict]
    proof = (say(f" · {found.said} "), say(found.verdict, bold=True), say(f": {why}", WHY))
    sign = VERDICT_SIGNS[found.verdict] if found.whole else "❗"
    return (say(f"{sign} "), say(words, bold=True), *_reached(page), *proof)


def _reached(page: Page) -> Line:
    """Since when it stands so, how long after the approval, and for how many of the parts."""
    state, rows = page.shown.state, page.shown.rows
    at = max((t for row in rows if (t := row.since(state)) is not None), default=None)
    if at is None or state is PartState.PROPOSED:
        return ()
    there = portion(row.state for row in rows)
    told: Line = (say(f" ({there}) " if there else " "), when(at))
    approved = page.request.approved_at
    if approved is not None and state in _TIMED and at >= approved:
        since = "its start" if mark(page) else "approval"
        told = (*told, say(f", {lasting((at - approved).total_seconds())} after {since}"))
    return told


def _overdue(page: Page) -> list[Block]:
    until = page.request.lease_until
    if not page.shown.overdue or until is None:
        return []
    hold = page.request.terms.on_expiry == OnExpiry.HOLD
    text = "no timer will release it: roll it back or extend it" if hold else "its release is due"
    return [
        rich(
            line(
                say("🚨 "),
                say("OVERDUE", bold=True),
                say(" since "),
                when(until, DAY),
                say(f" ({lasting((page.shown.now - until).total_seconds())}): {text}"),
            )
        )
    ]


def _progress(page: Page) -> list[Block]:
    operation = page.shown.operation
    if operation is None or page.preview:
        return []
    so_far = lasting(max(0.0, (page.shown.now - operation.started_at).total_seconds()))
    whose = "" if operation.request_id == page.request.id else ", started for another request"
    told = "accepted, running" if operation.token else "being asked for"
    return [
        rich(
            line(
                say("⏳ An update of "),
                say(str(operation.thing), 200, code=True),
                say(f" is {told}{whose} since "),
                when(operation.started_at),
                say(f" ({so_far} so far"),
                say(f"; {page.request.plan.eta})" if page.request.plan.eta else ")", 300),
            )
        )
    ]
