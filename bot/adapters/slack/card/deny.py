"""The modal behind Deny…: a no needs a reason."""

from typing import Final

from bot.adapters.slack.card.kit import plain
from bot.adapters.slack.card.painted import Block

CALLBACK_ID: Final = "ir_deny_modal"


def deny_modal(request_id: str, revision: int, short_digest: str) -> Block:
    """Return the view that asks why; what it carries is the value of the button, read back as one."""
    asked = {
        "type": "input",
        "block_id": "reason",
        "label": plain("Why not? Everybody who sees the request reads this.", 2000),
        "element": {
            "type": "plain_text_input",
            "action_id": "text",
            "multiline": True,
            "min_length": 1,
            "max_length": 2000,
            "focus_on_load": True,
        },
    }
    return {
        "type": "modal",
        "callback_id": CALLBACK_ID,
        "title": plain(f"Deny {request_id}", 24),
        "submit": plain("Deny", 24),
        "close": plain("Back", 24),
        "private_metadata": f"{request_id}:{revision}:{short_digest}"[:3000],
        "blocks": [asked],
    }
