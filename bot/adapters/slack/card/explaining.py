"""Modals that ask for words which everybody then reads: why not, what was looked at."""

from bot.adapters.slack.card.kit import modal, plain
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.form import ids


def deny_modal(request_id: str, revision: int, short_digest: str) -> Block:
    """Return the view that asks why not; what it carries is the value of the button, read back as one."""
    asked = "Why not? Everybody who sees the request reads this."
    carried = f"{request_id}:{revision}:{short_digest}"
    return modal(ids.DENY, f"Deny {request_id}", [explaining(asked)], carried, submit="Deny", close="Back")


def review_modal(request_id: str, revision: int, short_digest: str) -> Block:
    """Return the view that asks what was looked at; what it carries is the value of the button, read back as one."""
    asked = "What did you look at? Everybody who sees the request reads this."
    carried = f"{request_id}:{revision}:{short_digest}"
    return modal(
        ids.REVIEW, f"Review {request_id}", [explaining(asked)], carried, submit="Sign off", close="Back"
    )


def explaining(label: str, given: str = "") -> Block:
    """Return the field for a reason; without one the form is not taken."""
    filled = {"initial_value": given[:2000]} if given else {}
    return {
        "type": "input",
        "block_id": ids.REASON,
        "label": plain(label, 2000),
        "element": {
            "type": "plain_text_input",
            "action_id": "text",
            "multiline": True,
            "min_length": 1,
            "max_length": 2000,
            "focus_on_load": True,
            **filled,
        },
    }
