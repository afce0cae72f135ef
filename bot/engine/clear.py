"""Before the first write: the plan is made again. The same digest and no worse runs; anything else is asked anew."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from bot.actions import revive
from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.digests import digest, with_probes_of, worse
from bot.domain.errors import OutsideError
from bot.domain.findings import Finding, Refusal
from bot.domain.leases import next_due
from bot.domain.plans import Part, Plan
from bot.domain.requests import Mode, PartRow, Request, part_rows
from bot.domain.states import FINAL, Event, PartState
from bot.engine.alone import unowed, worsened
from bot.engine.asking import ask_again, counted, not_frozen
from bot.engine.context import Context
from bot.engine.flood import too_much
from bot.engine.planning import plan as make_plan
from bot.engine.propose import facts
from bot.engine.recalling import recalling
from bot.engine.recording import Entry, append
from bot.engine.saying import call, card, notice
from bot.engine.seeing import Unseeing
from bot.engine.steps import pause, save
from bot.ports import Transaction

UNAVAILABLE = "-unavailable"
Then = Callable[[Transaction, Request, tuple[PartRow, ...]], Awaitable[None]]


WORSE = "The world changed since the approval: the approvals are void, please look again."
STRICTER = (
    "The policy changed since the approval and asks for more now: the approvals are void, please look again."
)
TIGHTENED = "policy"


class Renewal(msgspec.Struct, frozen=True):
    """What is asked anew: the plan and what it needs now, what changed, and what is told in the thread."""

    plan: Plan
    needs: rules.Requirements
    changed: tuple[Finding, ...]
    told: str
    mention: bool = False


async def clear(context: Context, request_id: str, then: Then | None = None) -> bool:
    """
    Return whether the request's parts may run now; if the world became worse, its approvals are void.

    ``then`` is done in the very transaction that clears the request, so that nothing comes between.
    """
    async with context.store.begin() as tx:
        request = await tx.requests.get(request_id)
        rows = await tx.parts.of(request_id)
        now = tx.now
    if request is None or request.approved_at is None:
        return False
    if _cleared(context, request, rows, now):
        return True
    action = revive(request.action, request.parameters)
    world = Unseeing(
        recalling(context)
    )  # what passed lately makes it no other plan, and nobody waits for it now
    remade = await make_plan(action, world, now, request.id, context.limits.call)
    if isinstance(remade, Plan):
        remade = next(iter(facts(context, remade).protected), remade)
    async with context.store.begin() as tx:
        fresh = await _judge(context, tx, request, remade)
        if fresh is not None and then is not None:
            await then(tx, fresh, await tx.parts.of(request_id))
    return fresh is not None


def _cleared(context: Context, request: Request, rows: tuple[PartRow, ...], now: datetime) -> bool:
    """Once a part has started, the plan sees our own writes: from then on the writes' preconditions guard."""
    if request.cleared_at is None:
        return False
    begun = any(row.state is not PartState.APPROVED for row in rows)
    return begun or now - request.cleared_at < context.limits.fresh


async def _judge(context: Context, tx: Transaction, asked: Request, remade: Plan | Refusal) -> Request | None:
    """Return the request as cleared, or ``None``."""
    request = await tx.requests.get(asked.id, lock=True)
    rows = await tx.parts.of(asked.id)
    stopped = all(row.state in FINAL for row in rows)  # while the plan was made again
    if request is None or stopped or request.revision != asked.revision or request.approved_at is None:
        return None
    if _cleared(context, request, rows, tx.now):
        return request
    changed = remade if isinstance(remade, Refusal) else await _changed(context, tx, request, remade)
    if isinstance(changed, Refusal):
        await _hinder(context, tx, (request, rows), changed)
        return None
    assert isinstance(remade, Plan)
    if changed and request.mode is not Mode.QUORUM:
        await _hinder(context, tx, (request, rows), worsened(request, changed))
        return None
    if changed:
        await _ask_anew(context, tx, request, rows, remade, changed)
        return None
    cleared = msgspec.structs.replace(request, cleared_at=tx.now)
    return await _brought_up(tx, cleared, rows, with_probes_of(request.plan, remade))


async def _brought_up(tx: Transaction, request: Request, rows: tuple[PartRow, ...], remade: Plan) -> Request:
    """Store the request with what is put back by the rollback as it stands now, where our marks go over it."""
    parts = list[Part]()
    for row, old, new in zip(rows, request.plan.parts, remade.parts, strict=True):
        parts.append(old if old.changes == new.changes else _as_now(old, new))
        if old.changes != new.changes:
            await tx.parts.put(msgspec.structs.replace(row, part=_as_now(row.part, new)))
    plan = msgspec.structs.replace(request.plan, parts=tuple(parts))
    fresh = msgspec.structs.replace(request, plan=plan)
    await tx.requests.put(fresh)
    return fresh


def _as_now(old: Part, new: Part) -> Part:
    return msgspec.structs.replace(
        old, changes=new.changes, words=new.words, commands=new.commands, expectations=new.expectations
    )


async def _changed(
    context: Context, tx: Transaction, request: Request, remade: Plan
) -> tuple[Finding, ...] | Refusal:
    """Return why it is not what was approved, or not by whom it takes now; or why it may not run at all."""
    found = _replanned(context, request, remade) or await _disowned(tx, request)
    return found or _tightened(context, request, remade)


def _replanned(context: Context, request: Request, remade: Plan) -> tuple[Finding, ...]:
    found = worse(request.plan, remade, context.policy.no_worse.blast_radius)
    same = with_probes_of(request.plan, remade)
    if digest(same, request.terms, request.revision) != request.digest:
        found = (Finding("plan", request.action, "the changes themselves are different now"), *found)
    return found


def _tightened(context: Context, request: Request, remade: Plan) -> tuple[Finding, ...] | Refusal:
    """A policy that became stricter binds what it had not let begin. What goes past a quorum is not bound by one."""
    if request.mode is not Mode.QUORUM:
        return ()
    found = facts(context, remade, request.needs.flood)
    needs = rules.requirements(context.policy, ask_again(request), found)
    if isinstance(needs, Refusal):
        return needs
    more = rules.tightened(needs, request.needs)
    return (Finding(TIGHTENED, request.action, more),) if more else ()


async def _disowned(tx: Transaction, request: Request) -> tuple[Finding, ...]:
    """Return what is found where it would not run but for the word of an account that was frozen since."""
    votes = await tx.votes.of(request.id, request.digest)
    sound = await not_frozen(tx, votes)
    enough = not rules.missing(request.needs, request.requester, counted(sound))
    if len(sound) == len(votes) or (enough and request.mode is Mode.QUORUM):
        return ()
    return (Finding("frozen", request.action, "an account whose word it ran on is frozen now"),)


async def _hinder(
    context: Context, tx: Transaction, held: tuple[Request, tuple[PartRow, ...]], why: Refusal
) -> None:
    """A system that did not answer is asked again, for a while; any other refusal ends the request."""
    request, rows = held
    waiting = [row for row in rows if row.state is PartState.APPROVED]
    silent = OutsideError(why.code, why.text)
    if why.code.endswith(UNAVAILABLE) and all(r.attempts + 1 < context.limits.attempts for r in waiting):
        await save(tx, request, rows, *(pause(context, row, silent, tx.now) for row in waiting))
        return
    text = f"{why.text} {why.remedy}".strip()
    if request.mode is not Mode.QUORUM:
        request = unowed(request, rows)
        await call(tx, request, f"{request.id} was not done. {text}", (request.requester.key,))
    failed = [row.moved(Event.FAIL, tx.now, trouble=text, due_at=None) for row in waiting]
    await save(tx, request, rows, *failed)
    await append(context, tx, Entry(EventName.RESULT, None, request, outcome=why.code, note=why.text))


async def _ask_anew(
    context: Context,
    tx: Transaction,
    request: Request,
    rows: tuple[PartRow, ...],
    remade: Plan,
    changed: tuple[Finding, ...],
) -> None:
    """The approvals are void: the new plan is shown with what differs, under a digest and with needs of its own."""
    flood = request.needs.flood or await too_much(context, tx, remade, request.id)
    needs = rules.requirements(context.policy, ask_again(request), facts(context, remade, flood))
    if isinstance(needs, Refusal):
        await _hinder(context, tx, (request, rows), needs)
        return
    told = STRICTER if {finding.code for finding in changed} == {TIGHTENED} else WORSE
    await ask_anew(context, tx, (request, rows), Renewal(remade, needs, changed, told))


async def ask_anew(
    context: Context, tx: Transaction, held: tuple[Request, tuple[PartRow, ...]], renewal: Renewal
) -> None:
    """Put the request before its approvers again under another digest: what they said before is void."""
    (request, rows), remade, needs = held, renewal.plan, renewal.needs
    terms = msgspec.structs.replace(request.terms, quorum=needs.quorum)
    revision = request.revision + 1
    waiting = tx.now + timedelta(seconds=needs.approval_expiry)
    fresh = msgspec.structs.replace(
        request,
        plan=remade,
        terms=terms,
        needs=needs,
        policy_hash=context.policy_hash,
        digest=digest(remade, terms, revision),
        revision=revision,
        changed=renewal.changed,
        approved_at=None,
        cleared_at=None,
        created_at=request.created_at,
        expires_at=waiting,
        reminded=0,
    )
    voided = tuple(row.moved(Event.VOID, tx.now) for row in rows)
    shown = part_rows(request.id, remade, tx.now)
    renewed = tuple(
        msgspec.structs.replace(old, part=new.part) for old, new in zip(voided, shown, strict=True)
    )
    for row in renewed:
        await tx.parts.put(row)
    due = next_due(fresh, renewed)
    await tx.requests.put(msgspec.structs.replace(fresh, due_at=due[0] if due else None))
    await card(tx, fresh)
    await notice(tx, fresh, renewal.told, mention=renewal.mention)
    blob = msgspec.json.encode(remade)
    await append(context, tx, Entry(EventName.PLAN_SHOWN, None, fresh, outcome="approvals-void", blob=blob))
