"""What the bot does about one group of alerts: when it looks at its subjects, what it saw, what it suggests now."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.domain.alerts import Severity
from bot.domain.alerts.grouping import Group
from bot.domain.suggestions.resolved import Resolved

AGAIN: Final = timedelta(seconds=30)
"""What changes of a group is looked at no sooner than so long after the last look."""

PACE: Final = timedelta(seconds=3)
"""A card is painted no sooner than so long after it was painted last."""


class Look(msgspec.Struct, frozen=True):
    """
    One group's row.

    ``due_at`` is when it is to be looked at next; while somebody does, when another may take it over. ``fence`` grows by
    each taking. ``marked``: something changed since it was taken. ``noted_at`` is when its card is, or was, painted last.
    ``resolved``, ``looked_at``, ``passed`` and ``left`` are those of the board; ``current`` are the ids of what is suggested now,
    in order; ``failures`` counts the looks in a row that broke off. Of those that are due the one
    with the lowest ``urgency`` comes first: a storm of little things holds up nothing that is worse.
    """

    group_id: str
    due_at: datetime | None = None
    fence: int = 0
    taken: bool = False
    marked: bool = False
    noted_at: datetime | None = None
    resolved: tuple[Resolved, ...] = ()
    looked_at: datetime | None = None
    passed: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    failures: int = 0
    urgency: int = len(Severity)
    left: int = 0


def urgency(severity: Severity) -> int:
    """Return a number that is the lower the worse it is."""
    return tuple(Severity).index(severity)


def marked(look: Look, now: datetime, *, at_once: bool = False) -> Look:
    """Return the row once it is to be looked at: in its time, or at once where a person asked for it."""
    soonest = now if at_once or look.looked_at is None else max(now, look.looked_at + AGAIN)
    if look.taken:
        return replace(look, marked=True)
    return replace(look, due_at=soonest if look.due_at is None else min(look.due_at, soonest))


def taken(look: Look, now: datetime, lease: timedelta) -> Look:
    """Return the row while somebody looks."""
    return replace(look, due_at=now + lease, fence=look.fence + 1, taken=True, marked=False)


def given_back(look: Look, at: datetime | None, now: datetime) -> Look:
    """
    Return the row once somebody has looked; ``at`` is when it is due anyway.

    What changed meanwhile is looked at in its time, and no sooner than ``at``: a fault has its rest whatever comes.
    """
    free = replace(look, taken=False, marked=False, due_at=None)
    if not look.marked:
        return replace(free, due_at=at)
    again = marked(free, now)
    return again if at is None or again.due_at is None else replace(again, due_at=max(at, again.due_at))


def paint_at(look: Look, now: datetime) -> datetime:
    """Return when the card may be painted next."""
    return now if look.noted_at is None else max(now, look.noted_at + PACE)


def differs(before: Group, after: Group) -> bool:
    """
    Whether a group is another one for playbooks: who it is about, how bad it is, what is still so, which alert is the newest.

    All that is counted is compared, as a subject may go or come without a name here. ``AGAIN`` bounds what it costs.
    """

    def told(group: Group) -> object:
        return (group.newest.key, group.named, group.others, group.severity, group.total, group.resolved)

    return told(before) != told(after)
