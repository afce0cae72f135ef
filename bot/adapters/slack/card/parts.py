"""Where each part stands: its moments, verdict and evidence, what others changed, what went wrong."""

from datetime import datetime

from bot.adapters.slack.card.painted import Block, Page
from bot.adapters.slack.card.rich import CLOCK, Line, fitting, say, titled, when
from bot.adapters.slack.card.words import DONE_WORDS, STATE_WORDS, VERDICT_WORDS, lasting
from bot.domain.ladder.verdicts import reason
from bot.domain.requests import Difference, Moment, PartRow
from bot.domain.states import PartState

MOMENTS = 4
SENTENCE = 400


def standing(page: Page) -> list[Block]:
    """Return, where there are several parts, how each stands; for one the first lines of the card say it."""
    if len(page.shown.rows) < 2 or page.preview or page.shown.state is PartState.PROPOSED:
        return []
    lines = [_stands(row) for row in page.shown.rows]
    return titled("Where each stands", fitting(lines, page.room(900), page.more))


def _stands(row: PartRow) -> Line:
    sign, words, _ = STATE_WORDS[row.state]
    told = [say(row.part.target.title, 120, code=True), say(f" {sign} "), say(words, bold=True)]
    if row.verdict is not None and row.active:
        told += [say(" · verdict "), say(row.verdict, bold=True)]
    return tuple(told)


def parts(page: Page) -> list[Block]:
    """Return what happened to each part with times, once there is more to say than that it waits."""
    if page.preview or page.shown.state is PartState.PROPOSED:
        return []
    lines = [_part(row, page.request.approved_at) for row in page.shown.rows]
    return titled("What happened", fitting(lines, page.room(2400), page.more))


def _part(row: PartRow, approved: datetime | None) -> Line:
    sign, words, _ = STATE_WORDS[row.state]
    told = [say(row.part.target.title, 300, code=True), say(f" {sign} "), say(words, bold=True)]
    for moment in [m for m in row.moments if m.state in DONE_WORDS][-MOMENTS:]:
        told += _moment(moment, approved)
    if row.verdict is not None and row.state not in (PartState.ROLLED_BACK, PartState.FAILED):
        told += [say(" · verdict "), say(row.verdict, bold=True), say(f": {VERDICT_WORDS[row.verdict]}")]
        if why := reason(row.verdict, row.evidence):
            told.append(say(f" ({why})", 400))
    for proof in row.evidence[-3:]:
        told += [say(f" · {proof.rung} {proof.text}, ", 200), when(proof.at)]
    if len(row.evidence) > 3:
        told.append(say(f" · … {len(row.evidence) - 3} more pieces of evidence"))
    return tuple(told)


def _moment(moment: Moment, approved: datetime | None) -> Line:
    told = (say(f" · {DONE_WORDS[moment.state]} "), when(moment.at, CLOCK))
    since = (moment.at - approved).total_seconds() if approved else -1.0
    return (*told, say(f", {lasting(since)} after approval")) if since >= 0 else told


def trouble(page: Page) -> list[Block]:
    """Return what went wrong and what is left, part by part."""
    lines = [
        (say(row.part.target.title, 200, code=True), say(f" {row.trouble}", 700))
        for row in page.shown.rows
        if row.trouble
    ]
    return titled("❗ Trouble", fitting(lines, page.room(1600), page.more))


def drift(page: Page) -> list[Block]:
    """Return what others did to our writes, and the two choices."""
    lines = [difference(one) for row in page.shown.rows for one in row.drift]
    title = "🔀 Someone changed what we wrote. Re-apply writes ours again; Adopt lets theirs stand"
    return titled(title, fitting(lines, page.room(1200), page.more))


def difference(one: Difference) -> Line:
    """Return one difference: ours and what stands there now."""
    return (
        say(str(one.ref), SENTENCE, code=True),
        say(f" {one.field}", 200),
        say(" · ours: "),
        _held(one.ours),
        say(" · now: "),
        _held(one.now),
    )


def _held(value: str | None) -> Block:
    return say("(absent)", bold=True) if value is None else say(value, 200, code=True)
