"""The double's clock: turned by its owner, or running at a multiple of real time."""

from collections.abc import Callable
from time import monotonic


class DoubleClock:
    """Seconds since the double was made.

    `speed` is how many seconds pass here in one real second: 0 leaves all turning to the owner (tests), 60 makes an
    hour of Azure a minute (a rehearsal).
    """

    def __init__(self, speed: float = 0.0, ticks: Callable[[], float] = monotonic) -> None:
        self._speed = speed
        self._ticks = ticks
        self._began = ticks()
        self._turned = 0.0

    def now(self) -> float:
        """Return the seconds since the start; never goes back."""
        return self._turned + (self._ticks() - self._began) * self._speed

    def turn(self, seconds: float) -> None:
        """Let `seconds` pass at once; raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("the clock turns forwards only")
        self._turned += seconds
