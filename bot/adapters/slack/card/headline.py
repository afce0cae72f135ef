"""The top of a card: what happens to what and for how long, and where it stands."""

from bot.adapters.slack.card.kit import HEADER, header
from bot.adapters.slack.card.painted import FALLBACK, Block, Page
from bot.adapters.slack.card.rich import DAY, Line, line, rich, say, when
from bot.adapters.slack.card.words import STATE_WORDS, VERDICT_WORDS, lasting, lease
from bot.adapters.slack.text import escape, visible
from bot.domain.actions import OnExpiry
from bot.domain.findings import Verdict
from bot.domain.states import PartState

_TIMED = frozenset({PartState.EXECUTING, PartState.ACCEPTED, PartState.APPLIED})
_WORST = (Verdict.NOT_ENFORCED, Verdict.PARTIAL, Verdict.INCONCLUSIVE, Verdict.CONTAINED)


def headline(page: Page) -> list[Block]:
    """Return the first line, the whole of it below when it is too long, and the state."""
    request = page.request
    tail = f" · for {lease(request.terms.lease)}"
    whole = visible(request.plan.summary)
    blocks = [header(visible(whole, HEADER - len(tail)) + tail)]
    if len(whole) + len(tail) > HEADER:
        blocks.append(rich(line(say(whole, page.room(1500)))))
    return [*blocks, rich(line(*_state(page))), *_overdue(page), *_progress(page)]


def fallback(page: Page) -> str:
    """Return the card in one sentence, for notifications and screen readers."""
    request = page.request
    start = "Preview" if page.preview else _words(page)[1].capitalize()
    if page.shown.overdue:
        start = f"OVERDUE, {start.lower()}"
    end = f" · for {lease(request.terms.lease)} · {escape(request.id, 60)}"
    return f"{start}: " + escape(request.plan.summary, FALLBACK - len(start) - len(end) - 2) + end


def verdict(page: Page) -> Verdict | None:
    """Return the worst verdict among the parts that stand, or ``None`` when there is none."""
    found = {row.verdict for row in page.shown.rows if row.active}
    return next((v for v in _WORST if v in found), None)


def _words(page: Page) -> tuple[str, str, str]:
    return STATE_WORDS[page.shown.state]


def _state(page: Page) -> Line:
    if page.preview:
        return (say("👀 "), say("PREVIEW", bold=True), say(": nothing is stored, and nobody was asked"))
    sign, words, meaning = _words(page)
    told = [say(f"{sign} "), say(words, bold=True), *_reached(page), say(f": {meaning}")]
    shown = verdict(page)
    if shown is not None and page.shown.state is PartState.APPLIED:
        told += [say(" · verdict "), say(shown, bold=True), say(f": {VERDICT_WORDS[shown]}")]
    return tuple(told)


def _reached(page: Page) -> Line:
    """Since when it stands so, how long after the approval, and for how many of the parts."""
    state, rows = page.shown.state, page.shown.rows
    at = max((t for row in rows if (t := row.since(state)) is not None), default=None)
    if at is None or state is PartState.PROPOSED:
        return ()
    there = sum(row.state is state for row in rows)
    told: Line = (say(" "), when(at))
    if there < len(rows):
        told = (say(f" ({there} of {len(rows)} parts)"), *told)
    approved = page.request.approved_at
    if approved is not None and state in _TIMED and at >= approved:
        told = (*told, say(f", {lasting((at - approved).total_seconds())} after approval"))
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
