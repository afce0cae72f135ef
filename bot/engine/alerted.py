"""
What was alerted, for a person who asks: the groups of a while, or one group with all that it names.

Names and texts in it are from outside; whoever shows them escapes them. What a message is too small for comes as a file.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.domain.alerts import Alert
from bot.domain.alerts.grouping import Group
from bot.domain.alerts.posts import Misfit
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.numbers import many
from bot.domain.people import Principal
from bot.domain.policy.durations import told as lasting
from bot.domain.suggestions import Board, Mute, Resolved, Standing, Suggested, Suggestion
from bot.domain.suggestions.looks import urgency
from bot.domain.telling import Section, Told, told
from bot.engine.boards import board, boards, renewed
from bot.engine.context import Context
from bot.engine.explaining import Question, given
from bot.engine.reading import may_read
from bot.engine.saying import refuse, worded

MOST: Final = 100
"""Groups of one list."""
ALERTS: Final = 200
MISFITS: Final = 5
LOOKED_AT: Final = 200
USUAL: Final = 24 * 3600
"""Seconds that are looked back where nobody says how many."""


class Asking(msgspec.Struct, frozen=True):
    """Who asks, about one group, or how many seconds back."""

    person: Principal
    group_id: str = ""
    seconds: int = USUAL

    @property
    def target(self) -> str:
        """What the record calls it."""
        return self.group_id or f"last {lasting(self.seconds)}"


async def alerts(context: Context, asked: Asking, origin: str) -> Reply:
    """Tell what was alerted, to whoever may read here."""
    found: Told | Refusal | None = await may_read(context, asked.person)
    if found is None:
        found = await (_one(context, asked.group_id) if asked.group_id else _many(context, asked.seconds))
    if isinstance(found, Refusal):
        return await refuse(context, origin, asked.person, found, target=asked.target)
    question = Question(asked.person, "alerts", asked.target)
    said = await given(context, question, found, origin, lambda tx: renewed(tx, asked.group_id))
    if isinstance(said, Done):
        return said
    return await refuse(context, origin, asked.person, said, target=asked.target)


async def _many(context: Context, seconds: int) -> Told:
    async with context.store.begin() as tx:
        since = tx.now - timedelta(seconds=seconds)
        mutes = await tx.suggestions.mutes()
        told_of = await tx.alerts.by_source(since)
    found = await boards(context, since, MOST)
    left = Counter(told_of) - Counter(one.group.source for one in found)
    firing = _by_turns(one for one in found if one.group.firing > 0)
    over = _by_turns(one for one in found if one.group.firing <= 0)
    headline = f"Alerts of the last {lasting(seconds)}: {_groups(len(firing))} firing, {len(over)} over."
    if left:
        headline += f" These are the newest of each source, {many(left.total(), 'older group')} left out: ask for a shorter time."
    sections = (
        Section("Firing", tuple(_line(one) for one in firing)),
        Section("Over, as their senders say", tuple(_line(one) for one in over)),
        Section("Left out here", tuple(_left(source, number) for source, number in sorted(left.items()))),
        Section("Muted rules", tuple(map(_muted, mutes))),
    )
    return told(headline, sections, "alerts")


def _by_turns(found: Iterable[Board]) -> list[Board]:
    """Return the worst of each source, then the next of each: what a message has room for is nobody's alone."""
    turns = defaultdict[str, Iterator[int]](itertools.count)
    worst = sorted(found, key=lambda one: urgency(one.group.severity))
    return sorted(worst, key=lambda one: next(turns[one.group.source]))


def _left(source: str, number: int) -> str:
    return f"{source}: {many(number, 'older group')}"


def _groups(count: int) -> str:
    return "1 group" if count == 1 else f"{count} groups"


def _line(one: Board) -> str:
    group = one.group
    taken = [each for made in one.suggestions for each in made.requests]
    open_ones = sum(made.open for made in one.suggestions)
    pieces = (
        group.id,
        group.rule,
        group.severity.value,
        f"from {group.source}",
        _place(group),
        f"{_counted(group)}, first told {_time(group.opened_at)}",
        f"{open_ones} suggested" if open_ones and group.firing > 0 else "",
        f"asked for: {', '.join(taken)}" if taken else "",
        f"muted until {_time(one.muted.until)}" if one.muted else "",
    )
    return " · ".join(piece for piece in pieces if piece)


def _place(group: Group) -> str:
    return "/".join(each for each in (group.cluster, group.namespace) if each)


def _counted(group: Group) -> str:
    alerts = "1 alert" if group.total == 1 else f"{group.total} alerts"
    return f"{group.firing} of {alerts} firing" if group.resolved else alerts


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _muted(one: Mute) -> str:
    return f"{one.rule} of {one.source} · until {_time(one.until)} by {one.by.key}: {one.reason}"


async def _one(context: Context, group_id: str) -> Told | Refusal:
    found = await board(context, group_id)
    if found is None:
        text = f"There is no group of alerts {group_id[:40]}."
        return Refusal("no-such-alerts", text, "See their ids: /ir alerts")
    async with context.store.begin() as tx:
        latest = await tx.alerts.of(group_id, ALERTS)
    unfit = await context.misfits.recent(LOOKED_AT) if context.misfits else ()
    return sections(found, latest, unfit)


def sections(found: Board, latest: Sequence[Alert], unfit: Sequence[Misfit]) -> Told:
    """Return one group in full: ``latest`` are its alerts, ``unfit`` posts that did not fit, of whatever source."""
    group, newest = found.group, found.group.newest
    where = f"{group.severity.value} · {_place(group)}".rstrip(" ·")
    headline = f"{group.rule} · {where} · {_counted(group)}, from {group.source} ({group.kind})"
    return told(
        headline,
        (
            Section("Standing", tuple(_standing(found))),
            Section("What it names", tuple(_named(found))),
            *(Section(f"Suggested: {one.title}", tuple(_suggested(one))) for one in found.suggestions),
            *(Section(f"By hand: {one.title}", tuple(_by_hand(one))) for one in found.suggestions),
            Section("Playbooks that do not fit", found.passed),
            Section("The newest alert says", tuple(filter(None, (newest.title, newest.summary)))),
            Section("Its labels", tuple(f"{key}={value}" for key, value in newest.labels)),
            Section("Its pages", tuple(f"{link.title}: {link.url}" for link in newest.links)),
            Section("Its alerts, the latest first", tuple(map(_alert, latest))),
            Section(f"Posts of {group.source} that did not fit", tuple(_misfits(group, unfit))),
        ),
        f"alerts-{group.id}",
    )


def _standing(one: Board) -> Iterator[str]:
    group = one.group
    yield f"first told {_time(group.opened_at)}, last told {_time(group.updated_at)}"
    yield f"{_counted(group)}, as the sender says"
    if group.left_out:
        yield f"its sender left {many(group.left_out, 'more alert')} out of a post (max_alerts): ask there which"
    if one.muted:
        yield f"muted: {_muted(one.muted)}"
    if one.looked_at:
        yield f"looked up {_time(one.looked_at)}"


def _named(one: Board) -> Iterator[str]:
    alerts = {each.subject: each.alerts for each in one.group.named}
    seen = {each.subject: each for each in one.resolved}
    if one.left:
        yield f"NOT LOOKED AT: at least {one.left} more that older alerts name; nothing is suggested for them"
    for subject in sorted(dict.fromkeys((*alerts, *seen)), key=lambda one: _there(seen.get(one))):
        where = "/".join(part for part in (subject.cluster, subject.namespace, subject.name) if part)
        resolved = seen.get(subject)
        told = f"{resolved.standing.value}: {resolved.text}" if resolved else "nobody has looked yet"
        if resolved and resolved.standing is Standing.ABSENT:
            told = f"NOT THERE: {resolved.text}"
        kind = subject.kind.value.replace("_", " ")
        yield f"{kind} {where} · {told} · named by {alerts.get(subject, 0)}"
    if one.group.others:
        yield f"… and {one.group.others} more times something beyond these is named"
    for odd in one.group.unread:
        yield f"not looked up: {odd}"
    if one.group.unread_more:
        yield f"… and {one.group.unread_more} more that were not looked up"


def _there(one: Resolved | None) -> bool:
    """What is not there, or not known, is told first."""
    return one is not None and one.standing is Standing.FOUND


def _suggested(one: Suggestion) -> Iterator[str]:
    yield f"{one.id} · playbook {one.playbook} version {one.version} ({one.sha256[:12]}) · planned {_time(one.made_at)}"
    if one.dismissed_by and one.dismissed_at:
        yield f"dismissed by {one.dismissed_by.key} {_time(one.dismissed_at)}: {one.reason}"
    for number, step in enumerate(one.steps):
        yield f"{number + 1}. {step.title}{_outcome(step)}"
    if one.whole is not None:
        yield f"all in one{_outcome(one.whole)}"
    for each in one.former:
        yield f"before, when it suggested something else: {each.action}, asked for as {each.request_id}"


def _by_hand(one: Suggestion) -> Iterator[str]:
    for number, step in enumerate(one.steps):
        yield from (f"{number + 1}. {command}" for command in step.commands)
        if step.more:
            yield f"{number + 1}. … {step.more} more commands"


def _outcome(step: Suggested) -> str:
    asked = f" · asked for as {step.request_id}" if step.request_id else ""
    if step.plan is not None:
        return f": {step.plan.summary} · forecast {step.plan.forecast} · plan {step.digest}{asked}"
    if step.refusal is not None:
        return f": not possible: {worded(step.refusal).removeprefix('Refused: ')}{asked}"
    return f": not for this alert: {step.why}{asked}" if step.why else f" · by hand{asked}"


def _alert(one: Alert) -> str:
    over = f", over {_time(one.ended)}" if one.ended else ""
    return f"{one.status.value} · {one.title} · {one.severity.value} · since {_time(one.started)}{over} · {one.id}"


def _misfits(group: Group, unfit: Sequence[Misfit]) -> Iterator[str]:
    ours = [one for one in unfit if one.source == group.source][:MISFITS]
    for one in ours:
        yield f"{_time(one.at)} · at {one.path}: {one.why} · it began: {one.head}"
