"""Lengths of time as people write them: ``30m``, ``4h``, ``1d``."""

import re
from typing import Final

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
FORM: Final = r"[1-9][0-9]{0,6}[smhd]"
LONGEST: Final = 90 * UNITS["d"]


class Duration(int):
    """A length of time in whole seconds, more than none and at most 90 days."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read ``30m``; raises ``ValueError`` naming the form for anything else, and for more than 90 days."""
        if re.fullmatch(FORM, text, re.ASCII) is None:
            raise ValueError("a duration is a whole number and one of s, m, h, d, for example 30m, 4h or 1d")
        seconds = int(text[:-1]) * UNITS[text[-1]]
        if seconds > LONGEST:
            raise ValueError("a duration is at most 90d")
        return cls(seconds)

    def __str__(self) -> str:
        """Write it with the largest unit that leaves nothing over, so that ``parse`` reads the same back."""
        return told(int(self))

    def __repr__(self) -> str:
        return f"Duration({told(int(self))!r})"


def told(seconds: int) -> str:
    """Return seconds in the largest unit that leaves nothing over: ``90m``, ``4h``."""
    unit, size = next((u, n) for u, n in reversed(UNITS.items()) if seconds % n == 0)
    return f"{seconds // size}{unit}"
