"""What must be typed before a yes counts: a click is too easy for what cannot be undone, or hits everybody."""

import unicodedata

from bot.domain.plans import Part, Plan

WIDE = "estate"


def confirmed_part(plan: Plan) -> Part:
    """
    Return the part whose name is typed.

    It is the first: whoever types its name has read what the plan is about. Of several steps it is that of the first that
    has no way back, or reaches beyond one cluster, where there is one.
    """
    grave = (parts[0] for step, parts in plan.by_step() if step.scope == WIDE or not step.reversible)
    return next(grave, plan.parts[0])


def confirmation(plan: Plan) -> str:
    """
    Return the name that an approver types for this plan, empty where a click is enough.

    It is a target's own name (the pod's, or the address). Asked for what has no way back, and for what reaches beyond one
    cluster.
    """
    needed = not plan.reversible or plan.scope == WIDE
    return confirmed_part(plan).target.name if needed and plan.parts else ""


def whole(plan: Plan) -> str:
    """
    Return what is typed where one person's word is enough for all of it: a name.

    Of several steps it says how many more targets there are, as in ``api-7d9f+3``: one name alone does not stand for what
    others than its own step do.
    """
    name = confirmed_part(plan).target.name
    return f"{name}+{len(plan.parts) - 1}" if plan.steps else name


def matches(typed: str, name: str) -> bool:
    """Whether what was typed is exactly this name, compared in NFKC, blanks around it aside."""
    return unicodedata.normalize("NFKC", typed).strip() == unicodedata.normalize("NFKC", name).strip()
