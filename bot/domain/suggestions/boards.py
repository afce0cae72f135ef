"""What a card about alerts shows: the group, what is known of its subjects, and what is suggested."""

from datetime import datetime

import msgspec

from bot.domain.alerts.grouping import Group
from bot.domain.people import Principal
from bot.domain.suggestions.resolved import Resolved
from bot.domain.suggestions.suggestion import Suggestion


class Mute(msgspec.Struct, frozen=True):
    """
    Cards of a rule of one source are not shown until then; what comes is counted and recorded as ever.

    ``since`` is when the first of several began that followed one another. Once ``until`` has passed the cards are painted,
    portion by portion: ``shown`` is the last group whose card was. ``told``: its end is recorded.
    """

    rule: str
    until: datetime
    by: Principal
    at: datetime
    reason: str
    source: str
    since: datetime
    shown: str = ""
    told: bool = False

    @property
    def told_by(self) -> tuple[str, str]:
        """What it is about, as a group tells it."""
        return self.source, self.rule


class Board(msgspec.Struct, frozen=True):
    """
    One group as its card shows it.

    ``resolved`` are its subjects as the cluster knew them at ``looked_at``, ``None`` while nobody has looked.
    ``passed`` tells, a line each, why playbooks do not fit, where none does. ``muted`` holds it back. ``left`` is how many
    more subjects its firing alerts name than were looked at, those of the oldest; at least so many.
    """

    group: Group
    resolved: tuple[Resolved, ...] = ()
    looked_at: datetime | None = None
    suggestions: tuple[Suggestion, ...] = ()
    passed: tuple[str, ...] = ()
    muted: Mute | None = None
    left: int = 0
