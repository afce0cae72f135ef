"""What a self-test of a cluster showed, for whoever asks."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What a self-test showed; ``UNKNOWN`` while it runs. Only ``FAILED`` says that something gets through."""

    UNKNOWN = ""
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Told(msgspec.Struct, frozen=True):
    """
    A self-test that ended: on which node, and under which engine (``EngineName``).

    ``fresh``: it counts still. ``text`` may hold names from outside.
    """

    node: str
    engine: str
    outcome: Outcome
    text: str
    ended_at: datetime
    fresh: bool

    def __str__(self) -> str:
        """How people read it."""
        return f"{self.outcome.value} on node {self.node} at {self.ended_at:%Y-%m-%d %H:%M} UTC: {self.text}"
