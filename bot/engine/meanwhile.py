"""What became of the wish, between the decision to act without a person and the first write: the alert, and what people said."""

from datetime import timedelta
from typing import Final

from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.domain.playbooks import Meanwhile, may_go_on, names
from bot.domain.requests import Mode, Request
from bot.domain.suggestions import Cause
from bot.engine.context import Context
from bot.ports import Transaction

MOST_ALERTS: Final = 1000
"""So many of a group, the latest, are read: what only older ones name is not begun."""
REST: Final = timedelta(days=1)
"""So long a playbook rests once a person has undone what it did."""


async def not_any_more(context: Context, tx: Transaction, request: Request, remade: Plan) -> Refusal | None:
    """Return why what a playbook decided by itself is not begun, read now; ``None`` too for what it did not decide."""
    if request.mode is not Mode.AUTO:
        return None
    if request.cause is None:
        return Refusal("auto-off", "it is not known which playbook decided it", "Decide yourself.")
    return may_go_on(context.policy.auto, request.cause, remade, await _meanwhile(tx, request, request.cause))


async def _meanwhile(tx: Transaction, request: Request, cause: Cause) -> Meanwhile:
    group = await tx.alerts.group(cause.group)
    made = await tx.suggestions.get(cause.suggestion)
    return Meanwhile(
        decided=request.created_at,
        now=tx.now,
        firing=group is not None and await _fires(tx, request, cause),
        muted=group is not None and bool(await tx.suggestions.muted((group.told_by,))),
        dismissed=made is None or not made.open,
        undone=await tx.requests.undone(cause.playbook, tx.now - REST, besides=request.id),
    )


async def _fires(tx: Transaction, request: Request, cause: Cause) -> bool:
    alerts = await tx.alerts.of(cause.group, MOST_ALERTS, firing=True)
    targets = [part.target for part in request.plan.parts]
    return all(any(names(each, target) for each in alerts) for target in targets)
