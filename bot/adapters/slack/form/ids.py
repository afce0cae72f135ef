"""How forms, their blocks and their elements are called; what comes back names them."""

from typing import Final

CONTAIN: Final = "ir_contain"
CONTAIN_THIS: Final = "ir_contain_this"
SHORTCUTS: Final = frozenset({CONTAIN, CONTAIN_THIS})

ASK: Final = "ir_ask_form"
PLAN: Final = "ir_ask_plan"
CONFIRM: Final = "ir_approve_modal"
GLASS: Final = "ir_glass_form"
BREAK: Final = "ir_break_modal"
DENY: Final = "ir_deny_modal"
REVIEW: Final = "ir_review_modal"
DISMISS: Final = "ir_dismiss_modal"
NOTHING: Final = "ir_told"

CHOOSE: Final = "ir_form_action"
BACK: Final = "ir_form_back"
PRESSED: Final = frozenset({CHOOSE, BACK})

FIELD: Final = "field"
"""The action_id of every field but the choice of the action."""

SEARCH: Final = "ir_form_search"
SEARCH_CLUSTER: Final = "ir_form_search_cluster"

ACTION: Final = "action"
LEASE: Final = "lease"
REASON: Final = "reason"
NAME: Final = "name"
WAY: Final = "way"

UNKNOWN: Final = "-"
"""The value of an option that only says something; choosing it chooses nothing."""


def chosen(field: str) -> str:
    """Return the block where a slot's value is chosen, or typed where it is only typed."""
    return f"slot.{field}"


def typed(field: str) -> str:
    """Return the block where a value is typed that was not to be found."""
    return f"slot.{field}.typed"
