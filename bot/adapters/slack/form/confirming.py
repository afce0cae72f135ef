"""
The forms that ask to type a name before an approval counts, or a break-glass runs.

What it carries beside the button's value only lets a slip be said at the field at once; whether it counts is
judged where votes are counted and glass is broken, from the stored plan.
"""

import hashlib
from typing import Final

import msgspec

from bot.adapters.slack.card.kit import modal, plain
from bot.adapters.slack.card.painted import Block, value_of
from bot.adapters.slack.card.rich import line, rich, say
from bot.adapters.slack.form import ids
from bot.adapters.slack.text import incoming
from bot.domain.confirmations import confirmation, confirmed_part
from bot.domain.requests import Request
from bot.engine.alone import confirmed_by

MARK: Final = "#"
LONGEST: Final = 300
ALERT: Final = 200
PLAIN: Final = "Type the name shown above (of the pod, or the address)"
COUNTED: Final = "Type what is shown above: a target's name, then + and how many more targets all steps have"
MORE: Final = " + the number of the others"
WRONG: Final = "That is not the name of what this plan is about. Type it exactly as the plan shows it."


def confirm_modal(request: Request) -> Block:
    """Return the view; the name itself is read from the summary and the target, never filled in."""
    plan = request.plan
    no_way_back = (
        "This has no way back." if not plan.reversible else "This hits everything behind the firewall."
    )
    form = _Form(ids.CONFIRM, f"Approve {request.id}", f"Warning: {no_way_back}", "Approve")
    return _typing(request, confirmation(plan), form)


def break_modal(request: Request) -> Block:
    """Return the view that asks who broke the glass to type the name; from then on it runs."""
    warned = (
        "Warning: this runs at once and past the approvers, who are all called with the reviewers. It stays open "
        "until somebody else signs it off."
    )
    form = _Form(ids.BREAK, f"Break glass {request.id}", warned, "Break the glass")
    return _typing(request, confirmed_by(request.plan), form)


class _Form(msgspec.Struct, frozen=True):
    callback_id: str
    title: str
    warning: str
    submit: str


def _typing(request: Request, name: str, form: _Form) -> Block:
    plan = request.plan
    target = confirmed_part(plan).target
    more = name != target.name
    blocks: list[Block] = [
        {"type": "alert", "level": "warning", "text": plain(form.warning, ALERT)},
        rich(line(say(plan.summary, 1500, bold=True))),
        rich(line(say(f"{target.kind}{MORE if more else ''}: ", 60), say(name, LONGEST, code=True))),
        {
            "type": "input",
            "block_id": ids.NAME,
            "label": plain(COUNTED if more else PLAIN, 200),
            "element": {
                "type": "plain_text_input",
                "action_id": ids.FIELD,
                "max_length": LONGEST,
                "focus_on_load": True,
            },
        },
    ]
    sealed = f"{value_of(request)}{MARK}{_seal(name)}"
    return modal(form.callback_id, form.title, blocks, sealed, submit=form.submit, close="Back")


def carried(metadata: str) -> str:
    """Return the button's value from what the form carries."""
    return metadata.partition(MARK)[0]


def slipped(metadata: str, typed: str) -> bool:
    """Whether what was typed is plainly not the name that the form asked for."""
    return _seal(incoming(typed)) != metadata.partition(MARK)[2]


def _seal(name: str) -> str:
    return hashlib.sha256(incoming(name).encode()).hexdigest()[:16]
