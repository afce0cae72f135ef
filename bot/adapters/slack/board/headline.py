"""The top of a board: what fires, how bad, where, since when and how many; who says so; who wants it quiet."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from bot.adapters.slack.board.page import Leaf
from bot.adapters.slack.card.kit import HEADER, context, header, middle, native
from bot.adapters.slack.card.painted import FALLBACK, Block
from bot.adapters.slack.card.rich import DAY, Line, line, rich, say, when
from bot.adapters.slack.text import escape, visible
from bot.domain.alerts import SubjectKind
from bot.domain.alerts.grouping import Group

RULE: Final = 20
PLACE: Final = 24
NAME: Final = 32
TITLE: Final = 240
SUMMARY: Final = 500

FORMATS: Final = {
    "alertmanager": "Alertmanager",
    "azure-monitor": "Azure Monitor",
    "defender": "Defender for Cloud",
    "falco": "Falco",
    "generic": "",
    "grafana": "Grafana",
    "sentinel": "Microsoft Sentinel",
}
"""Senders as people call them; any other stands by its own name."""

TELLING: Final = (
    SubjectKind.POD,
    SubjectKind.WORKLOAD,
    SubjectKind.NODE,
    SubjectKind.SERVICE_ACCOUNT,
    SubjectKind.FQDN,
    SubjectKind.ADDRESS,
)
"""The first of these that a group names is counted in its first line."""


def headline(leaf: Leaf) -> list[Block]:
    """Return the first line, whether it still fires and by whose word, what the sender says, and a mute."""
    return [
        header(_first(leaf)),
        rich(line(*_state(leaf)), *_said(leaf)),
        *_muted(leaf),
    ]


def fallback(leaf: Leaf) -> str:
    """Return the board in one sentence, for notifications and screen readers."""
    start = f"{_words(leaf)}: "
    return start + escape(f"{_told(leaf)} · {leaf.group.id}", FALLBACK - len(start))


def _first(leaf: Leaf) -> str:
    return middle(visible(f"{_sign(leaf)} {_told(leaf)}"), HEADER)


def _told(leaf: Leaf) -> str:
    """Everything but the rule keeps its place; the rule's name is cut in its middle where it must be."""
    group = leaf.group
    rest = "".join(f" · {piece}" for piece in (group.severity.value, place(group), _many(leaf)) if piece)
    return middle(visible(group.rule), max(RULE, HEADER - 2 - len(rest))) + rest


def place(group: Group) -> str:
    """Return the cluster and namespace of a group, as far as it has a single one."""
    return "/".join(middle(visible(each), PLACE) for each in (group.cluster, group.namespace) if each)


def _many(leaf: Leaf) -> str:
    group = leaf.group
    alerts = "1 alert" if group.total == 1 else f"{group.total} alerts"
    if leaf.over:
        alerts += f", {_clock(group.opened_at, leaf.now)} to {_clock(group.updated_at, leaf.now)}"
    else:
        fire = f"{group.firing} of {alerts} firing" if group.resolved else alerts
        alerts = (
            f"{fire} since {_clock(group.newest.started if group.total == 1 else group.opened_at, leaf.now)}"
        )
    about = counted(group)
    return f"{alerts} UTC" + (f", {about}" if about else "")


def counted(group: Group) -> str:
    """Return how many pods (or what else it names) a group is about; a single one by its name."""
    count = Counter(each.subject.kind for each in group.named)
    kind = next((kind for kind in TELLING if count[kind]), None)
    if kind is None:
        return ""
    word = kind.value.replace("_", " ")
    if count[kind] == 1 and not group.others:
        name = next(each.subject.name for each in group.named if each.subject.kind is kind)
        return f"{word} {middle(visible(name), NAME)}"
    several = "addresses" if kind is SubjectKind.ADDRESS else f"{word}s"
    return f"{count[kind]} {several}" + (" or more" if group.others else "")


def _clock(at: datetime, now: datetime) -> str:
    told = at.astimezone(UTC)
    return f"{told:%H:%M}" if told.date() == now.astimezone(UTC).date() else f"{told:%Y-%m-%d %H:%M}"


def _sign(leaf: Leaf) -> str:
    return "🔕" if leaf.board.muted else "✅" if leaf.over else "🔥"


def _words(leaf: Leaf) -> str:
    state = "Over" if leaf.over else "Firing"
    return f"Muted, {state.lower()}" if leaf.board.muted else state


def _state(leaf: Leaf) -> Line:
    """By whose word it is so: the sender proved who it is, and nothing proves what it says."""
    group = leaf.group
    sign, word = ("✅", "OVER") if leaf.over else ("🔥", "FIRING")
    times = (say(" · first "), when(group.opened_at, DAY))
    last = () if group.total < 2 and not leaf.over else (say(", last "), when(group.updated_at, DAY))
    return (
        say(f"{sign} "),
        say(word, bold=True),
        say(f", says {FORMATS.get(group.kind, group.kind)} ".replace("  ", " "), 80),
        say(group.source, 80, code=True),
        say(" (who it is was checked, what it says was not)"),
        *times,
        *last,
    )


def _said(leaf: Leaf) -> Iterator[Block]:
    alert = leaf.group.newest
    if alert.title != leaf.group.rule:
        yield line(say(alert.title, max(40, leaf.room(TITLE)), bold=True))
    if alert.summary and leaf.scale >= 0.3:
        yield line(say("It says: ", bold=True), say(alert.summary, leaf.room(SUMMARY)))


def _muted(leaf: Leaf) -> list[Block]:
    mute = leaf.board.muted
    if mute is None:
        return []
    why = escape(mute.reason, max(60, leaf.room(300)))
    what = f"this rule of `{escape(mute.source, 80)}`"
    who = f"🔕 *Muted* ({what}) until {native(mute.until)} by <@{mute.by.user}>: {why}"
    return [context(f"{who}\nWhat comes is counted and recorded all the same.")]
