"""How often people are called for holes: whoever opens and closes one again and again must not drown everything else."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.requests import PartRow

MOST: Final = 3
"""Calls for one part within `PER`."""
PER: Final = timedelta(hours=1)


class Call(StrEnum):
    """How a hole is told: people are called; it is said once that they are not called again; or it is only counted."""

    LOUD = "loud"
    LAST = "last"
    QUIET = "quiet"


def called(row: PartRow, now: datetime) -> tuple[PartRow, Call]:
    """Return how a new hole of a part is told, and the row that remembers it."""
    recent = tuple(at for at in row.called if at > now - PER)
    if len(recent) < MOST:
        return msgspec.structs.replace(row, called=(*recent, now), uncalled=0), Call.LOUD
    quiet = msgspec.structs.replace(row, called=recent, uncalled=row.uncalled + 1)
    return quiet, Call.QUIET if row.uncalled else Call.LAST


def hushed(row: PartRow, now: datetime) -> bool:
    """Whether what changes about holes of this part is told on the card alone for now."""
    return row.uncalled > 0 and sum(at > now - PER for at in row.called) >= MOST
