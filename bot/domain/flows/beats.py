"""Regular intervals: what calls home does so by a clock, with some jitter, and people do not."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Final

import msgspec

LEAST: Final = 6
"""Intervals that make a rhythm; fewer are chance."""

BRIEF: Final = 5.0
"""Seconds: what is quicker is a pool of connections or a retry."""

JITTER: Final = 0.2
"""How far an interval may be from the usual one, as a part of it."""

MOST_ODD: Final = 0.2
"""How many intervals, as a part of all, may be further off: a beat was missed, or another connection fell between."""


class Beat(msgspec.Struct, frozen=True, gc=False):
    """A rhythm: ``every`` so many seconds, ``regular`` of ``intervals`` intervals were so long."""

    every: float
    regular: int
    intervals: int

    def __str__(self) -> str:
        """Say it for people."""
        return f"every {self.every:.0f} s ({self.regular} of {self.intervals} intervals)"


def beat(starts: Sequence[datetime]) -> Beat | None:
    """
    Return the rhythm of some moments in order, if they have one.

    Connections that begin within a second of each other are one beat.
    """
    seconds = [moment.timestamp() for moment in starts]
    beats = [
        at for at, before in zip(seconds, [None, *seconds], strict=False) if before is None or at - before > 1
    ]
    gaps = [later - earlier for earlier, later in pairwise(beats)]
    if len(gaps) < LEAST:
        return None
    usual = median(gaps)
    if usual < BRIEF:
        return None
    regular = sum(abs(gap - usual) <= JITTER * usual for gap in gaps)
    return Beat(usual, regular, len(gaps)) if regular >= (1 - MOST_ODD) * len(gaps) else None
