"""How much may be contained at once, and how often one person may ask: counted in the transaction that adds."""

from collections import Counter
from datetime import timedelta

from bot.domain import policy as rules
from bot.domain.findings import Refusal
from bot.domain.policy.limits import REQUEST_WINDOW
from bot.domain.requests import Request
from bot.engine.asking import ask_again
from bot.engine.context import Context
from bot.ports import Transaction


async def over_caps(context: Context, tx: Transaction, request: Request) -> Refusal | None:
    """Return why there is no room for this request beside what is active, if there is none."""
    rows = await tx.parts.active()
    cluster = request.plan.cluster
    targets = [row.part.target for row in rows]
    since = tx.now - timedelta(seconds=REQUEST_WINDOW)
    recent = await tx.requests.recent(open_only=False, limit=500)
    lately = sum(1 for r in recent if r.requester == request.requester and r.created_at >= since)
    active = rules.Active(
        total=len(targets),
        in_cluster=sum(1 for t in targets if t.cluster == cluster),
        in_namespaces=Counter(t.namespace for t in targets if t.cluster == cluster and t.namespace),
        asked_lately=lately,
    )
    decision = rules.within_caps(context.policy, ask_again(request), active)
    return decision if isinstance(decision, Refusal) else None
