"""A sent form before its acknowledgement: what is wrong is said at its field, from what is in memory."""

from collections.abc import Mapping
from typing import Any

from bot.adapters.slack.answers import Inbound
from bot.adapters.slack.commands import Propose
from bot.adapters.slack.form import confirming, ids
from bot.adapters.slack.form.spelling import Errors, Spelt, spelt
from bot.adapters.slack.form.windows import waiting
from bot.adapters.slack.grammar import Known, read
from bot.domain.hidden import hidden

LOOKING = "Looking at the cluster and making the plan…"
ASKING = "Asking for approval…"


def errors_of(inbound: Inbound, known: Known) -> Errors:
    """Return what is wrong with a form by block; a form of which nothing is known here is let through to its row."""
    match inbound.name:
        case ids.ASK:
            found = asked(inbound, known)
            return found if isinstance(found, dict) else {}
        case ids.CONFIRM:
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
        case ids.PLAN:
            return {"response_action": "update", "view": waiting(key, ASKING, f"/ir {inbound.value}")}
        case _:
            return {}


def asked(inbound: Inbound, known: Known) -> Spelt | Errors:
    """Return what the form of an action asks for, or what is wrong by block."""
    return spelt(inbound.value, dict(inbound.filled), known)


def carried(line: str, known: Known) -> Propose | None:
    """
    Return what a view of ours carries, ``None`` for what none does.

    The client sends it back, so it is read like anything that was typed, and judged anew by the use case.
    """
    if any(hidden(character) for character in line):
        return None
    found = read(line, known)
    return found if isinstance(found, Propose) else None
