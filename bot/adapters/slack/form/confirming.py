"""
The form that asks to type a name before an approval counts.

What it carries beside the button's value only lets a slip be said at the field at once; whether the vote counts is
judged where votes are counted, from the stored plan.
"""

import hashlib
from typing import Final

from bot.adapters.slack.card.kit import plain
from bot.adapters.slack.card.painted import Block, value_of
from bot.adapters.slack.card.rich import line, rich, say
from bot.adapters.slack.form import ids
from bot.adapters.slack.text import incoming
from bot.domain.confirmations import confirmation
from bot.domain.requests import Request

MARK: Final = "#"
LONGEST: Final = 300
ALERT: Final = 200
WRONG: Final = "That is not the name of what this plan is about. Type it exactly as the plan shows it."


def confirm_modal(request: Request) -> Block:
    """Return the view; the name itself is read from the summary and the target, never filled in."""
    plan = request.plan
    name = confirmation(plan)
    no_way_back = (
        "This has no way back." if not plan.reversible else "This hits everything behind the firewall."
    )
    target = plan.parts[0].target
    return {
        "type": "modal",
        "callback_id": ids.CONFIRM,
        "title": plain(f"Approve {request.id}", 24),
        "submit": plain("Approve", 24),
        "close": plain("Back", 24),
        "private_metadata": f"{value_of(request)}{MARK}{_seal(name)}",
        "blocks": [
            {"type": "alert", "level": "warning", "text": plain(f"Warning: {no_way_back}", ALERT)},
            rich(line(say(plan.summary, 1500, bold=True))),
            rich(line(say(f"{target.kind}: ", 60), say(name, LONGEST, code=True))),
            {
                "type": "input",
                "block_id": ids.NAME,
                "label": plain("Type the name shown above (of the pod, or the address)", 200),
                "element": {
                    "type": "plain_text_input",
                    "action_id": ids.FIELD,
                    "max_length": LONGEST,
                    "focus_on_load": True,
                },
            },
        ],
    }


def carried(metadata: str) -> str:
    """Return the button's value from what the form carries."""
    return metadata.partition(MARK)[0]


def slipped(metadata: str, typed: str) -> bool:
    """Whether what was typed is plainly not the name that the form asked for."""
    return _seal(incoming(typed)) != metadata.partition(MARK)[2]


def _seal(name: str) -> str:
    return hashlib.sha256(incoming(name).encode()).hexdigest()[:16]
