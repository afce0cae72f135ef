"""Ask for a containment: authorise, drive the plan, let the policy decide, store and record, show the card."""

from datetime import datetime, timedelta

import msgspec

from bot.actions import parameters
from bot.domain import policy as rules
from bot.domain.actions import Action
from bot.domain.audit.events import Event as EventName
from bot.domain.digests import Terms, digest, short
from bot.domain.errors import ConflictError
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.leases import next_due
from bot.domain.people import Principal
from bot.domain.plans import Plan
from bot.domain.requests import Request, part_rows
from bot.engine.asking import ask_of, membership, person_refusal
from bot.engine.caps import over_caps
from bot.engine.context import Context
from bot.engine.planning import plan as make_plan
from bot.engine.reading import may_read
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, card, refuse
from bot.ports import Transaction


class Proposal(msgspec.Struct, frozen=True):
    """What somebody asked for. ``lease`` is in seconds, ``None`` for the policy's default."""

    requester: Principal
    action: Action
    lease: int | None = None
    reason: str = ""


async def propose(context: Context, proposal: Proposal, origin: str) -> Reply:
    """
    Put a request before its approvers, or refuse it with the reason. Nothing outside is changed.

    ``origin`` is the inbox row that carried the words: it is finished in the same transaction.
    """
    made = await prepare(context, proposal)
    if isinstance(made, Request):
        async with context.store.begin() as tx:
            reply = await _store(context, tx, made, origin)
        if isinstance(reply, Done):
            return reply
        made = reply
    return await refuse(context, origin, proposal.requester, made, target=_target(proposal.action))


async def preview(context: Context, proposal: Proposal, origin: str) -> Reply:
    """Show the plan to the one who asks, and nobody else. Needs the permission to read only."""
    made = await prepare(context, proposal, reading=True)
    if isinstance(made, Refusal):
        return await refuse(context, origin, proposal.requester, made, target=_target(proposal.action))
    reply = Done(f"What would be asked. Nothing is stored, nobody was called. Plan {short(made.digest)}.")
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply, document=msgspec.json.encode(made).decode()):
            entry = Entry(
                EventName.COMMAND, proposal.requester, outcome="plan", target=_target(proposal.action)
            )
            await append(context, tx, entry)
    return reply


async def prepare(context: Context, proposal: Proposal, *, reading: bool = False) -> Request | Refusal:
    """Authorise (``reading``: only to look), plan and let the policy decide; the request is not stored."""
    asked = await (_reader if reading else _authorised)(context, proposal)
    if isinstance(asked, Refusal):
        return asked
    async with context.store.begin() as tx:
        now = tx.now
    request_id = context.entropy.request_id()
    plan = await make_plan(proposal.action, context.world, now, request_id, context.limits.call)
    if isinstance(plan, Refusal):
        return plan
    needs = rules.requirements(context.policy, asked, facts(context, plan))
    if isinstance(needs, Refusal):
        return needs
    return _reachable(_request(context, proposal, plan, needs, (request_id, now)))


def _request(
    context: Context, proposal: Proposal, plan: Plan, needs: rules.Requirements, born: tuple[str, datetime]
) -> Request:
    request_id, now = born
    terms = Terms(
        lease=proposal.lease or needs.lease_default,
        on_expiry=str(needs.on_expiry or proposal.action.on_expiry),
        quorum=needs.quorum,
    )
    return Request(
        id=request_id,
        action=proposal.action.name,
        parameters=parameters(proposal.action),
        plan=plan,
        terms=terms,
        digest=digest(plan, terms),
        requester=proposal.requester,
        needs=needs,
        policy_hash=context.policy_hash,
        created_at=now,
        expires_at=now + timedelta(seconds=needs.approval_expiry),
        reason=proposal.reason,
        channel=context.channel_for(proposal.action.at_cluster),
    )


def facts(context: Context, plan: Plan) -> rules.PlanFacts:
    """Return what the policy must know of a plan: what is protected, and what asks for more approvers."""
    targets = [part.target for part in plan.parts]
    subjects = [rules.Subject.of(t) for t in targets if t.namespace]
    addresses = [t.name for t in targets if not t.namespace]
    return rules.PlanFacts(
        last_ready_replica=plan.blast_radius.last_ready_replica,
        targets=len(targets),
        scope=plan.scope,
        protected=rules.protected_hits(context.policy.protected, subjects, addresses),
    )


def _reachable(request: Request) -> Request | Refusal:
    if not request.channel:
        where = request.plan.cluster or "this cluster"
        return Refusal(
            "no-approval-channel",
            f"No approval channel is configured for {where}.",
            "Set slack.channels in firebreak.toml and restart.",
        )
    return request


async def _authorised(context: Context, proposal: Proposal) -> rules.Ask | Refusal:
    refusal = await person_refusal(context, proposal.requester)
    if refusal is not None:
        return refusal
    ask = ask_of(proposal.action, proposal.lease)
    members = await membership(context, ask)
    decision = rules.may_request(context.policy, ask, proposal.requester, members)
    return decision if isinstance(decision, Refusal) else ask


async def _reader(context: Context, proposal: Proposal) -> rules.Ask | Refusal:
    refusal = await may_read(context, proposal.requester)
    return refusal or ask_of(proposal.action, proposal.lease)


async def _store(context: Context, tx: Transaction, request: Request, origin: str) -> Reply:
    refusal = await over_caps(context, tx, request)
    if refusal is not None:
        return refusal
    rows = part_rows(request.id, request.plan, request.created_at)
    due = next_due(request, rows)
    request = msgspec.structs.replace(request, due_at=due[0] if due else None)
    reply = Done(f"Asked as {request.id}, plan {short(request.digest)}: waiting for approval.", request.id)
    if not await answer(tx, origin, reply):
        return reply
    if not await tx.requests.add(request, rows):
        raise ConflictError("IdTaken", f"the id {request.id} is taken; asking again gets another")
    await card(tx, request)
    await append(context, tx, Entry(EventName.COMMAND, request.requester, request, reason=request.reason))
    shown = msgspec.json.encode(request.plan)
    await append(context, tx, Entry(EventName.PLAN_SHOWN, None, request, blob=shown))
    return reply


def _target(action: Action) -> str:
    return ", ".join("/".join(p for p in (action.at_cluster, *place) if p) for place in action.places)
