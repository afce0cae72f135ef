"""Long work in small steps, so that whoever runs it on an event loop can let others in between."""

from collections.abc import Generator
from typing import Final, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that yields between its steps and returns what it found."""

STEP: Final = 600
"""How much is done between two yields, in operations of at most a few microseconds each."""


class Pace:
    """Counts operations, and says when it is time to yield."""

    def __init__(self, step: int = STEP) -> None:
        self._step = step
        self._done = 0

    def due(self, work: int = 1) -> bool:
        """Count some work; whether to yield now."""
        self._done += work
        if self._done < self._step:
            return False
        self._done = 0
        return True


def finished(steps: Steps[T]) -> T:
    """Do all of the work at once."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: T = stop.value
            return found
