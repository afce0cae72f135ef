"""
Look at what went without a quorum, and sign it off, or object. It stays open until somebody else has signed it off.

What must hold: (1) it ran without a quorum and nobody has signed it off yet; (2) the reviewer says what was looked
at; (3) is of good standing, is one of the policy's reviewers and neither asked for it nor answers for it, asked now; what a
playbook did takes two of them;
(4) it is still open in the transaction that signs it off.
"""

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.findings import GONE, Done, Refusal, Reply, no_such_request
from bot.domain.people import Principal
from bot.domain.policy.acting_alone import visible
from bot.domain.requests import Request, Signed
from bot.engine.alone import reviewers, section
from bot.engine.asking import frozen_refusal, membership, person_refusal
from bot.engine.context import Context
from bot.engine.reading import line, may_read, show
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, alarm, answer, notice, refuse, refuse_attempt
from bot.engine.steps import save
from bot.ports import Transaction

LISTED = 20


class Opinion(msgspec.Struct, frozen=True):
    """What a reviewer says of which request; an ``objection`` leaves it open."""

    person: Principal
    request_id: str
    reason: str
    objection: bool = False


async def review(context: Context, said: Opinion, origin: str) -> Reply:
    """Sign off, or object; refused attempts are recorded."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(said.request_id)
    refusal = await person_refusal(context, said.person)  # nobody else learns how a request stands
    refusal = refusal or _not_open(said, request)  # (1), (2)
    if refusal is None and request is not None:
        refusal = await _not_allowed(context, said, request)  # (3)
    if refusal is None:
        async with context.store.begin() as tx:
            reply = await _store(context, tx, said, origin)
        if isinstance(reply, Done):
            return reply
        refusal = reply
    attempt = Attempt("review", request, said.request_id[:40])
    return await refuse_attempt(context, origin, said.person, refusal, attempt)


def closed(request: Request) -> Refusal | None:
    """Return why there is nothing to sign off, if there is nothing."""
    if request.review is None:
        text = f"{request.id} needs no review: only what ran solo, by break-glass, by a playbook or on a disowned vote does."
        return Refusal("nothing-to-review", text, "See what does: /ir reviews")
    if not request.review.open:
        who = request.review.by.key if request.review.by else "somebody"
        text = f"{request.id} was signed off by {who} already."
        return Refusal("reviewed-already", text, "Nothing more to do.")
    return None


def _not_open(said: Opinion, request: Request | None) -> Refusal | None:
    if request is None:
        return no_such_request(said.request_id)
    refusal = closed(request)
    if refusal is None and not visible(said.reason):
        text = "Please say what you looked at."
        return Refusal("reason-needed", text, f"Type: /ir review {request.id} because <what you looked at>")
    return refusal


async def _not_allowed(context: Context, said: Opinion, request: Request) -> Refusal | None:
    alone = section(context.policy, request.mode)
    who = reviewers(context.policy, request)
    known = await membership(context, None, who)
    decision = rules.may_review(alone, request.own, said.person, known, who)
    return decision if isinstance(decision, Refusal) else None


async def _store(context: Context, tx: Transaction, said: Opinion, origin: str) -> Reply:
    request = await tx.requests.get(said.request_id, lock=True)
    rows = await tx.parts.of(said.request_id)
    refusal = _not_open(said, request) or await frozen_refusal(tx, said.person)  # (4)
    if refusal is not None or request is None or request.review is None:
        return refusal or GONE
    disowned = [vote.voter for vote in await tx.votes.of(request.id, request.digest) if vote.void]
    own = rules.may_review(
        section(context.policy, request.mode),
        (*request.own, *disowned, *(each.by for each in request.review.before)),
        said.person,
        _unasked(context, said),
        reviewers(context.policy, request),
    )
    if isinstance(
        own, Refusal
    ):  # also where it was handed over to the reviewer meanwhile, or is signed by them
        return own
    signed = request.review.signed(Signed(said.person, tx.now, said.reason))
    reply = Done(_told(said, request.id, more=signed.open), request.id)
    if not await answer(tx, origin, reply):
        return reply
    if said.objection:
        await _object(context, tx, said, request)
        return reply
    saved = await save(tx, msgspec.structs.replace(request, review=signed), rows)
    how = "reviewed and signed off" if not signed.open else "reviewed (one more has to)"
    await notice(tx, saved, f"{request.id} is {how} by {said.person.key}: {said.reason}")
    outcome = "looked-at" if signed.open else "signed-off"
    await append(
        context, tx, Entry(EventName.REVIEWED, said.person, saved, outcome=outcome, reason=said.reason)
    )
    return reply


def _unasked(context: Context, said: Opinion) -> rules.Membership:
    """The groups were asked a moment ago; here only whose it is now can have changed."""
    return {group: frozenset({said.person}) for group in context.policy.groups}


async def _object(context: Context, tx: Transaction, said: Opinion, request: Request) -> None:
    text = (
        f"OBJECTION to {request.id}, which ran {request.mode.value}, by {said.person.key}: {said.reason} "
        f"It stays open until somebody signs it off. Undo: /ir rollback {request.id}"
    )
    await alarm(tx, request, text, reviewers(context.policy, request))
    await append(
        context, tx, Entry(EventName.REVIEWED, said.person, request, outcome="objection", reason=said.reason)
    )


def _told(said: Opinion, request_id: str, *, more: bool) -> str:
    if said.objection:
        return f"Your objection to {request_id} is recorded, and the reviewers are called. It stays open."
    if more:
        return f"Your review of {request_id} is recorded. Somebody else has to sign it off, too."
    return f"{request_id} is signed off."


async def open_reviews(context: Context, person: Principal, origin: str) -> Reply:
    """List what ran without a quorum and nobody has signed off, oldest first."""
    refusal = await may_read(context, person)
    if refusal is not None:
        return await refuse(context, origin, person, refusal)
    async with context.store.begin() as tx:
        waiting = await tx.requests.unreviewed(LISTED)
    shown = [await show(context.store, request.id) for request in waiting]
    lines = [line(one) for one in shown if one is not None]
    reply = Done("\n".join(lines) or "Nothing waits for a review.")
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply):
            await append(context, tx, Entry(EventName.COMMAND, person, outcome="read", target="reviews"))
    return reply
