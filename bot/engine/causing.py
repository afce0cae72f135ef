"""
A request that came of a suggestion: who asks is a person with their own rights, and the plan is made anew.

The suggestion only says why. It is held in the transaction that stores the request, so that what was dismissed
meanwhile, or is over, is not begun by an old button; both know of each other from then on.
"""

import re
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.domain.findings import Refusal
from bot.domain.requests import Request, state_of
from bot.domain.states import FINAL
from bot.domain.suggestions import Suggested, Suggestion
from bot.domain.suggestions.likeness import likeness
from bot.engine.boards import repainted
from bot.engine.dismissing import GONE, dismissed_already, held
from bot.ports import Transaction

PLAIN = re.compile(r"(?a)[\w.:-]{1,100}")
OVER = Refusal(
    "alert-over",
    "The alert is over, and with it what it suggested.",
    "If it is needed all the same, ask for it by its own command.",
)


async def barred(tx: Transaction, request: Request) -> Refusal | None:
    """Return why this can't come of the suggestion that is named; ``None`` also where none is."""
    cause = request.cause
    if cause is None:
        return None
    found = await held(tx, cause.suggestion)
    same = found is not None and (found.group_id, found.playbook) == (cause.group, cause.playbook)
    if found is None or not same or found.step(cause.step) is None:
        return GONE
    if not found.open:
        return dismissed_already(found)
    twice = await _under_way(tx, found.step(cause.step))
    if twice is not None:
        return twice
    group = await tx.alerts.group(cause.group)
    return OVER if group is None or not group.firing else None


async def _under_way(tx: Transaction, step: Suggested | None) -> Refusal | None:
    """Two may press the same button: what came of the first is not asked for a second time while it goes on."""
    asked = step.request_id if step else ""
    if not asked or state_of(await tx.parts.of(asked)) in FINAL:
        return None
    return Refusal("asked-already", f"That step was asked for as {asked}.", f"Look at /ir status {asked}.")


async def came_of(tx: Transaction, request: Request) -> None:
    """Mark the suggestion's step with the request that came of it."""
    cause = request.cause
    if cause is None:
        return
    found = await held(tx, cause.suggestion)
    if found is not None:
        await tx.suggestions.put(_marked(found, cause.step, request.id))
        await repainted(tx, cause.group)


async def otherwise(tx: Transaction, request: Request) -> str:
    """Return how a request differs from what was suggested, in a sentence; empty where it does not."""
    found = await tx.suggestions.get(request.cause.suggestion) if request.cause else None
    step = found.step(request.cause.step) if found and request.cause else None
    if step is None or found is None or _alike(step, request):
        return ""
    return f"Its plan is not the one that was suggested at {found.made_at:%H:%M} UTC: look at this one."


def told(request: Request) -> dict[str, Any]:
    """Return what a record says of the cause of a request."""
    cause = request.cause
    if cause is None:
        return {}
    said: dict[str, Any] = msgspec.to_builtins(cause)
    return {"cause": {key: value for key, value in said.items() if key != "auto" or value}}


async def recorded(tx: Transaction, request: Request) -> dict[str, Any]:
    """Return the same, and the rule that alerted, where its name is a plain word: it is from outside."""
    group = await tx.alerts.group(request.cause.group) if request.cause else None
    rule = {"rule": group.rule} if group is not None and PLAIN.fullmatch(group.rule) else {}
    return {**told(request), **rule}


def _alike(step: Suggested, request: Request) -> bool:
    return bool(step.digest) and step.digest == likeness(request.plan, request.id)


def _marked(found: Suggestion, number: int, request_id: str) -> Suggestion:
    if number == -1:
        return replace(found, whole=replace(found.whole, request_id=request_id) if found.whole else None)
    steps = tuple(
        replace(step, request_id=request_id) if index == number else step
        for index, step in enumerate(found.steps)
    )
    return replace(found, steps=steps)
