"""What is suggested, step by step: what it would stop and not stop, who else is hit, how it is undone; or why not."""

from collections.abc import Iterator
from typing import Final

from bot.adapters.slack.board.buttons import under_way
from bot.adapters.slack.board.page import Leaf
from bot.adapters.slack.card.kit import context, native
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.plan import hits
from bot.adapters.slack.card.rich import CLOCK, Line, bullets, code, line, rich, say, when
from bot.adapters.slack.card.staying import gravest
from bot.adapters.slack.card.words import CLEAR, FORECAST_LEADS, FORECAST_WORDS, STATE_WORDS
from bot.adapters.slack.text import escape
from bot.domain.changes import Contribute, Create, Delete, Patch
from bot.domain.findings import Refusal
from bot.domain.numbers import many
from bot.domain.plans import Plan
from bot.domain.pods import REPLACED
from bot.domain.suggestions import Former, Suggested, Suggestion
from bot.engine.saying import worded

TITLE: Final = 220
ABOUT: Final = 240
SENTENCE: Final = 260
COMMANDS: Final = 4
FORMER: Final = 4
COMMAND: Final = 300
ROOM: Final = 700
"""Characters of commands by hand of one step."""

SIGN: Final = "💡"


def suggested(leaf: Leaf, one: Suggestion) -> list[Block]:
    """Return one suggestion: whole while it can be taken, in a line once it is dismissed or the alert is over."""
    if not one.open:
        return [rich(line(*_named(one), *_version(one)), *_asked(leaf, one)), *_dismissed(leaf, one)]
    if leaf.over:
        said = say(
            "The alert is over: nothing of it is offered any more. What was done stays until it is rolled back."
        )
        return [rich(line(*_named(one), *_version(one)), line(said), *_asked(leaf, one))]
    return [
        rich(
            line(*_named(one)),
            line(*_aged(one)),
            *_about(leaf, one),
            *_steps(leaf, one),
            *_whole(leaf, one),
            *_before(leaf, one),
        )
    ]


def _named(one: Suggestion) -> Line:
    return (say(f"{SIGN} "), say(one.title, TITLE, bold=True))


def _version(one: Suggestion) -> Line:
    return (say(" · playbook "), say(one.playbook, 80, code=True), say(f" version {one.version}"))


def _aged(one: Suggestion) -> Line:
    planned = any(step.plan is not None for step in one.steps)
    age = (say(" · planned "), when(one.made_at, f"{{ago}}, {CLOCK}"), say("; planned anew when you press"))
    return (*_version(one)[1:], *(age if planned else (say(" · made "), when(one.made_at))))


def _about(leaf: Leaf, one: Suggestion) -> Iterator[Block]:
    if one.about and leaf.scale >= 0.45:
        yield line(say(one.about, leaf.room(ABOUT)))


def _dismissed(leaf: Leaf, one: Suggestion) -> list[Block]:
    if one.dismissed_by is None or one.dismissed_at is None:
        return []
    why = escape(one.reason, max(60, leaf.room(300)))
    return [context(f"🚫 *Dismissed* by <@{one.dismissed_by.user}> {native(one.dismissed_at)}: {why}")]


def _asked(leaf: Leaf, one: Suggestion) -> Iterator[Block]:
    """The requests that came of it, which go on whatever became of the suggestion."""
    lines = [_request(leaf, step) for step in one.every if step.request_id]
    if lines:
        yield bullets(lines)
    yield from _before(leaf, one)


def _before(leaf: Leaf, one: Suggestion) -> Iterator[Block]:
    """What was asked for of it when it was about something else: none of that stands for what is offered now."""
    kept = one.former[: leaf.few(FORMER)]
    if kept:
        yield line(say("Before, when it suggested something else:"))
        yield bullets([_request(leaf, each) for each in kept])
    left = len(one.former) - len(kept)
    if left:
        yield line(say(f"… {left} more: "), say(leaf.more, code=True))


def _steps(leaf: Leaf, one: Suggestion) -> Iterator[Block]:
    for number, step in enumerate(one.steps[: leaf.steps]):
        how = " · by hand" if step.commands else ""
        title = step.plan.summary if step.plan is not None else step.title
        told = say(title, max(60, leaf.room(TITLE)), bold=True)
        yield line(say(f"{number + 1}. ", bold=True), told, *((say(how),) if how else ()))
        yield from _told(leaf, step)
    left = len(one.steps) - leaf.steps
    if left > 0:
        yield line(say(f"… {many(left, 'more step')}: "), say(leaf.more, code=True))


def _told(leaf: Leaf, step: Suggested) -> Iterator[Block]:
    lines: list[Line] = []
    if step.request_id:
        lines.append(_request(leaf, step))
    if step.plan is not None and not under_way(leaf.taken, step):
        lines += _planned(leaf, step.plan)
    if step.refusal is not None:
        why = say(_why(step.refusal), max(80, leaf.room(SENTENCE)))
        lines.append((say("⛔ "), say("Not possible: ", bold=True), why))
    if step.why:
        lines.append((say("🔸 Not for this alert: "), say(step.why, max(60, leaf.room(SENTENCE)))))
    if lines:
        yield bullets(lines)
    if step.commands:
        yield from _by_hand(leaf, step)


def _why(refusal: Refusal) -> str:
    return worded(refusal).removeprefix("Refused: ")


def _planned(leaf: Leaf, plan: Plan) -> Iterator[Line]:
    """What stays open; who else is hit, and how it is undone. What it does is said above."""
    yield _stays(leaf, plan)
    most = max(60, leaf.room(SENTENCE))
    younger = [warning.text for warning in plan.warnings if warning.code == REPLACED]
    if younger:
        rest = (say(f" · {len(younger) - 1} more"),) if len(younger) > 1 else ()
        yield (say("🔶 "), say(younger[0], most), *rest)
    yield (say("Also hit: ", bold=True), say(hits(plan), most), say(" · "), *_undone(plan))


def _stays(leaf: Leaf, plan: Plan) -> Line:
    sign, words = FORECAST_LEADS[plan.forecast]
    lead = (say(f"{sign} "), say(words, bold=True))
    most = max(60, leaf.room(SENTENCE))
    ways = gravest(plan) or [(say(finding.text),) for finding in plan.residual]
    if not ways:
        meaning = "" if plan.forecast in CLEAR else f": {FORECAST_WORDS[plan.forecast]}"
        return (*lead, say(meaning)) if meaning else lead
    left = len(ways) - 1
    return (
        *lead,
        say(": "),
        *(_cut(piece, most) for piece in ways[0]),
        *((say(f" · {left} more"),) if left else ()),
    )


def _cut(piece: Block, most: int) -> Block:
    return piece | {"text": say(piece["text"], most)["text"]}


def _undone(plan: Plan) -> Line:
    if not plan.reversible:
        return (say("There is no way back.", bold=True),)
    changes = [change for part in plan.parts for change in part.changes]
    counts = (
        (sum(isinstance(each, Create) for each in changes), "object removed", "objects removed"),
        (sum(isinstance(each, Patch | Delete) for each in changes), "object put back", "objects put back"),
        (sum(isinstance(each, Contribute) for each in changes), "entry withdrawn", "entries withdrawn"),
    )
    told = ", ".join(many(count, one, several) for count, one, several in counts if count)
    return (say("Undone", bold=True), say(f" by its rollback{f': {told}' if told else ''}"))


def _request(leaf: Leaf, step: Suggested | Former) -> Line:
    taken = leaf.taken.get(step.request_id)
    asked = (say("👉 Asked as "), say(step.request_id, 40, code=True))
    if taken is None:
        return asked
    sign, words, _ = STATE_WORDS[taken.state]
    there = (say(f" ({taken.portion})"),) if taken.portion else ()
    verdict = (say(f" · {taken.said} "), say(taken.verdict, bold=True)) if taken.verdict else ()
    other = " · its plan is another than the one suggested" if taken.otherwise else ""
    return (
        *asked,
        say(f": {sign} "),
        say(words, bold=True),
        *there,
        *verdict,
        *((say(other),) if other else ()),
    )


def _by_hand(leaf: Leaf, step: Suggested) -> Iterator[Block]:
    """Whole commands, or none: half a command is another one."""
    room, kept = leaf.room(ROOM), list[str]()
    for command in step.commands[: leaf.few(COMMANDS)]:
        room -= len(command)
        if room < 0 or len(command) > COMMAND:
            break
        kept.append(command)
    if any(kept):
        yield code("\n".join(kept))
    left = len(step.commands) + step.more - len(kept)
    if left:
        yield line(say(f"… {many(left, 'more command')}: "), say(leaf.more, code=True))


def _whole(leaf: Leaf, one: Suggestion) -> Iterator[Block]:
    whole = one.whole
    if whole is None:
        return
    if whole.request_id:
        yield line(say("All in one: ", bold=True), *_request(leaf, whole))
    elif whole.refusal is not None:
        why = say(_why(whole.refusal), max(80, leaf.room(SENTENCE)))
        yield line(say("All in one is not possible: ", bold=True), why)
