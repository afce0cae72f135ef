"""What a card about alerts shows: the group, what is known of its subjects, and what is suggested."""

from datetime import datetime

import msgspec

from bot.domain.alerts.grouping import Group
from bot.domain.people import Principal
from bot.domain.suggestions.resolved import Resolved
from bot.domain.suggestions.suggestion import Suggestion


class Mute(msgspec.Struct, frozen=True):
    """Cards of a rule are not shown until then; what comes is counted and recorded as ever."""

    rule: str
    until: datetime
    by: Principal
    at: datetime
    reason: str


class Board(msgspec.Struct, frozen=True):
    """
    One group as its card shows it.

    ``resolved`` are its subjects as the cluster knew them at ``looked_at``, ``None`` while nobody has looked.
    ``passed`` tells, a line each, why playbooks do not fit, where none does. ``muted`` holds it back.
    """

    group: Group
    resolved: tuple[Resolved, ...] = ()
    looked_at: datetime | None = None
    suggestions: tuple[Suggestion, ...] = ()
    passed: tuple[str, ...] = ()
    muted: Mute | None = None
