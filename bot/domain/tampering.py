"""Which of what others changed lets traffic through again."""

from bot.domain.changes import Create, Patch
from bot.domain.plans import Part
from bot.domain.requests import Difference

MOST_REAPPLIED = 3
"""How often ours is written again without asking; whoever opens it a fourth time is dealt with by a person."""


def reopens(part: Part, difference: Difference) -> bool:
    """
    Whether a difference opens what a part had cut: its policy is gone or another, or a label of the pod's is.

    That is our own, or, where it was detached, one by which others select it. An annotation that others changed lets
    nothing through, nor does an entry of a shared thing count here: its lane has a watch of its own.
    """
    for change in part.changes:
        match change:
            case Create(ref) if ref == difference.ref:
                return True
            case Patch(ref) if ref == difference.ref:
                return difference.field.startswith("labels[")
            case _:
                pass
    return False
