"""Canaries as a plan promises them: where each will be placed, out of which image, and for how long it tries."""

from enum import StrEnum
from typing import Final

import msgspec

LONGEST: Final = 300
"""Seconds after which no canary runs any more, whatever it was told (``activeDeadlineSeconds``)."""
START: Final = 60
"""Seconds that it may take to start: mostly to pull its image."""
NO_CANARY: Final = "no-canary"
"""The code of the warning that a containment was to be proved by canaries, and will not be."""


class Role(StrEnum):
    """What a canary is for: to connect from beside the cut, from within it, or to be connected to."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    SERVER = "server"


class Canary(msgspec.Struct, frozen=True):
    """
    One canary without its aims, which are addresses that come and go.

    ``mark`` is the value of our quarantine label on it: only ``INSIDE`` carries it. ``listen`` is a port, 0 for none.
    ``seconds``: how long it tries; it may end before, once ``unchanged`` tries of every aim, one a second, ended alike.
    ``allow`` is what the cut leaves open on purpose, as it was typed: nothing there is aimed at.
    Raises ``ValueError`` for longer than a canary may run.
    """

    cluster: str
    namespace: str
    name: str
    node: str
    image: str
    request: str
    role: Role
    mark: str = ""
    listen: int = 0
    seconds: int = 15
    unchanged: int = 5
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold it to what its own end (``activeDeadlineSeconds``) allows."""
        if not 1 <= self.seconds <= LONGEST - START:
            raise ValueError(f"a canary runs for 1 to {LONGEST - START} s, not {self.seconds}")

    @property
    def deadline(self) -> int:
        """Seconds from its being placed, its start included, after which the cluster ends it."""
        return self.seconds + START
