"""What runs on one person's word: may it, how it starts, and what is owed afterwards."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from bot.domain import policy as rules
from bot.domain.digests import short
from bot.domain.findings import Finding, Forecast, Refusal
from bot.domain.people import Principal
from bot.domain.plans import Plan
from bot.domain.policy.acting_alone import ORDINARILY
from bot.domain.requests import Mode, PartRow, Request, Review
from bot.domain.states import Event, PartState
from bot.engine.asking import membership
from bot.engine.context import Context
from bot.ports import Transaction


def section(policy: rules.Policy, mode: Mode) -> rules.Alone | None:
    """Return what the policy says of this mode; ``None`` where it is off, and for a quorum."""
    match mode:
        case Mode.SOLO:
            return policy.solo
        case Mode.BREAK_GLASS:
            return policy.break_glass
        case Mode.QUORUM:
            return None


def wish(context: Context, mode: Mode, ask: rules.Ask, person: Principal, reason: str) -> rules.AskAlone:
    """Return the wish as the policy judges it."""
    return rules.AskAlone(mode.value, section(context.policy, mode), ask, reason, person)


async def early_refusal(context: Context, wished: rules.AskAlone) -> Refusal | None:
    """Return why this person may not act alone here, asked now, before anything is planned."""
    groups = wished.alone.request if wished.alone is not None else ()
    known = await membership(context, wished.ask, groups)
    decision = rules.may_ask_alone(wished, known)
    return decision if isinstance(decision, Refusal) else None


def late_refusal(
    wished: rules.AskAlone, plan: Plan, facts: rules.PlanFacts, needs: rules.Requirements
) -> Refusal | None:
    """Return why this plan may not run on one person's word."""
    enforced = plan.forecast is not Forecast.NOT_ENFORCED
    decision = rules.may_run_alone(wished, rules.Prospect(facts, needs, plan.reversible, enforced))
    return decision if isinstance(decision, Refusal) else None


def begun(
    policy: rules.Policy, request: Request, rows: tuple[PartRow, ...], tx: Transaction
) -> tuple[Request, tuple[PartRow, ...]]:
    """Return request and parts as they are once the one person's word counts: approved, and with its review open."""
    alone = section(policy, request.mode)
    assert alone is not None  # nothing gets here that the policy does not have
    due = tx.now + timedelta(seconds=rules.review_wait(alone))
    started = msgspec.structs.replace(request, approved_at=tx.now, review=Review(due_at=due))
    return started, tuple(row.moved(Event.APPROVE, tx.now) for row in rows)


async def wake(tx: Transaction, rows: Iterable[PartRow]) -> None:
    """Have the parts' lanes worked now."""
    for lane in sorted({row.part.lane for row in rows}):
        await tx.lanes.wake(lane, tx.now)


def worsened(request: Request, changed: tuple[Finding, ...]) -> Refusal:
    """Return why a plan that became worse does not run on one person's word."""
    what = "; ".join(finding.text for finding in changed[:3])
    text = f"Things changed since it was asked for, so it did not run {request.mode.value}: {what}."
    return Refusal(f"{request.mode.value}-worse", text, ORDINARILY)


def unowed(request: Request, rows: tuple[PartRow, ...]) -> Request:
    """Return the request without its review where nothing was ever begun: there is nothing to look at."""
    if request.review is None or any(row.since(PartState.EXECUTING) for row in rows):
        return request
    return msgspec.structs.replace(request, review=None)


def how_to_confirm(request: Request) -> str:
    """Say what break-glass is about to do, and exactly what to type for it."""
    name = confirmed_by(request.plan)
    return (
        "BREAK-GLASS. Nothing is done yet. Once you confirm, this runs at once and past the approvers, who are all "
        "called with the reviewers; it stays open until somebody else signs it off. "
        f"It will: {request.plan.summary}. Read the plan, then press Confirm… or type:\n"
        f"/ir confirm {request.id} {short(request.digest)} name {name}"
    )


def confirmed_by(plan: Plan) -> str:
    """Return the name to type: the first target's own, so that whoever types it has read what it is about."""
    return plan.parts[0].target.name


def reviewers(policy: rules.Policy, request: Request) -> tuple[str, ...]:
    """Return the groups that look at it afterwards."""
    alone = section(policy, request.mode)
    if alone is None and request.mode is Mode.QUORUM:  # a vote that it ran on was disowned
        return request.needs.mention
    return alone.reviewers if alone is not None else ()
