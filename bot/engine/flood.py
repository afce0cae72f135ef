"""The flood guard: pods that are cut within minutes, and the share of a namespace, counted by the database."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from bot.domain import policy as rules
from bot.domain.plans import Plan
from bot.engine.context import Context
from bot.ports import Transaction


async def too_much(context: Context, tx: Transaction, plan: Plan, request_id: str) -> str:
    """
    Return why this plan would be too much beside what other requests cut, or an empty text.

    Only what was approved counts. Whoever approves on this answer has waited at ``counts.floodgate`` before, in the
    same transaction: two that are decided at once are then counted one after the other.
    """
    asked = _asked(plan)
    if not asked:
        return ""
    since = tx.now - timedelta(minutes=context.policy.flood.minutes)
    found = await tx.counts.crowd(since, request_id)
    held = {(g.cluster, g.namespace): g.pods for g in found}
    running = _running(plan) if plan.steps else _alone(plan, asked)
    shares = [rules.Share("/".join(p), n, held.get(p, 0), running.get(p)) for p, n in asked.items()]
    crowd = rules.Crowd(asked.total(), sum(g.lately for g in found), shares)
    return rules.flooding(context.policy.flood, crowd)


_Place = tuple[str, str]


def _asked(plan: Plan) -> Counter[_Place]:
    """Count the pods that it cuts: those that a selector catches are as many as if each had been named."""
    found: Counter[_Place] = Counter()
    for part in plan.parts:
        if part.target.namespace:
            found[part.target.cluster, part.target.namespace] += part.pods
    return found


def _alone(plan: Plan, asked: Iterable[_Place]) -> dict[_Place, int | None]:
    """What was counted is one namespace's."""
    spaces = tuple(asked)
    return dict.fromkeys(spaces, plan.blast_radius.running if len(spaces) == 1 else None)


def _running(plan: Plan) -> dict[_Place, int | None]:
    """Return how many pods of each namespace run, as the steps that are in one saw it."""
    found: dict[_Place, int | None] = {}
    for step, parts in plan.by_step():
        for part in parts:
            found.setdefault((part.target.cluster, part.target.namespace), step.blast_radius.running)
    return found


async def foreseen(context: Context, plan: Plan, request_id: str) -> str:
    """Return the same as things stand before anything is stored; it is counted again when a word is given."""
    async with context.store.begin() as tx:
        return await too_much(context, tx, plan, request_id)
