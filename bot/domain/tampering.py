"""Which of what others changed lets traffic through again."""

from bot.domain.changes import Create, Patch
from bot.domain.isolation import LABEL
from bot.domain.plans import Part
from bot.domain.requests import Difference

MOST_REAPPLIED = 3
"""How often ours is written again without asking; whoever opens it a fourth time is dealt with by a person."""


def reopens(part: Part, difference: Difference) -> bool:
    """
    Whether a difference opens what a part had cut: its policy is gone or another, or the pod has lost the label.

    An annotation that others changed lets nothing through, nor does an entry of a shared thing count here: its
    lane has a watch of its own.
    """
    for change in part.changes:
        match change:
            case Create(ref) if ref == difference.ref:
                return True
            case Patch(ref) if ref == difference.ref:
                return difference.field == f"labels[{LABEL}]"
            case _:
                pass
    return False
