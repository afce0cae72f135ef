"""How much may be contained at once, and how often one person may ask: counted in the transaction that adds."""

from datetime import datetime, timedelta

from bot.domain import policy as rules
from bot.domain.findings import Refusal
from bot.domain.policy.limits import REQUEST_WINDOW
from bot.domain.requests import Request
from bot.engine.asking import ask_again
from bot.engine.context import Context
from bot.ports import Transaction


async def over_caps(
    context: Context, tx: Transaction, request: Request, *, stored: bool = False
) -> Refusal | None:
    """
    Return why there is no room for this request beside what is active, if there is none.

    ``stored``: it was counted as asked when it was asked.
    """
    held = await tx.counts.tally()
    here = [tally for tally in held if tally.cluster == request.plan.cluster]
    since = tx.now - timedelta(seconds=REQUEST_WINDOW)
    active = rules.Active(
        total=sum(tally.parts for tally in held),
        in_cluster=sum(tally.parts for tally in here),
        in_namespaces={tally.namespace: tally.parts for tally in here if tally.namespace},
        asked_lately=await _asked(tx, request, since) if not stored else 0,
    )
    decision = rules.within_caps(context.policy, ask_again(request), active)
    return decision if isinstance(decision, Refusal) else None


async def _asked(tx: Transaction, request: Request, since: datetime) -> int:
    """What a playbook does by itself has a rate of its own."""
    return 0 if request.requester is None else await tx.counts.asked_since(request.requester.key, since)
