"""How fast a channel may be written to: one message a second, with short bursts (docs.slack.dev, "Rate limits")."""

import math
from collections.abc import Callable
from typing import Final

PER_SECOND: Final = 1.0
BURST: Final = 4.0
FORGOTTEN: Final = 1000  # channels remembered before the rested ones are dropped


class Pace:
    """A token bucket for each channel. It never waits: it says how long to wait."""

    def __init__(self, seconds: Callable[[], float], burst: float = BURST) -> None:
        self._seconds, self._burst = seconds, burst
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lines: dict[str, float] = {}

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
        wanted = min(self._burst, 1.0 + spare)
        return max(0.0, wanted - self._room(channel, now)) / PER_SECOND

    def line(self, name: str, soonest: float) -> float:
        """
        Return in how many seconds, ``soonest`` or later, whoever joins the end of a line may try: one each second.

        So that a thousand that wait are not a thousand tries a second.
        """
        now = self._seconds()
        at = max(now + soonest, self._lines.get(name, -math.inf) + 1.0 / PER_SECOND)
        self._lines[name] = at
        return at - now

    def hold(self, channel: str, seconds: float) -> None:
        """Write nothing to a channel for so long: Slack asked for it. Then one message, not a burst."""
        self._buckets[channel] = (1.0, self._seconds() + seconds)

    def _room(self, channel: str, now: float) -> float:
        room, at = self._buckets.get(channel, (self._burst, now))
        return min(self._burst, room + max(0.0, now - at) * PER_SECOND)

    def _forget(self, now: float) -> None:
        if len(self._buckets) > FORGOTTEN:
            rested = [c for c, (_, at) in self._buckets.items() if now - at > self._burst / PER_SECOND]
            for channel in rested:
                del self._buckets[channel]
        if len(self._lines) > FORGOTTEN:
            self._lines = {name: at for name, at in self._lines.items() if at > now}
