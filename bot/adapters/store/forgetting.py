"""
What is forgotten of alerts, in portions, each a transaction of its own: nobody waits long for any of it.

The audit log keeps that it was. A group that a request came of stays, with what was suggested for it.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy import BindParameter, bindparam, delete, exists, select

from bot.adapters.store.alert_tables import alert_groups, alerts
from bot.adapters.store.alerts import KEPT, PORTION
from bot.adapters.store.alerts import prune as prune_alerts
from bot.adapters.store.doors import Working
from bot.adapters.store.rows import micros
from bot.adapters.store.suggestion_tables import looks, suggestions
from bot.adapters.store.tables import cards, requests
from bot.adapters.store.work import Work

Step = Callable[[Work], Awaitable[int]]

_due = exists().where(looks.c.group_id == alert_groups.c.id, looks.c.due_at.is_not(None))
_OLD = (
    select(alert_groups.c.id)
    .where(
        alert_groups.c.updated_at < bindparam("before"),
        ~exists().where(alerts.c.group_id == alert_groups.c.id),
        ~exists().where(requests.c.alerts == alert_groups.c.id),
        ~_due,
    )
    .order_by(alert_groups.c.updated_at)
    .limit(PORTION)
    .with_for_update(skip_locked=True, of=alert_groups)
)
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_DELETE = (
    delete(looks).where(looks.c.group_id.in_(_IDS)),
    delete(suggestions).where(suggestions.c.group_id.in_(_IDS)),
    delete(cards).where(cards.c.request_id.in_(_IDS)),
    delete(alert_groups).where(alert_groups.c.id.in_(_IDS)),
)


async def groups(work: Work) -> int:
    """Delete a portion of the groups that were told of for the last time long ago, and all that is kept of them."""
    rows = await work.rows(_OLD, before=micros(work.now - KEPT))
    ids = [row.id for row in rows]
    if ids:
        for statement in _DELETE:
            await work.count(statement, ids=ids)
    return len(ids)


async def forget_alerts(working: Working) -> int:
    """Delete old alerts, then the groups that have none left; return how many of both."""
    gone = 0
    for step in (prune_alerts, groups):
        gone += await _all(working, step)
    return gone


async def _all(working: Working, step: Step) -> int:
    gone = 0
    while True:
        async with working() as work:
            last = await step(work)
        gone += last
        if last < PORTION:
            return gone
