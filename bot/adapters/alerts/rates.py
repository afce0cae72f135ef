"""How many posts of one source are taken: a bucket that fills steadily, so that a burst passes and a flood does not."""

import math
from collections.abc import Callable


class Bucket:
    """``per_second`` posts, after ``burst`` at once; ``seconds`` is a clock that only goes forward."""

    def __init__(self, per_second: float, burst: int, seconds: Callable[[], float]) -> None:
        self._rate, self._most, self._seconds = per_second, float(burst), seconds
        self._left, self._at = self._most, seconds()

    def take(self) -> int:
        """Take one; return 0, or in how many seconds there is one again."""
        now = self._seconds()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return math.ceil((1 - self._left) / self._rate)
