"""What stands in the place of the form after it was sent: that it is looked at, the plan, what came of it."""

import hashlib
from typing import Final

import msgspec

from bot.adapters.slack.card import paint_preview
from bot.adapters.slack.card.explaining import explaining
from bot.adapters.slack.card.kit import button, context, modal, plain
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.card.rich import code, line, rich, say
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form import ids
from bot.adapters.slack.writing import written
from bot.domain.findings import Refusal, Reply
from bot.domain.policy.acting_alone import REASON
from bot.domain.policy.durations import told as duration
from bot.domain.requests import Mode, Request
from bot.engine.saying import worded
from bot.engine.ways import Way

MOST: Final = 90  # blocks of the plan, beside ours
TOLD: Final = 2000
ALERT: Final = 200


def waiting_id(key: str) -> str:
    """Return the external_id of the view that waits for one row: whatever replaced it is left alone."""
    return f"ir-{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def waiting(key: str, words: str, typed: str) -> Block:
    """Return the view that stands until the row is done; ``typed`` does the same without a form."""
    below = rich(line(say("If this stays, type:")), code(typed or "/ir contain"))
    return modal(ids.NOTHING, "Contain", [_said(words), below]) | {"external_id": waiting_id(key)}


def planned(request: Request, typed: str, offered: tuple[Way, ...] = ()) -> Block:
    """Return the view that shows the plan; sending it asks for approval, or in the way that is chosen of those offered."""
    blocks = [*paint_preview(request).blocks[:MOST], *_ways(offered), _back("Back")]
    return modal(
        ids.PLAN,
        "The plan, not asked yet",
        blocks,
        typed,
        submit="Go on" if offered else "Ask for approval",
        close="Cancel",
    )


def _ways(offered: tuple[Way, ...]) -> list[Block]:
    if not offered:
        return []
    options = [
        _choice(Mode.QUORUM, "Ask for approval", "Others decide; nothing runs before."),
        *map(_way, offered),
    ]
    radio = {
        "type": "radio_buttons",
        "action_id": ids.FIELD,
        "options": options,
        "initial_option": options[0],
    }
    return [{"type": "input", "block_id": ids.WAY, "label": plain("How it goes on", 200), "element": radio}]


def _way(way: Way) -> Block:
    lasts = duration(way.lasts)
    if way.mode is Mode.SOLO:
        text = f"For {lasts}; stays cut after that. Others review it."
        return _choice(way.mode, "Solo: start it now, on my word alone", text)
    text = f"For {lasts}. Asks why, and for the name; calls everybody."
    return _choice(way.mode, "Break-glass: go past the approvers", text)


def _choice(mode: Mode, text: str, more: str) -> Block:
    return {"text": plain(text, 75), "value": mode.value, "description": plain(more, 75)}


def glass(asked: Propose, typed: str) -> Block:
    """Return the view that asks why it cannot wait; sending it has it asked for, and nothing runs before it is confirmed."""
    warned = "Break-glass goes past the approvers. They and the reviewers are called, and everybody reads your reason."
    blocks: list[Block] = [
        {"type": "alert", "level": "warning", "text": plain(warned, ALERT)},
        rich(code(written(msgspec.structs.replace(asked, reason="")))),
        explaining(f"Why can it not wait? At least {REASON} characters.", asked.reason),
        context("Nothing runs yet: next you type the name of what it is about."),
    ]
    return modal(ids.GLASS, "Break-glass", blocks, typed, submit="Go on", close="Cancel")


def refused(refusal: Refusal, typed: str) -> Block:
    """Return the view that says why not, with the way back to the form."""
    return modal(ids.NOTHING, "Not possible", [_said(worded(refusal)), _back("Back to the form")], typed)


def over(reply: Reply) -> Block:
    """Return the view that says what came of it, and asks nothing more."""
    return modal(
        ids.NOTHING, "Not possible" if isinstance(reply, Refusal) else "Contain", [_said(worded(reply))]
    )


def _said(text: str) -> Block:
    return rich(line(say(text, TOLD)))


def _back(words: str) -> Block:
    return {"type": "actions", "block_id": "back", "elements": [button(ids.BACK, words, "back")]}
