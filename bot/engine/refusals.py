"""
How many refused attempts of one person are written: so many a minute, the rest is counted and summed up.

A person (or whoever holds that account) can be refused thousands of times an hour, and the log can't be pruned. The
counts are this process's own: what a killed process had counted and not yet summed up is lost, what it had
written is not.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.domain.people import Principal

MOST: Final = 30
WINDOW: Final = timedelta(minutes=1)

Who = Principal | str  # a bare user id where Slack does not say who that is


@dataclass(eq=False)
class Tally:
    """Refusals of one person from ``since``, the first; ``until`` is the newest that was not written."""

    who: Who
    since: datetime
    until: datetime
    written: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def suppressed(self) -> int:
        """How many were counted, and not written."""
        return self.codes.total()


@dataclass(frozen=True)
class Place:
    """What became of one refusal; ``write`` it, or else it has been counted."""

    tally: Tally
    code: str
    write: bool


class RefusalCap:
    """``most`` refusals of one person are written in each ``window``, which begins with the first of them."""

    def __init__(self, most: int = MOST, window: timedelta = WINDOW) -> None:
        self._most, self._window = most, window
        self._open: dict[Who, Tally] = {}
        self._over: list[Tally] = []

    def take(self, who: Who, code: str, now: datetime) -> Place:
        """Count one refusal, and say whether it is to be written."""
        tally = self._open.get(who)
        if tally is not None and now - tally.since >= self._window:
            self._close(tally)
            tally = None
        if tally is None:
            tally = self._open[who] = Tally(who, now, now)
        if tally.written < self._most:
            tally.written += 1
            return Place(tally, code, write=True)
        tally.codes[code] += 1
        tally.until = max(tally.until, now)
        return Place(tally, code, write=False)

    def undo(self, place: Place) -> None:
        """The transaction of this refusal did not stand, so it will be tried again."""
        if place.write:
            place.tally.written -= 1
        elif place.tally.codes[place.code] > 0:
            place.tally.codes[place.code] -= 1

    def ended(self, now: datetime | None = None) -> tuple[Tally, ...]:
        """Hand over, once, each tally with something to sum up whose window is over; all of them without ``now``."""
        for tally in tuple(self._open.values()):
            if now is None or now - tally.since >= self._window:
                self._close(tally)
        found, self._over = tuple(self._over), []
        return found

    def again(self, tally: Tally) -> None:
        """A tally that was handed over could not be written down."""
        self._over.append(tally)

    def _close(self, tally: Tally) -> None:
        del self._open[tally.who]
        if tally.suppressed:
            self._over.append(tally)
