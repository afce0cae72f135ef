"""
How fast a channel may be written to: one message a second, with short bursts (docs.slack.dev, "Rate limits").

All that stands may be changed 50 times a minute, wherever it stands: ``UPDATES`` is the name of that room, like a channel's.
"""

import math
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

PER_SECOND: Final = 1.0
BURST: Final = 4.0
UPDATES: Final = "chat.update"
UPDATES_PER_SECOND: Final = 0.5
UPDATES_BURST: Final = 20.0  # with the rate no more than 50 in any minute
FORGOTTEN: Final = 1000  # channels remembered before the rested ones are dropped
LATE: Final = 2.0  # seconds after its time in which whoever stands in a line tries


class Line(msgspec.Struct, frozen=True):
    """Those who wait for room in a channel, of one source, equally urgent: the lower the number, the worse it is."""

    channel: str
    source: str
    urgency: int


class Pace:
    """
    A token bucket for each channel. It never waits: it says how long to wait.

    Of several sources that stand in line for a channel, that one has its turn which was served there the longest ago; the
    others leave room for it. Within a source what is worse goes first.
    """

    def __init__(self, seconds: Callable[[], float], burst: float = BURST) -> None:
        self._seconds, self._burst = seconds, burst
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lines: dict[Line, float] = {}
        self._served: dict[tuple[str, str], int] = {}

    def wait(self, channel: str, spare: float = 0.0) -> float:
        """Take one message's room and return 0, or return how many seconds there is none."""
        short = self.short(channel, spare)
        if short > 0:
            return short
        now = self._seconds()
        self._buckets[channel] = (self._room(channel, now) - 1.0, now)
        self._forget(now)
        return 0.0

    def short(self, channel: str, spare: float = 0.0) -> float:
        """Return how many seconds there is no room for one message that leaves ``spare`` to others; take none."""
        now = self._seconds()
        at = self._buckets.get(channel, (0.0, now))[1]
        if now < at:
            return at - now
        wanted = min(self._most(channel), 1.0 + spare)
        return max(0.0, wanted - self._room(channel, now)) / _rate(channel)

    def spend(self, channel: str) -> None:
        """Take one's room, there or not: what comes next waits for longer."""
        now = self._seconds()
        if now >= self._buckets.get(channel, (0.0, now))[1]:
            self._buckets[channel] = (self._room(channel, now) - 1.0, now)

    def line(self, line: Line, soonest: float) -> float:
        """
        Return in how many seconds, ``soonest`` or later, whoever joins the end of a line may try: one each second, or as there is room.

        So that a thousand that wait are not a thousand tries a second.
        """
        now = self._seconds()
        at = max(now + soonest, self._lines.get(line, -math.inf) + 1.0 / _rate(line.channel))
        self._lines[line] = at
        return at - now

    def spare(self, line: Line) -> float:
        """
        Return how much room whoever is of this line leaves to others: one to a request, one to the source whose turn it is.

        So that the worst of another source does not keep what is less urgent waiting for ever, the room for what is worse
        is left only to what waits, wherever several sources do.
        """
        waiting = tuple(self._waiting(line.channel))
        others = {each.source for each in waiting} - {line.source}
        worse = any(each.source == line.source and each.urgency < line.urgency for each in waiting)
        spare = 1.0 + (line.urgency / 4 if worse or not others else 0.0)
        mine = self._turn(line.channel, line.source)
        return spare if all(mine <= self._turn(line.channel, each) for each in others) else spare + 1.0

    def served(self, line: Line) -> None:
        """One of this line has got its room: any other source that waits there comes before the next."""
        self._served[line.channel, line.source] = max(self._served.values(), default=0) + 1

    def _turn(self, channel: str, source: str) -> int:
        return self._served.get((channel, source), 0)

    def _waiting(self, channel: str) -> Iterator[Line]:
        now = self._seconds()
        return (each for each, at in self._lines.items() if each.channel == channel and now < at + LATE)

    def hold(self, channel: str, seconds: float) -> None:
        """Write nothing to a channel for so long: Slack asked for it. Then one message, not a burst."""
        self._buckets[channel] = (1.0, self._seconds() + seconds)

    def _room(self, channel: str, now: float) -> float:
        room, at = self._buckets.get(channel, (self._most(channel), now))
        return min(self._most(channel), room + max(0.0, now - at) * _rate(channel))

    def _most(self, channel: str) -> float:
        return max(UPDATES_BURST, self._burst) if channel == UPDATES else self._burst

    def _forget(self, now: float) -> None:
        if len(self._buckets) > FORGOTTEN:
            rested = [c for c, (_, at) in self._buckets.items() if now - at > self._most(c) / _rate(c)]
            for channel in rested:
                del self._buckets[channel]
        if len(self._lines) > FORGOTTEN:
            self._lines = {line: at for line, at in self._lines.items() if at + LATE > now}


def _rate(channel: str) -> float:
    return UPDATES_PER_SECOND if channel == UPDATES else PER_SECOND
