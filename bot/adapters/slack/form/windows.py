"""What stands in the place of the form after it was sent: that it is looked at, the plan, what came of it."""

import hashlib
from typing import Final

from bot.adapters.slack.card import paint_preview
from bot.adapters.slack.card.kit import button, plain
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.form import ids
from bot.domain.findings import Refusal, Reply
from bot.domain.requests import Request
from bot.engine.saying import worded

MOST: Final = 90  # blocks of the plan, beside ours
TOLD: Final = 2000


def waiting_id(key: str) -> str:
    """Return the external_id of the view that waits for one row: whatever replaced it is left alone."""
    return f"ir-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def waiting(key: str, words: str, typed: str) -> Block:
    """Return the view that stands until the row is done; ``typed`` does the same without a form."""
    below = rich(line(say("If this stays, type:")), code(typed or "/ir contain"))
    return _view("Contain", [_said(words), below]) | {"external_id": waiting_id(key)}


def planned(request: Request, typed: str) -> Block:
    """Return the view that shows the plan; sending it asks for approval."""
    view = _view("The plan, not asked yet", [*paint_preview(request).blocks[:MOST], _back("Back")], typed)
    return view | {
        "callback_id": ids.PLAN,
        "submit": plain("Ask for approval", 24),
        "close": plain("Cancel", 24),
    }


def refused(refusal: Refusal, typed: str) -> Block:
    """Return the view that says why not, with the way back to the form."""
    return _view("Not possible", [_said(worded(refusal)), _back("Back to the form")], typed)


def over(reply: Reply) -> Block:
    """Return the view that says what came of it, and asks nothing more."""
    return _view("Not possible" if isinstance(reply, Refusal) else "Contain", [_said(worded(reply))])


def _view(title: str, blocks: list[Block], carried: str = "") -> Block:
    return {
        "type": "modal",
        "callback_id": ids.NOTHING,
        "title": plain(title, 24),
        "close": plain("Close", 24),
        "private_metadata": carried[: ids.METADATA],
        "blocks": blocks,
    }


def _said(text: str) -> Block:
    return rich(line(say(text, TOLD)))


def _back(words: str) -> Block:
    return {"type": "actions", "block_id": "back", "elements": [button(ids.BACK, words, "back")]}
