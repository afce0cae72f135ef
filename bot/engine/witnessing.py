"""
Who is to look at flows of a part that stands, and when: the third rung, later and without anyone asking.

It looks once the engine must have acted, so it is made anew for each look. A pod is looked at over the last moments, as
far as relays remember; an address as far back as the block, since the firewall's log comes minutes later.
"""

from datetime import datetime, timedelta
from typing import Final

from bot.domain.ladder import denying
from bot.domain.ladder.denying import ADDRESS, Denying
from bot.domain.ladder.rungs import Outcome, Rung
from bot.domain.ladder.verdicts import FLOWS
from bot.domain.ladder.witnessed import Untimely, Witnessed
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.engine.context import Context
from bot.engine.snapshots import sighted, taken_effect

LEAST: Final = timedelta(seconds=5)
"""How long there must have been time to try."""
LAST: Final = timedelta(seconds=30)
"""How far a look goes back: what a relay with a full buffer may still remember."""
SELDOM: Final = timedelta(hours=1)
"""How often the firewall's log is asked of a block that was seen to deny, or that is old: each question is billed."""


async def witnesses(context: Context, row: PartRow) -> tuple[Rung, ...]:
    """Return the rung that looks at flows of this part now; none where nobody sees any, or it is too early."""
    moment = looks_from(context, row)
    if moment is None:
        return ()
    async with context.store.begin() as tx:
        now = tx.now
    if now < moment + LEAST:
        return ()
    block = row.part.target.kind == ADDRESS
    since = max(moment, now - (denying.LONGEST if block else LAST))
    rung: Rung = Denying(since) if block else _of_pods(context, row, since)
    return (rung,) if rung.suits(row.part) else ()


def _of_pods(context: Context, row: PartRow, since: datetime) -> Rung:
    live = sighted(context, row.part.target.cluster, live=True)
    return Witnessed(since) if live else Untimely()


def looks_from(context: Context, row: PartRow) -> datetime | None:
    """Return from when on flows of a part tell of its containment; ``None`` where nobody sees them."""
    cluster = row.part.target.cluster
    seen = blocks_seen(context, cluster) if row.part.target.kind == ADDRESS else sighted(context, cluster)
    return taken_effect(row) if seen else None


def blocks_seen(context: Context, cluster: str = "") -> bool:
    """Whether the firewall's log can be asked, of this cluster where one is named."""
    named = (one for one in context.flows if one.name == denying.SOURCE)
    return any(not cluster or one.serves(cluster) for one in named)


def due(context: Context, row: PartRow, last: datetime | None, now: datetime) -> bool:
    """Whether a part is to be measured: never measured, too long ago, or not since its flows tell of the containment."""
    if last is None:
        return True
    moment = looks_from(context, row)
    if moment is not None and last < moment + LEAST <= now:
        return True
    return now >= last + _every(context, row, now)


def _every(context: Context, row: PartRow, now: datetime) -> timedelta:
    since = row.since(PartState.APPLIED)
    if row.part.target.kind != ADDRESS or since is None:
        return context.limits.measure
    shown = any(e.rung == FLOWS and e.outcome == Outcome.HOLDS for e in row.evidence)
    return max(SELDOM, context.limits.measure) if shown or now - since > SELDOM else context.limits.measure
