"""What runs on one person's word: may it, how it starts, and what is owed afterwards."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec

from bot.domain import policy as rules
from bot.domain.confirmations import whole
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

REVIEWERS_OF_AUTO: Final = 2
"""Solo is seen by two people, who does it and who reviews it; what nobody did is reviewed by two."""


def section(policy: rules.Policy, mode: Mode) -> rules.Reviewed | None:
    """Return what the policy says of this mode; ``None`` where it is off, and for a quorum."""
    match mode:
        case Mode.SOLO:
            return policy.solo
        case Mode.BREAK_GLASS:
            return policy.break_glass
        case Mode.AUTO:
            return policy.auto
        case Mode.QUORUM:
            return None


def for_people(policy: rules.Policy, mode: Mode) -> rules.Alone | None:
    """Return what the policy says of a mode that a person may choose; ``None`` for any other."""
    found = section(policy, mode)
    return None if isinstance(found, rules.Unattended) else found


def wish(context: Context, mode: Mode, ask: rules.Ask, person: Principal, reason: str) -> rules.AskAlone:
    """Return the wish as the policy judges it. Nobody can wish for what playbooks do: there is no section for it."""
    return rules.AskAlone(mode.value, for_people(context.policy, mode), ask, reason, person)


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
    wanted = REVIEWERS_OF_AUTO if request.mode is Mode.AUTO else 1
    review = Review(due, wanted=wanted, reviewers=tuple(alone.reviewers))
    started = msgspec.structs.replace(request, approved_at=tx.now, review=review)
    return started, tuple(row.moved(Event.APPROVE, tx.now) for row in rows)


async def wake(tx: Transaction, rows: Iterable[PartRow]) -> None:
    """Have the parts' lanes worked now."""
    for lane in sorted({row.part.lane for row in rows}):
        await tx.lanes.wake(lane, tx.now)


def worsened(request: Request, changed: tuple[Finding, ...]) -> Refusal:
    """Return why a plan that became worse does not run on one person's word."""
    what = "; ".join(finding.text for finding in changed[:3])
    text = f"Things changed since it was asked for, so it did not run {request.mode.value}: {what}."
    remedy = (
        ORDINARILY
        if request.mode is not Mode.AUTO
        else "If it is still needed, ask for it: others approve it."
    )
    return Refusal(f"{request.mode.value}-worse", text, remedy)


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
    """Return what to type: a target's own name, and how many more there are where several actions are one."""
    return whole(plan)


def reviewers(policy: rules.Policy, request: Request) -> tuple[str, ...]:
    """
    Return the groups that look at it afterwards.

    Where the policy has no section for it any more they are those that it named then: what is open can still be signed.
    """
    alone = section(policy, request.mode)
    if alone is not None:
        return alone.reviewers
    kept = request.review.reviewers if request.review is not None else ()
    return kept or request.needs.mention  # also where a vote that it ran on was disowned
