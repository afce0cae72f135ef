"""
What a button of a board carries: which group, which suggestion, which step, and the short digest of what was shown.

Nothing that it is about is in it: that is read from the stored suggestion.
"""

import re
from typing import Final

import msgspec

from bot.domain.playbooks.playbook import MOST_STEPS
from bot.domain.suggestions import Suggestion
from bot.domain.suggestions.shaping import seal

PREPARE: Final = "ir_board_prepare_"
WHOLE: Final = "ir_board_whole"
DISMISS: Final = "ir_board_dismiss"
STEPS: Final = tuple(f"{PREPARE}{number}" for number in range(MOST_STEPS))
BUTTONS: Final = frozenset({*STEPS, WHOLE, DISMISS})

NONE: Final = "-"
_VALUE: Final = re.compile(r"(?a)(g-[0-9a-f]{4,64}):(s-[0-9a-f]{4,64}):(-1|[0-9]{1,2}):([0-9a-f]{12,64}|-)")


class Mark(msgspec.Struct, frozen=True):
    """``step`` counts from 0 on, -1 is all in one plan, or the suggestion itself; ``digest``: of the plan, or of all that it does."""

    group: str
    suggestion: str
    step: int
    digest: str = ""

    @classmethod
    def of(cls, value: str) -> "Mark | None":
        """Read a value; ``None`` for anything that no board carries."""
        found = _VALUE.fullmatch(value)
        return cls(found[1], found[2], int(found[3]), found[4].strip(NONE)) if found else None

    @property
    def value(self) -> str:
        """What a button or a form carries."""
        return f"{self.group}:{self.suggestion}:{self.step}:{self.digest or NONE}"


def dismissal_of(group: str, one: Suggestion) -> str:
    """Return what the button carries that dismisses a suggestion: all that it would do stands for it."""
    return Mark(group, one.id, -1, seal(one)).value


def value_of(group: str, one: Suggestion, step: int) -> str:
    """Return what the button of a step carries; -1 is all in one."""
    meant = one.step(step)
    return Mark(group, one.id, step, meant.digest if meant else "").value
