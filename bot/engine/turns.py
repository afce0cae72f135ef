"""Who has a question under way that costs much to answer: one of each person, and a few of everybody."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.findings import Refusal
from bot.domain.people import Principal

MOST = 3
"""Questions about flows at once: each may hold a hundred thousand flows of every source."""


class Turns:
    """Counts of this process; a question that is refused is to be asked again, and waits nowhere."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._under_way: set[str] = set()

    @contextmanager
    def take(self, person: Principal) -> Iterator[Refusal | None]:
        """Hold a turn for the block; give why there is none instead."""
        who = person.user
        if who in self._under_way:
            text = "your last question about flows is still being answered"
            yield Refusal("flows-one-at-a-time", text, "Ask again when its answer is here.")
        elif len(self._under_way) >= self._most:
            text = f"{self._most} questions about flows are being answered just now, as many as at once"
            yield Refusal("flows-busy", text, "Ask again in a moment.")
        else:
            self._under_way.add(who)
            try:
                yield None
            finally:
                self._under_way.discard(who)
