"""Make a lease longer, within the policy's maximum and without a vote. Beyond it a new request is needed."""

from datetime import timedelta
from typing import Any

import msgspec

from bot.actions import revive
from bot.domain import policy as rules
from bot.domain.actions import Action
from bot.domain.audit.events import Event as EventName
from bot.domain.changes import Contribute
from bot.domain.findings import GONE, Done, Refusal, Reply, no_such_request
from bot.domain.people import Principal
from bot.domain.plans import Part
from bot.domain.policy.governing import governing
from bot.domain.requests import Mode, PartRow, Request
from bot.domain.spelling import spelled
from bot.engine.alone import section
from bot.engine.asking import ask_again, frozen_refusal, membership, person_refusal
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, answer, refuse_attempt
from bot.engine.steps import save
from bot.ports import Transaction


class Extension(msgspec.Struct, frozen=True):
    """Who wants a request to last ``seconds`` longer."""

    person: Principal
    request_id: str
    seconds: int


async def extend(context: Context, wanted: Extension, origin: str) -> Reply:
    """Lengthen the lease if this person may; refused attempts are recorded."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(wanted.request_id)
    refusal: Refusal | None
    if request is None:
        refusal = no_such_request(wanted.request_id)
    else:
        refusal = await person_refusal(context, wanted.person)
    if refusal is None and request is not None:
        known = await membership(context, ask_again(request))
        async with context.store.begin() as tx:
            reply = await _lengthen(context, tx, wanted, known, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    assert refusal is not None
    attempt = Attempt("extend", request, wanted.request_id[:40])
    return await refuse_attempt(context, origin, wanted.person, refusal, attempt)


async def _lengthen(
    context: Context, tx: Transaction, wanted: Extension, known: rules.Membership, origin: str
) -> Reply:
    request = await tx.requests.get(wanted.request_id, lock=True)
    rows = await tx.parts.of(wanted.request_id)
    refusal = _not_extendable(request, rows) or await frozen_refusal(tx, wanted.person)
    if refusal is not None or request is None or request.lease_until is None or request.accepted_at is None:
        return refusal or Refusal(
            "nothing-to-extend", "There is nothing to extend.", "See what is active: /ir list"
        )
    until = request.lease_until + timedelta(seconds=wanted.seconds)
    total = int((until - request.accepted_at).total_seconds())
    decision = rules.may_extend(context.policy, ask_again(request), total, wanted.person, known)
    alone = section(context.policy, request.mode)
    if not isinstance(decision, Refusal) and request.mode is not Mode.QUORUM:
        longest = int(alone.lease_maximum) if alone is not None else 0
        if total > longest:
            decision = rules.may_extend_alone(
                context.policy, ask_again(request), request.own, wanted.person, known
            )
    if isinstance(decision, Refusal):
        return beyond(context, request, decision) if decision.code == "lease-too-long" else decision
    told = f"{request.id} now lasts until {until:%Y-%m-%d %H:%M:%S} UTC."
    unheld = request.held_by is None  # nobody asked for it, so whoever keeps it answers for it from now on
    reply = Done(f"{told} You hold it from now on." if unheld else told, request.id)
    if await answer(tx, origin, reply):
        holder = wanted.person if unheld else request.holder
        longer = msgspec.structs.replace(
            request, lease_until=until, lease_told_at=None, warned_at=None, holder=holder
        )
        saved = await save(tx, longer, rows)
        details: dict[str, Any] = {"seconds": wanted.seconds, "until": until.isoformat()}
        details |= {"holds": True} if unheld else {}
        await append(
            context, tx, Entry(EventName.LEASE, wanted.person, saved, outcome="extended", details=details)
        )
    return reply


def beyond(context: Context, request: Request, refusal: Refusal) -> Refusal:
    """Say what may still be typed: what is left up to the maximum, and how to have it approved anew."""
    ways = []
    governed = governing(context.policy, ask_again(request))
    if not isinstance(governed, Refusal) and request.lease_until and request.accepted_at:
        longest = min(int(rule.lease.maximum) for rule in governed)
        left = (longest - int((request.lease_until - request.accepted_at).total_seconds())) // 60
        if left > 0:
            ways.append(f"Up to that: /ir extend {request.id} {left}m.")
    beside, anew = _sorted(request)
    if beside is not None:
        what = "The addresses are" if anew is not None else "It is"
        ways.append(
            f"For longer, ask for an approval beside it. {what} blocked as long as either lasts: {_again(request, beside)}"
        )
    if anew is not None:
        what = "The others" if beside is not None else "For longer it"
        ways.append(
            f"{what} must be approved anew. When this one is over: /ir rollback {request.id} "
            f"and then {_again(request, anew)}"
        )
    return msgspec.structs.replace(refusal, remedy=" ".join(ways))


def _again(request: Request, action: Action) -> str:
    return f"/ir {spelled(action)} because {request.id} goes on"


def _sorted(request: Request) -> tuple[Action | None, Action | None]:
    """Return what may be asked for beside it, as several may keep an address blocked, and what only after it."""
    plan, action = request.plan, revive(request.action, request.parameters)
    if not action.composes:
        return (action, None) if _contributes(plan.parts) else (None, action)
    of = [(each, plan.parts[plan.span_of(number)]) for number, each in enumerate(action.each)]
    beside = [each for each, parts in of if _contributes(parts)]
    anew = [each for each, parts in of if not _contributes(parts)]
    return _whole(action, beside), _whole(action, anew)


def _contributes(parts: tuple[Part, ...]) -> bool:
    return all(isinstance(change, Contribute) for part in parts for change in part.changes)


def _whole(action: Action, each: list[Action]) -> Action | None:
    """Return what does these of a composite's; one of them is asked for as itself."""
    if len(each) < 2:
        return each[0] if each else None
    return msgspec.structs.replace(action, steps=tuple(each))


def _not_extendable(request: Request | None, rows: tuple[PartRow, ...]) -> Refusal | None:
    if request is None:
        return GONE
    if not any(row.active for row in rows) or request.lease_until is None:
        text = f"{request.id} is not active, so there is nothing to extend."
        return Refusal("nothing-to-extend", text, f"Look at /ir status {request.id}.")
    if request.release is not None:
        return Refusal(
            "rolling-back",
            f"{request.id} is being rolled back.",
            "To keep it cut off, ask for it again once that is done.",
        )
    return None
