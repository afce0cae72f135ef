"""
Break-glass, confirmed: from here on it runs, past the quorum, and everybody who would have been asked is called.

What must hold, in this order: (1) the request is there, is a break-glass, is still open, and this is the person who
asked; (2) the words name its plan; (3) the person may break glass here, asked now, and is of good standing, asked before all else; (4) the
target's name was typed; (5) all of it still holds, in time and under the caps, inside the transaction that starts it.
"""

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.confirmations import matches
from bot.domain.digests import names, short
from bot.domain.findings import GONE, Done, Refusal, Reply, no_such_request
from bot.domain.people import Principal
from bot.domain.requests import Mode, PartRow, Request, state_of
from bot.domain.states import PartState, worded
from bot.engine.alone import begun, confirmed_by, early_refusal, late_refusal, reviewers, wake, wish
from bot.engine.asking import ask_again, frozen_refusal, membership, person_refusal
from bot.engine.caps import over_caps
from bot.engine.context import Context
from bot.engine.propose import facts
from bot.engine.receipts import own_word
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, alarm, answer, refuse_attempt
from bot.engine.steps import save
from bot.ports import Transaction


class Confirmation(msgspec.Struct, frozen=True):
    """Who confirms which plan of which request, and the name that was typed."""

    person: Principal
    request_id: str
    digest: str
    typed: str


async def confirm(context: Context, said: Confirmation, origin: str) -> Reply:
    """Start a break-glass on the word of who asked for it; refused attempts are recorded."""
    request, refusal = await may_confirm(context, said)  # (1), (2)
    if refusal is None and request is not None:
        refusal = await _not_allowed(context, said, request)  # (3), (4)
    if refusal is None:
        async with context.store.begin() as tx:
            reply = await _start(context, tx, said, origin)
        if isinstance(reply, Done):
            context.store.woke()
            return reply
        refusal = reply
    attempt = Attempt("confirm", request, said.request_id[:40])
    return await refuse_attempt(context, origin, said.person, refusal, attempt)


async def may_confirm(context: Context, said: Confirmation) -> tuple[Request | None, Refusal | None]:
    """Return the request, and why this person may not even be asked to confirm it; it decides nothing."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(said.request_id)
        rows = await tx.parts.of(said.request_id)
    refusal = await person_refusal(context, said.person)  # nobody else learns how a request stands
    return request, refusal or _not_open(said, request, rows)


def _not_open(said: Confirmation, request: Request | None, rows: tuple[PartRow, ...]) -> Refusal | None:
    if request is None:
        return no_such_request(said.request_id)
    if request.mode is not Mode.BREAK_GLASS:
        text = f"{request.id} is not a break-glass: there is nothing to confirm."
        return Refusal("nothing-to-confirm", text, f"Look at /ir status {request.id}.")
    if said.person != request.requester:
        return Refusal(
            "not-yours",
            f"Only the person who asked for {request.id} can confirm it.",
            "Have them confirm it, or ask for it yourself.",
        )
    state = state_of(rows)
    if state is not PartState.PROPOSED:
        text = f"{request.id} is {worded((state,))}: it can no longer be confirmed."
        return Refusal("already-decided", text, f"Look at /ir status {request.id}.")
    if not names(said.digest, request.digest):
        text = f"The plan of {request.id} is {short(request.digest)}, not the one you typed."
        return Refusal("outdated-plan", text, f"Read it again, then type its digest: /ir status {request.id}")
    return None


async def _not_allowed(context: Context, said: Confirmation, request: Request) -> Refusal | None:
    ask = ask_again(request)
    decision = rules.may_request(context.policy, ask, said.person, await membership(context, ask))
    if isinstance(decision, Refusal):
        return decision
    wished = wish(context, request.mode, ask, said.person, request.reason)
    refusal = await early_refusal(context, wished)
    if refusal is not None:
        return refusal
    found = facts(context, request.plan)
    needs = rules.requirements(context.policy, ask, found)
    if isinstance(needs, Refusal):
        return needs
    return late_refusal(wished, request.plan, found, needs) or _untyped(said, request)


def _untyped(said: Confirmation, request: Request) -> Refusal | None:
    name = confirmed_by(request.plan)
    if matches(said.typed, name):
        return None
    what = (
        f"{said.typed[:100]!r} is not the name that this plan asks for"
        if said.typed
        else "The name is missing"
    )
    remedy = f"Type: /ir confirm {request.id} {short(request.digest)} name {name}"
    return Refusal("name-needed", f"{what}, so nothing runs yet.", remedy)


async def _start(context: Context, tx: Transaction, said: Confirmation, origin: str) -> Reply:
    request = await tx.requests.get(said.request_id, lock=True)
    rows = await tx.parts.of(said.request_id)
    refusal = _not_open(said, request, rows) or await frozen_refusal(tx, said.person)  # (5)
    if refusal is not None or request is None:
        return refusal or GONE
    if tx.now >= request.expires_at:
        text = f"{request.id} was not confirmed in time, so it is over."
        return Refusal("approval-expired", text, "Ask again: a new plan shows how things stand now.")
    await tx.counts.floodgate()  # those who approve at this moment count these pods, or these theirs
    full = await over_caps(context, tx, request, stored=True)
    if full is not None:
        return full
    reply = Done(
        f"{request.id} is confirmed and starts now, past the approvers. They are called.", request.id
    )
    if not await answer(tx, origin, reply):
        return reply
    started, moved = begun(context.policy, request, rows, tx)
    await save(tx, started, rows, *moved)
    await own_word(context, tx, started, origin)
    await wake(tx, moved)
    await _alarm(context, tx, started)
    details = {"typed": said.typed[:200]}
    entry = Entry(EventName.DECIDED, said.person, started, outcome=request.mode, details=details)
    await append(context, tx, entry)
    return reply


async def _alarm(context: Context, tx: Transaction, request: Request) -> None:
    text = (
        f"BREAK-GLASS: {request.requester.key if request.requester else 'nobody'} goes past the approval of {request.id}: {request.plan.summary}. "
        f"Reason: {request.reason} It is open until a reviewer signs it off: "
        f"/ir review {request.id} because <what you looked at>. Undo: /ir rollback {request.id}"
    )
    called = dict.fromkeys([*reviewers(context.policy, request), *request.needs.mention])
    await alarm(tx, request, text, tuple(called))
