"""A sent form before its acknowledgement: what is wrong is said at its field, from what is in memory."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.card.painted import Block
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form import confirming, ids
from bot.adapters.slack.form.marked import unmarked
from bot.adapters.slack.form.spelling import Errors, Spelt, spelt
from bot.adapters.slack.form.windows import glass, waiting
from bot.adapters.slack.grammar import Known, read
from bot.adapters.slack.text import incoming
from bot.adapters.slack.writing import written
from bot.domain.hidden import hidden
from bot.domain.policy.acting_alone import REASON, visible
from bot.domain.requests import Mode

LOOKING = "Looking at the cluster and making the plan…"
ASKING = {
    Mode.QUORUM: "Asking for approval…",
    Mode.SOLO: "Starting it…",
    Mode.BREAK_GLASS: "Making the plan once more…",
}
WAYS = {mode.value: mode for mode in ASKING}


def errors_of(inbound: Inbound, known: Known) -> Errors:
    """Return what is wrong with a form by block; a form of which nothing is known here is let through to its row."""
    match inbound.name:
        case ids.ASK:
            found = asked(inbound, known)
            return found if isinstance(found, dict) else {}
        case ids.GLASS if visible(incoming(inbound.reason)) < REASON:
            return {
                ids.REASON: f"Say why it cannot wait, in {REASON} characters or more: it is recorded with it."
            }
        case ids.CONFIRM | ids.BREAK:
            typed = dict(inbound.filled).get(ids.NAME, ("",))
            return {ids.NAME: confirming.WRONG} if confirming.slipped(inbound.value, "".join(typed)) else {}
        case _:
            return {}


def reply_to(inbound: Inbound, key: str, known: Known) -> Mapping[str, Any]:
    """Return how a form is acknowledged whose row is written: the view that waits, or nothing, which closes it."""
    match inbound.name:
        case ids.ASK:
            found = asked(inbound, known)
            line = found.line if isinstance(found, Spelt) else ""
            return {"response_action": "update", "view": waiting(key, LOOKING, f"/ir plan {line}")}
        case ids.PLAN | ids.GLASS:
            words = ASKING[way_of(inbound) or Mode.QUORUM]
            return {"response_action": "update", "view": waiting(key, words, f"/ir {_line(inbound, known)}")}
        case _:
            return {}


def turned(inbound: Inbound, known: Known) -> Block | None:
    """Return the next page of a form that asks nothing yet, from what is in memory: there is no row for it."""
    if inbound.name != ids.PLAN or way_of(inbound) is not Mode.BREAK_GLASS:
        return None
    found = chosen(inbound, known)
    return glass(found, inbound.value) if found is not None else None


def chosen(inbound: Inbound, known: Known) -> Propose | None:
    """
    Return what a plan, or the reason for breaking the glass, asks for; ``None`` for a form that is not ours.

    The line that it carries says what, the choice by whose word.
    """
    found, mode = carried(inbound.value, known), way_of(inbound)
    if found is None or mode is None:
        return None
    reason = incoming(inbound.reason) if inbound.name == ids.GLASS else found.reason
    return msgspec.structs.replace(found, preview=False, mode=mode, reason=reason)


def way_of(inbound: Inbound) -> Mode | None:
    """Return the way that was chosen, a quorum where none was to be chosen, ``None`` for one that there is not."""
    if inbound.name == ids.GLASS:
        return Mode.BREAK_GLASS
    values = dict(inbound.filled).get(ids.WAY, (Mode.QUORUM.value,))
    return WAYS.get(values[0]) if len(values) == 1 else None


def _line(inbound: Inbound, known: Known) -> str:
    found = chosen(inbound, known)
    return written(found) if found is not None else unmarked(inbound.value)[0]


def asked(inbound: Inbound, known: Known) -> Spelt | Errors:
    """Return what the form of an action asks for, or what is wrong by block."""
    return spelt(unmarked(inbound.value)[0], dict(inbound.filled), known)


def carried(line: str, known: Known) -> Propose | None:
    """
    Return what a view of ours carries, ``None`` for what none does.

    The client sends it back, so it is read like anything that was typed, and judged anew by the use case.
    """
    line, _ = unmarked(line)
    if any(hidden(character) for character in line):
        return None
    found = read(line, known)
    return found if isinstance(found, Propose) else None
