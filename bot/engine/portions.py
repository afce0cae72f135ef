"""
What is judged together before its first write: all of a request, or one step of it where others have begun.

What other steps did stands, so it is not asked anew: only this step is planned again and held against what was agreed
of it. One that became worse is left out, and people are called.
"""

from typing import Final

import msgspec

from bot.actions import parameters, revive
from bot.domain import policy as rules
from bot.domain.actions import Action
from bot.domain.composing import alone
from bot.domain.findings import Finding, Refusal
from bot.domain.plans import Plan
from bot.domain.reading import cut
from bot.domain.requests import PartRow, Request
from bot.domain.spelling import phrase, spelled
from bot.domain.states import PartState
from bot.engine.asking import ask_again, ask_of
from bot.engine.context import Context
from bot.engine.propose import facts

STEP_WORSE: Final = "step-worse"
NAMED: Final = 200


class Portion(msgspec.Struct, frozen=True):
    """Rows that are judged together; ``step`` is their number from 0 where they are judged without the others."""

    rows: tuple[PartRow, ...]
    step: int | None = None

    @property
    def waiting(self) -> list[PartRow]:
        """Those that may still begin."""
        return [row for row in self.rows if row.state is PartState.APPROVED]


def portion_of(request: Request, rows: tuple[PartRow, ...], part: int) -> Portion:
    """Return what is judged before a part begins."""
    step = request.plan.step_of(part)
    span = request.plan.span_of(step)
    others = (*rows[: span.start], *rows[span.stop :])
    if all(row.state is PartState.APPROVED for row in others):
        return Portion(rows)
    return Portion(rows[span], step)


def _action(request: Request, step: int | None) -> Action:
    whole = revive(request.action, request.parameters)
    return whole if step is None else whole.each[step]


def asked_again(request: Request, step: int | None) -> tuple[Action, int]:
    """Return what is planned again, and the number of its first part in the request."""
    return _action(request, step), 0 if step is None else request.plan.span_of(step).start


def agreed(request: Request, step: int | None) -> Plan:
    """Return what was approved of it."""
    if step is None:
        return request.plan
    return alone(request.plan, step, parameters(_action(request, step)))


def needed(
    context: Context, request: Request, remade: Plan, step: int | None
) -> rules.Requirements | Refusal:
    """
    Return what the policy asks for now.

    Of one step by the step's own rules, and as many targets as the whole has: what others begun is judged no more.
    """
    found = facts(context, remade, request.needs.flood)
    if step is None:
        return rules.requirements(context.policy, ask_again(request), found)
    whole = facts(context, request.plan)
    more = max(0, len(remade.also) - len(request.plan.also_of(step)))
    last = found.last_ready_replica if whole.last_ready_replica is False else whole.last_ready_replica
    found = msgspec.structs.replace(found, targets=whole.targets + more, last_ready_replica=last)
    return rules.requirements(context.policy, ask_of(_action(request, step), request.terms.lease), found)


def changed_so(changed: tuple[Finding, ...]) -> Refusal:
    """Return why a step that became worse does not run when others have begun."""
    told = "; ".join(finding.text for finding in changed[:3])
    remedy = "Look at its plan again, and ask for that step alone if it is still needed."
    return Refusal(STEP_WORSE, f"things changed since the approval: {told}", remedy)


def left_out(request: Request, step: int, why: Refusal) -> Refusal:
    """Return why one step is not done, and what becomes of the others."""
    action = _action(request, step)
    text = f"Step {step + 1} ({cut(phrase(action), NAMED)}) was not done: {why.text}. What other steps did stays."
    remedy = f"If it is still needed, ask for it alone: /ir {spelled(action)}"
    return Refusal(why.code, text, remedy if why.code == STEP_WORSE else why.remedy)
