"""Ask for a containment: authorise, drive the plan, let the policy decide, store and record, show the card."""

from datetime import datetime, timedelta

import msgspec

from bot.actions import parameters
from bot.domain import policy as rules
from bot.domain.actions import Action, OnExpiry
from bot.domain.audit.events import Event as EventName
from bot.domain.digests import Terms, digest, short
from bot.domain.errors import ConflictError
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.leases import next_due
from bot.domain.people import Principal
from bot.domain.plans import Plan
from bot.domain.policy.acting_alone import ORDINARILY
from bot.domain.requests import Mode, Request, part_rows
from bot.domain.suggestions import Cause
from bot.engine import causing
from bot.engine.alone import begun, early_refusal, how_to_confirm, late_refusal, section, wake, wish
from bot.engine.asking import ask_of, frozen_refusal, membership, person_refusal
from bot.engine.caps import over_caps
from bot.engine.capture import begin as capture
from bot.engine.context import Context
from bot.engine.flood import foreseen, too_much
from bot.engine.flowing import may_see, may_still
from bot.engine.joining import joined
from bot.engine.planning import plan as make_plan
from bot.engine.reading import may_read
from bot.engine.recalling import recalling
from bot.engine.receipts import own_word
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, card, refuse
from bot.engine.seeing import Replaying
from bot.ports import Transaction, World


class Proposal(msgspec.Struct, frozen=True):
    """
    What somebody asked for. ``lease`` is in seconds, ``None`` for the default; ``mode`` by whose word it shall run.

    ``place`` is the channel where it was asked, which may be that of an incident. ``replay``: over how many seconds of
    flows the plan is run, where it is only looked at; 0 for what a plan looks back upon by itself. ``cause``: the
    suggestion that it comes of.
    """

    requester: Principal
    action: Action
    lease: int | None = None
    reason: str = ""
    mode: Mode = Mode.QUORUM
    place: str = ""
    replay: int = 0
    cause: Cause | None = None


async def propose(context: Context, proposal: Proposal, origin: str) -> Reply:
    """
    Put a request before its approvers, or refuse it with the reason. Nothing outside is changed.

    ``origin`` is the inbox row that carried the words: it is finished in the same transaction.
    """
    made = await prepare(context, proposal)
    if isinstance(made, Request):
        async with context.store.begin() as tx:
            reply = await _store(context, tx, made, origin, proposal)
        if isinstance(reply, Done):
            return reply
        made = reply
    return await refuse(context, origin, proposal.requester, made, target=target_of(proposal.action))


async def preview(context: Context, proposal: Proposal, origin: str) -> Reply:
    """
    Show the plan to the one who asks, and nobody else. Needs the permission to read only.

    Run over flows of a longer time, it needs that to see flows: it tells of a day, and not of the moment.
    """
    made = await (
        _replayed(context, proposal) if proposal.replay else prepare(context, proposal, reading=True)
    )
    if isinstance(made, Refusal):
        return await refuse(context, origin, proposal.requester, made, target=target_of(proposal.action))
    reply = Done(f"What would be asked. Nothing is stored, nobody was called. Plan {short(made.digest)}.")
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply, document=msgspec.json.encode(made).decode()):
            entry = Entry(
                EventName.COMMAND, proposal.requester, outcome="plan", target=target_of(proposal.action)
            )
            await append(context, tx, entry)
    return reply


async def _replayed(context: Context, proposal: Proposal) -> Request | Refusal:
    """It is a question about flows, and takes its turn as one."""
    barred = await _may_replay(context, proposal)
    if barred is not None:
        return barred
    with context.turns.take(proposal.requester) as busy:
        return busy or await prepare(context, proposal, reading=True)


async def _may_replay(context: Context, proposal: Proposal) -> Refusal | None:
    spaces = dict.fromkeys((proposal.action.at_cluster, space) for space, _ in proposal.action.places)
    return await may_still(context, proposal.requester, spaces)


async def prepare(context: Context, proposal: Proposal, *, reading: bool = False) -> Request | Refusal:
    """Authorise (``reading``: only to look), plan and let the policy decide; the request is not stored."""
    asked = await (_reader if reading else _authorised)(context, proposal)
    if isinstance(asked, Refusal):
        return asked
    if proposal.mode is not Mode.QUORUM:
        refusal = await early_refusal(context, _wish(context, proposal, asked))
        if refusal is not None:
            return refusal
    async with context.store.begin() as tx:
        now = tx.now
    request_id = context.entropy.request_id()
    world: World = recalling(context)
    if proposal.replay:
        shared = await may_see(context, proposal.requester, proposal.action.at_cluster, "") is None
        world = Replaying(world, proposal.replay, shared=shared)
    plan = await make_plan(proposal.action, world, now, request_id, context.limits.call)
    if isinstance(plan, Refusal):
        return plan
    needs = await needed(context, proposal, asked, plan, request_id)
    if isinstance(needs, Refusal):
        return needs
    return _reachable(_request(context, proposal, plan, needs, (request_id, now)))


async def needed(
    context: Context, proposal: Proposal, asked: rules.Ask, plan: Plan, request_id: str
) -> rules.Requirements | Refusal:
    """Let the policy decide on the plan. Break-glass goes past all that asks for approvers, a flood included."""
    alone = proposal.mode is not Mode.QUORUM
    glass = proposal.mode is Mode.BREAK_GLASS
    found = facts(context, plan, "" if glass else await foreseen(context, plan, request_id))
    needs = rules.requirements(context.policy, asked, found)
    if isinstance(needs, Refusal) or not alone:
        return needs
    return late_refusal(_wish(context, proposal, asked), plan, found, needs) or needs


def _wish(context: Context, proposal: Proposal, asked: rules.Ask) -> rules.AskAlone:
    return wish(context, proposal.mode, asked, proposal.requester, proposal.reason)


def _request(
    context: Context, proposal: Proposal, plan: Plan, needs: rules.Requirements, born: tuple[str, datetime]
) -> Request:
    request_id, now = born
    terms = _terms(context, proposal, needs)
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
        mode=proposal.mode,
        cause=proposal.cause,
    )


def _terms(context: Context, proposal: Proposal, needs: rules.Requirements) -> Terms:
    lease = proposal.lease or needs.lease_default
    on_expiry = str(needs.on_expiry or proposal.action.on_expiry)
    alone = section(context.policy, proposal.mode)
    if alone is None:
        return Terms(lease, on_expiry, needs.quorum)
    if proposal.mode is Mode.SOLO:
        on_expiry = OnExpiry.HOLD.value  # no timer lets go of what one person alone decided
    return Terms(min(lease, int(alone.lease_maximum)), on_expiry, 0, proposal.mode.value)


def facts(context: Context, plan: Plan, flood: str = "") -> rules.PlanFacts:
    """
    Return what the policy must know of a plan: what is protected, and what asks for more approvers.

    ``flood`` is why it is too much at once, as ``flood.too_much`` found.
    """
    targets = [*(part.target for part in plan.parts), *plan.also]
    subjects = [rules.Subject.of(t) for t in targets if t.namespace]
    addresses = [t.name for t in targets if not t.namespace]
    return rules.PlanFacts(
        last_ready_replica=plan.blast_radius.last_ready_replica,
        targets=len(targets),
        scope=plan.scope,
        protected=rules.protected_hits(context.policy.protected, subjects, addresses),
        flood=flood,
    )


def _reachable(request: Request) -> Request | Refusal:
    if not request.channel:
        where = request.plan.cluster or "this cluster"
        return Refusal(
            "no-approval-channel",
            f"No approval channel is configured for {where}.",
            "Ask whoever runs Firebreak to set slack.channels in firebreak.toml and restart it.",
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


async def barred_from(context: Context, proposal: Proposal) -> Refusal | None:
    """Return why this person may not ask for this, asked now; nothing is planned for it."""
    found = await _authorised(context, proposal)
    return found if isinstance(found, Refusal) else None


async def _reader(context: Context, proposal: Proposal) -> rules.Ask | Refusal:
    refusal = await may_read(context, proposal.requester)
    return refusal or ask_of(proposal.action, proposal.lease)


async def _store(context: Context, tx: Transaction, request: Request, origin: str, asked: Proposal) -> Reply:
    refusal = await frozen_refusal(tx, asked.requester) or await causing.barred(tx, request)
    refusal = refusal or await _no_room(context, tx, request)
    if refusal is not None:
        return refusal
    rows = part_rows(request.id, request.plan, request.created_at)
    if request.mode is Mode.SOLO:
        request, rows = begun(context.policy, request, rows, tx)
    due = next_due(request, rows)
    request = msgspec.structs.replace(request, due_at=due[0] if due else None)
    reply = Done(" ".join(filter(None, (_asked(request), await causing.otherwise(tx, request)))), request.id)
    shown_beside = request.id if request.mode is Mode.BREAK_GLASS else ""
    if not await answer(tx, origin, reply, request_id=shown_beside):
        return reply
    request, opened = await joined(context, tx, request, asked.place)
    if not await tx.requests.add(request, rows):
        raise ConflictError("IdTaken", f"the id {request.id} is taken; asking again gets another")
    await capture(context, tx, request, rows)
    await card(tx, request)
    await causing.came_of(tx, request)
    if request.mode is Mode.SOLO:
        await own_word(context, tx, request, origin)
        await wake(tx, rows)
    for entry in opened:
        await append(context, tx, entry)
    await _record(context, tx, request)
    return reply


async def _no_room(context: Context, tx: Transaction, request: Request) -> Refusal | None:
    """What starts with this transaction is counted in it, one after the other; the rest again when it is approved."""
    if request.mode is not Mode.SOLO:
        return await over_caps(context, tx, request)
    await tx.counts.floodgate()
    full = await over_caps(context, tx, request)
    if full is not None:
        return full
    flood = await too_much(context, tx, request.plan, request.id)
    if not flood:
        return None
    return Refusal("solo-asks-more", f"it asks for more than one person: {flood}", ORDINARILY)


async def _record(context: Context, tx: Transaction, request: Request) -> None:
    asked = Entry(EventName.COMMAND, request.requester, request, reason=request.reason)
    await append(context, tx, msgspec.structs.replace(asked, details=await causing.recorded(tx, request)))
    shown = msgspec.json.encode(request.plan)
    await append(context, tx, Entry(EventName.PLAN_SHOWN, None, request, blob=shown))
    if request.mode is Mode.SOLO:
        await append(context, tx, Entry(EventName.DECIDED, request.requester, request, outcome=request.mode))


def _asked(request: Request) -> str:
    match request.mode:
        case Mode.SOLO:
            return f"{request.id} starts now, solo: on your word alone. Others review it, and it stays cut meanwhile."
        case Mode.BREAK_GLASS:
            return f"{request.id}: {how_to_confirm(request)}"
        case Mode.QUORUM | Mode.AUTO:  # nobody can ask for the latter: `early_refusal`
            return f"Asked as {request.id}, plan {short(request.digest)}: waiting for approval."


def target_of(action: Action) -> str:
    """Return the targets of an action as the record names them."""
    return ", ".join("/".join(p for p in (action.at_cluster, *place) if p) for place in action.places)
