"""
Takes a suggested step without a person, where the playbook and the policy both say so; else it stays a suggestion.

What must hold: (1) `may_act` says so about the newest alert of the group and a plan made for this very moment; (2) the policy
is asked as for any request: who governs, what is protected, caps, flood; only the quorum is left out; (3) counted, decided,
stored, recorded and announced in one transaction behind one gate, so that two engines together keep to the rate; (4) nobody
asked for it: it has no requester, and whoever may release it undoes it. What breaks off in between did nothing.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Final

import msgspec

from bot.actions import CATALOGUE, parameters
from bot.domain import policy as rules
from bot.domain.actions import Action
from bot.domain.alerts import Alert
from bot.domain.findings import Refusal
from bot.domain.playbooks import Call, Lately, Occasion, Ready, filled, may_act, may_try
from bot.domain.playbooks.auto import BY_HAND, PEOPLE
from bot.domain.policy.unattended import KNOWN
from bot.domain.requests import Request
from bot.domain.suggestions import Suggestion
from bot.engine import causing
from bot.engine.asking import ask_of, membership
from bot.engine.automatic import Found, Turn, left, request_of, store
from bot.engine.caps import over_caps
from bot.engine.context import Context
from bot.engine.dismissing import GONE
from bot.engine.flood import foreseen, too_much
from bot.engine.meanwhile import REST
from bot.engine.outward import outside
from bot.engine.planning import plan as make_plan
from bot.engine.propose import facts
from bot.engine.recalling import recalling
from bot.ports import Transaction

log = logging.getLogger("firebreak.alerts")

HOUR: Final = timedelta(hours=1)
DEADLINE: Final = timedelta(seconds=60)
"""So long its plan and all questions before it may take."""
NO_CHANNEL: Final = "Ask whoever runs Firebreak to set slack.channels in firebreak.toml and restart it."


async def act(context: Context, suggestion: Suggestion) -> tuple[str, ...]:
    """Take what may be taken of a suggestion that is stored, and return the ids of the requests. Never raises."""
    playbook, unattended = context.playbooks.named(suggestion.playbook), context.policy.auto
    if unattended is None or playbook is None or not owed(context, suggestion):
        return ()
    done: list[str] = []
    for number, step in enumerate(suggestion.steps):
        if step.plan is None or step.action not in KNOWN or step.request_id:
            continue
        try:
            begun_now = await _take(context, Turn(suggestion, number, playbook, unattended))
        except Exception as error:
            log.exception(
                "not_acted",
                extra={"suggestion": suggestion.id, "step": number, "error": type(error).__name__},
            )
            continue
        done += [begun_now] if begun_now else []
    if done:
        context.store.woke()
    return tuple(done)


def owed(context: Context, suggestion: Suggestion) -> bool:
    """Whether a suggestion is of a playbook that may act by itself at all: then ``act`` is to be asked, once it is stored."""
    playbook, unattended = context.playbooks.named(suggestion.playbook), context.policy.auto
    named = unattended is not None and suggestion.playbook in unattended.playbooks
    return named and playbook is not None and playbook.auto is not None


async def _take(context: Context, turn: Turn) -> str:
    """Return the id of the request that was begun; empty where none was, which is recorded."""
    async with asyncio.timeout(DEADLINE.total_seconds()):
        found = await _find(context, turn)
    if isinstance(found, Found):
        async with context.store.begin() as tx:
            made = await _decide(context, tx, turn, found)
            if isinstance(made, Request):
                await store(context, tx, turn, made)
        if isinstance(made, Request):
            return made.id
        found = made
    await left(context, turn, found)
    return ""


class _Tried(msgspec.Struct, frozen=True):
    """What is worth a plan."""

    call: Call
    lately: Lately
    action: Action


async def _find(context: Context, turn: Turn) -> Found | Refusal:
    """Make a plan of our own of what the newest alert says: the suggestion only says that it is worth a look."""
    tried = await _tried(context, turn)
    if isinstance(tried, Refusal):
        return tried
    call, action = tried.call, tried.action
    request_id = context.entropy.request_id()
    plan = await make_plan(action, recalling(context), call.now, request_id, context.limits.call)
    if isinstance(plan, Refusal):
        return plan
    seen = facts(context, plan, await foreseen(context, plan, request_id))
    needs = rules.requirements(context.policy, ask_of(action, None), seen)
    if isinstance(needs, Refusal):
        return needs
    before = may_act(Occasion(call, plan, needs, context.policy.protected, tried.lately))
    if isinstance(before, Refusal):  # who could review it is asked last, and only for what would be done
        return before
    return Found(call.alert, action, request_id, plan, needs, await _reviewers(context, turn.unattended))


async def _tried(context: Context, turn: Turn) -> _Tried | Refusal:
    """What is spent or undone is seen first, and without the gate: a storm costs no more plans than there may be acts."""
    async with context.store.begin() as tx:
        call = await _call(context, tx, turn)
        lately = await _lately(tx, turn)
    if isinstance(call, Refusal):
        return call
    early = may_try(call, lately)
    if isinstance(early, Refusal):
        return early
    action = await _action(context, turn, call.alert)
    if isinstance(action, Refusal):
        return action
    return await outside(context, call.alert, action) or _Tried(call, lately, action)


async def _call(context: Context, tx: Transaction, turn: Turn) -> Call | Refusal:
    group = await tx.alerts.group(turn.suggestion.group_id)
    made = await tx.suggestions.get(turn.suggestion.id)
    if group is None or made is None:
        return GONE
    alert, sha256 = group.newest, context.playbooks.sha256(turn.playbook.name)
    proved = alert.source in context.alert_sources and alert.source == group.source
    return Call(
        playbook=turn.playbook,
        sha256=sha256 if made.sha256 == sha256 else "",  # it was made of what the program had read before
        unattended=context.policy.auto,
        alert=alert,
        source=alert.source if proved else "",
        now=tx.now,
        muted=bool(await tx.suggestions.muted((group.told_by,))),
        dismissed=not made.open,
    )


async def _action(context: Context, turn: Turn, alert: Alert) -> Action | Refusal:
    """Return what the step is for this alert, where the playbook still fits it and suggests just that."""
    fit = (await context.playbooks.choose(alert)).fit
    if turn.playbook not in fit:
        return Refusal("auto-not-fit", "the playbook does not fit the newest alert", "Look at its card.")
    step = filled(turn.playbook, alert, CATALOGUE, context.sole_cluster)[turn.number]
    same = (
        isinstance(step, Ready) and parameters(step.action) == turn.suggestion.steps[turn.number].parameters
    )
    if not isinstance(step, Ready) or not same:
        text = "the newest alert does not say just what is suggested"
        return Refusal("auto-differs", text, BY_HAND)
    return step.action


async def _reviewers(context: Context, unattended: rules.Unattended) -> frozenset[str]:
    """Return the user ids of those who may sign it off, asked now; whom Slack does not tell of is not there."""
    known = await membership(context, None, unattended.reviewers)
    groups = (known.get(name) for name in unattended.reviewers)
    return frozenset(one.user for group in groups if isinstance(group, frozenset) for one in group)


async def _decide(context: Context, tx: Transaction, turn: Turn, found: Found) -> Request | Refusal:
    """Ask everything once more that may have changed, behind the gate that lets one decision after the other through."""
    request = request_of(context, turn, found, tx.now)
    if not request.channel:
        where = request.plan.cluster or "this cluster"
        return Refusal("no-approval-channel", f"No approval channel is configured for {where}.", NO_CHANNEL)
    barred = await causing.barred(tx, request)
    await tx.counts.floodgate()
    barred = barred or await over_caps(context, tx, request)
    if barred is not None:
        return barred
    flood = await too_much(context, tx, request.plan, request.id)
    if flood:
        found = msgspec.structs.replace(
            found, needs=msgspec.structs.replace(found.needs, because=(*found.needs.because, flood))
        )
    call = await _call(context, tx, turn)
    if isinstance(call, Refusal):
        return call
    if call.alert.id != found.alert.id:
        return Refusal("auto-differs", "another alert came while its plan was made", "Look at its card.")
    frozen = {each.principal.user for each in await tx.frozen.every()}
    lately = await _lately(tx, turn, len(found.reviewers - frozen))
    occasion = Occasion(call, found.plan, found.needs, context.policy.protected, lately)
    decision = may_act(occasion)
    return decision if isinstance(decision, Refusal) else request


async def _lately(tx: Transaction, turn: Turn, reviewers: int = PEOPLE) -> Lately:
    """Return what was done lately; before they are asked about, there are as many reviewers as it takes."""
    own = await tx.requests.automatic(turn.playbook.name, tx.now - REST)
    return Lately(
        acted=sum(each.created_at >= tx.now - HOUR for each in own),
        together=await tx.counts.automatic(tx.now - HOUR),
        reviewers=reviewers,
        repeated=any(_same(each, turn) for each in own),
        undone=await tx.requests.undone(turn.playbook.name, tx.now - REST),
    )


def _same(before: Request, turn: Turn) -> bool:
    step = turn.suggestion.steps[turn.number]
    group = before.cause.group if before.cause else ""
    same = (before.action, before.parameters) == (step.action, step.parameters)
    return same and group == turn.suggestion.group_id
