"""How fast a channel may be written to: one message a second, with short bursts (docs.slack.dev, "Rate limits")."""

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

    def wait(self, channel: str) -> float:
        """Take one message's room and return 0, or return how many seconds there is none."""
        now = self._seconds()
        room, at = self._buckets.get(channel, (self._burst, now))
        room = min(self._burst, room + max(0.0, now - at) * PER_SECOND)
        if now < at:
            return at - now
        if room < 1.0:
            return (1.0 - room) / PER_SECOND
        self._buckets[channel] = (room - 1.0, now)
        self._forget(now)
        return 0.0

    def hold(self, channel: str, seconds: float) -> None:
        """Write nothing to a channel for so long: Slack asked for it. Then one message, not a burst."""
        self._buckets[channel] = (1.0, self._seconds() + seconds)

    def _forget(self, now: float) -> None:
        if len(self._buckets) > FORGOTTEN:
            rested = [c for c, (_, at) in self._buckets.items() if now - at > self._burst / PER_SECOND]
            for channel in rested:
                del self._buckets[channel]
