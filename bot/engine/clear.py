"""Before the first write: the plan is made again. The same digest and no worse runs; anything else is asked anew."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.digests import digest, with_probes_of, worse
from bot.domain.errors import OutsideError
from bot.domain.findings import Finding, Refusal
from bot.domain.leases import next_due
from bot.domain.plans import Part, Plan
from bot.domain.requests import Mode, PartRow, Request, part_rows
from bot.domain.states import FINAL, Event, PartState
from bot.engine.alone import reviewers, unowed, worsened
from bot.engine.asking import ask_again, counted, not_frozen
from bot.engine.context import Context
from bot.engine.flood import too_much
from bot.engine.meanwhile import not_any_more
from bot.engine.planning import plan as make_plan
from bot.engine.portions import Portion, agreed, asked_again, changed_so, left_out, needed, portion_of
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


class Held(msgspec.Struct, frozen=True):
    """A request that is locked, all of its rows, and which of them are judged."""

    request: Request
    rows: tuple[PartRow, ...]
    portion: Portion


async def clear(context: Context, request_id: str, then: Then | None = None, part: int = 0) -> bool:
    """
    Return whether a part may run now, and those that are judged with it; if the world became worse, approvals are void.

    Where other steps have begun they stand, so only the step of this part is judged, and left out if it became worse.
    ``then`` is done in the very transaction that clears the request, so that nothing comes between.
    """
    async with context.store.begin() as tx:
        request = await tx.requests.get(request_id)
        rows = await tx.parts.of(request_id)
        now = tx.now
    if request is None or request.approved_at is None:
        return False
    portion = portion_of(request, rows, part)
    if _cleared(context, request, portion, now):
        return True
    if (due := rows[part].due_at) is not None and due > now:  # what did not answer has just been put off
        return False
    world = Unseeing(
        recalling(context)
    )  # what passed lately makes it no other plan, and nobody waits for it now
    action, first = asked_again(request, portion.step)
    remade = await make_plan(action, world, now, request.id, context.limits.call, first)
    if isinstance(remade, Plan):
        remade = next(iter(facts(context, remade).protected), remade)
    async with context.store.begin() as tx:
        fresh = await _judge(context, tx, (request, portion.step, part), remade)
        if fresh is not None and then is not None:
            await then(tx, fresh, await tx.parts.of(request_id))
    return fresh is not None


def _cleared(context: Context, request: Request, portion: Portion, now: datetime) -> bool:
    """Once a part has started, the plan sees our own writes: from then on the writes' preconditions guard its step."""
    if request.cleared_at is None:
        return False
    begun = any(row.state is not PartState.APPROVED for row in portion.rows)
    return begun or now - request.cleared_at < context.limits.fresh


async def _judge(
    context: Context, tx: Transaction, asked: tuple[Request, int | None, int], remade: Plan | Refusal
) -> Request | None:
    """Return the request as cleared, or ``None``. ``asked``: as it was, which step was planned again, for which part."""
    before, planned, part = asked
    request = await tx.requests.get(before.id, lock=True)
    rows = await tx.parts.of(before.id)
    if request is None or request.revision != before.revision or request.approved_at is None:
        return None
    portion = portion_of(request, rows, part)
    if all(row.state in FINAL for row in portion.rows):  # while the plan was made again
        return None
    if _cleared(context, request, portion, tx.now):
        return request
    if portion.step != planned:  # another step began meanwhile: what was planned is not what is judged now
        await tx.lanes.wake(rows[part].part.lane, tx.now)
        return None
    return await _settled(context, tx, Held(request, rows, portion), remade)


async def _settled(context: Context, tx: Transaction, held: Held, remade: Plan | Refusal) -> Request | None:
    """Return the request as cleared by a plan that was made again; ``None``: it was hindered, or is asked anew."""
    changed = remade if isinstance(remade, Refusal) else await _changed(context, tx, held, remade)
    if isinstance(changed, Refusal):
        await _hinder(context, tx, held, changed)
        return None
    assert isinstance(remade, Plan)
    if not changed:
        return await _brought_up(tx, held, remade)
    await _worsened(context, tx, held, remade, changed)
    return None


async def _worsened(
    context: Context, tx: Transaction, held: Held, remade: Plan, changed: tuple[Finding, ...]
) -> None:
    request = held.request
    if request.mode is not Mode.QUORUM:
        await _hinder(context, tx, held, worsened(request, changed))
    elif held.portion.step is not None:
        await _hinder(context, tx, held, changed_so(changed))
    else:
        await _ask_anew(context, tx, held, remade, changed)


async def _brought_up(tx: Transaction, held: Held, remade: Plan) -> Request:
    """Store the request with what is put back by the rollback as it stands now, where our marks go over it."""
    request, portion = held.request, held.portion
    parts = list(request.plan.parts)
    fresh = with_probes_of(agreed(request, portion.step), remade).parts
    for row, new in zip(portion.rows, fresh, strict=True):
        old = parts[row.index]
        if old.changes != new.changes:
            parts[row.index] = _as_now(old, new)
            await tx.parts.put(msgspec.structs.replace(row, part=_as_now(row.part, new)))
    plan = msgspec.structs.replace(request.plan, parts=tuple(parts))
    cleared = tx.now if portion.step is None else request.cleared_at  # of one step nothing is said of another
    stored = msgspec.structs.replace(request, plan=plan, cleared_at=cleared)
    await tx.requests.put(stored)
    return stored


def _as_now(old: Part, new: Part) -> Part:
    return msgspec.structs.replace(
        old, changes=new.changes, words=new.words, commands=new.commands, expectations=new.expectations
    )


async def _changed(
    context: Context, tx: Transaction, held: Held, remade: Plan
) -> tuple[Finding, ...] | Refusal:
    """Return why it is not what was approved, or not by whom it takes now; or why it may not run at all."""
    found = _replanned(context, held, remade) or await _disowned(tx, held.request)
    unwanted = None if found else await not_any_more(context, tx, held.request, remade)
    return found or unwanted or _tightened(context, held, remade)


def _replanned(context: Context, held: Held, remade: Plan) -> tuple[Finding, ...]:
    request, step = held.request, held.portion.step
    old = agreed(request, step)
    found = worse(old, remade, context.policy.no_worse.blast_radius)
    approved = request.digest if step is None else digest(old, request.terms, request.revision)
    if digest(with_probes_of(old, remade), request.terms, request.revision) != approved:
        found = (Finding("plan", request.action, "the changes themselves are different now"), *found)
    return found


def _tightened(context: Context, held: Held, remade: Plan) -> tuple[Finding, ...] | Refusal:
    """A policy that became stricter binds what it had not let begin. What a person answers for past a quorum is not bound."""
    request = held.request
    if request.mode is not Mode.QUORUM:
        return ()
    needs = needed(context, request, remade, held.portion.step)
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


async def _hinder(context: Context, tx: Transaction, held: Held, why: Refusal) -> None:
    """A system that did not answer is asked again, for a while; any other refusal ends the request, or the step."""
    request, rows, step = held.request, held.rows, held.portion.step
    waiting = held.portion.waiting
    silent = OutsideError(why.code, why.text)
    if why.code.endswith(UNAVAILABLE) and all(r.attempts + 1 < context.limits.attempts for r in waiting):
        await save(tx, request, rows, *(pause(context, row, silent, tx.now) for row in waiting))
        return
    why = why if step is None else left_out(request, step, why)
    text = f"{why.text} {why.remedy}".strip()
    if step is not None:
        own = (request.requester.key,) if request.requester else ()
        await call(tx, request, f"{request.id}: {text}", (*own, *reviewers(context.policy, request)))
    elif request.mode is not Mode.QUORUM:
        request = unowed(request, rows)
        told = (request.requester.key,) if request.requester else reviewers(context.policy, request)
        await call(tx, request, f"{request.id} was not done. {text}", told)
    failed = [row.moved(Event.FAIL, tx.now, trouble=text, due_at=None) for row in waiting]
    await save(tx, request, rows, *failed)
    await append(context, tx, Entry(EventName.RESULT, None, request, outcome=why.code, note=why.text))


async def _ask_anew(
    context: Context, tx: Transaction, held: Held, remade: Plan, changed: tuple[Finding, ...]
) -> None:
    """The approvals are void: the new plan is shown with what differs, under a digest and with needs of its own."""
    request, rows = held.request, held.rows
    flood = request.needs.flood or await too_much(context, tx, remade, request.id)
    needs = rules.requirements(context.policy, ask_again(request), facts(context, remade, flood))
    if isinstance(needs, Refusal):
        await _hinder(context, tx, held, needs)
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
