"""What must be typed before a yes counts: a click is too easy for what cannot be undone, or hits everybody."""

import unicodedata

from bot.domain.plans import Plan

WIDE = "estate"


def confirmation(plan: Plan) -> str:
    """
    Return the name that an approver types for this plan, empty where a click is enough.

    It is the first target's own name (the pod's, or the address): whoever types it has read what the plan is
    about. Asked for what has no way back, and for what reaches beyond one cluster.
    """
    needed = not plan.reversible or plan.scope == WIDE
    return plan.parts[0].target.name if needed and plan.parts else ""


def matches(typed: str, name: str) -> bool:
    """Whether what was typed is exactly this name, compared in NFKC, blanks around it aside."""
    return unicodedata.normalize("NFKC", typed).strip() == unicodedata.normalize("NFKC", name).strip()
