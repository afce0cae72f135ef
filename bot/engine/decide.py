"""
Say yes or no to one exact plan.

What must hold for an approval to count, in this order: (1) the request is there and still open; (2) the vote
names the digest that the newest card shows; (3) the voter is of good standing, asked now; (4) the policy asks for
this voter, whose groups are asked now; (5) it is not the requester, nor a second vote of one human; (6) all of it
still holds inside the transaction that stores the vote.
"""

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.digests import names, short
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Principal
from bot.domain.policy.membership import groups_of
from bot.domain.requests import Decision, PartRow, Request, Vote, state_of
from bot.domain.states import Event, PartState
from bot.engine.asking import ask_again, counted, membership, person_refusal
from bot.engine.context import Context
from bot.engine.propose import facts
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, card, refuse
from bot.engine.steps import save
from bot.ports import Transaction


class Ballot(msgspec.Struct, frozen=True):
    """What somebody said: to which request and digest, and why (needed to deny)."""

    voter: Principal
    request_id: str
    digest: str
    decision: Decision
    reason: str = ""


async def decide(context: Context, ballot: Ballot, origin: str) -> Reply:
    """Count the vote, or refuse it; refused attempts are committed to the record too."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(ballot.request_id)
        rows = await tx.parts.of(ballot.request_id)
    refusal = _not_open(ballot, request, rows)  # (1), (2)
    if refusal is None and request is not None:
        refusal = await person_refusal(context, ballot.voter)  # (3)
        if refusal is None:
            known = await membership(context, ask_again(request))
            reply = await _count(context, ballot, known, origin)
            if isinstance(reply, Done):
                context.store.woke()
                return reply
            refusal = reply
    assert refusal is not None
    return await refuse(
        context, origin, ballot.voter, refusal, request=request, target=ballot.request_id[:40]
    )


def _not_open(ballot: Ballot, request: Request | None, rows: tuple[PartRow, ...]) -> Refusal | None:
    if request is None:
        return Refusal("no-such-request", f"There is no request {ballot.request_id[:40]}.", "Use /ir list.")
    state = state_of(rows)
    if state is not PartState.PROPOSED:
        text = f"{request.id} is {state.value.replace('_', ' ')}: it can no longer be decided."
        return Refusal("already-decided", text, f"Look at /ir status {request.id}.")
    if not names(ballot.digest, request.digest):
        text = f"Your card shows another plan than the newest, which is {short(request.digest)}."
        return Refusal("outdated-plan", text, f"Read the newest card of {request.id} and decide on that.")
    if ballot.decision is Decision.DENY and not ballot.reason.strip():
        return Refusal("reason-needed", "A denial needs a reason.", f"/ir deny {request.id} because <why>")
    return None


async def _count(context: Context, ballot: Ballot, known: rules.Membership, origin: str) -> Reply:
    async with context.store.begin() as tx:
        request = await tx.requests.get(ballot.request_id, lock=True)
        rows = await tx.parts.of(ballot.request_id)
        again = _not_open(ballot, request, rows)  # (6)
        if again is not None or request is None:
            return again or Refusal("no-such-request", "The request is gone.", "Use /ir list.")
        votes = await tx.votes.of(request.id, request.digest)
        question = rules.Ballot(
            ask=ask_again(request),
            facts=facts(context, request.plan),
            requester=request.requester,
            asked_at=_asked_at(request),
            votes=counted(votes),
        )
        approving = ballot.decision is Decision.APPROVE
        may = rules.may_vote if approving else rules.may_deny
        decision = may(context.policy, question, ballot.voter, known, tx.now.timestamp())  # (4), (5)
        if isinstance(decision, Refusal):
            return decision
        vote = Vote(
            request.id,
            request.digest,
            ballot.voter,
            ballot.decision,
            tx.now,
            groups_of(request.needs.mention, ballot.voter, known),
            ballot.reason,
        )
        if not await tx.votes.add(vote):
            return Refusal("voted-already", "You have voted on this plan already.", "Nothing more to do.")
        return await _outcome(context, tx, (request, rows), (*votes, vote), origin)


def _asked_at(request: Request) -> float:
    """The question is as old as its newest plan."""
    return request.expires_at.timestamp() - request.needs.approval_expiry


async def _outcome(
    context: Context,
    tx: Transaction,
    asked: tuple[Request, tuple[PartRow, ...]],
    votes: tuple[Vote, ...],
    origin: str,
) -> Reply:
    request, rows = asked
    vote = votes[-1]
    left = rules.missing(request.needs, request.requester, counted(votes))
    if vote.decision is Decision.DENY:
        event, text = (
            Event.CANCEL if vote.voter == request.requester else Event.DENY,
            f"{request.id} is denied.",
        )
    elif not left:
        event, text = Event.APPROVE, f"{request.id} is approved and starts now."
    else:
        event, text = None, f"Your approval of {request.id} counts; {sum(n.count for n in left)} more needed."
    reply = Done(text, request.id)
    if not await answer(tx, origin, reply):
        return reply
    if event is None:
        await card(tx, request)
    else:
        await _move(tx, request, rows, event)
    await append(
        context, tx, Entry(EventName.VOTE, vote.voter, request, outcome=vote.decision, reason=vote.reason)
    )
    if event is not None:
        await append(context, tx, Entry(EventName.DECIDED, None, request, outcome=event))
    return reply


async def _move(tx: Transaction, request: Request, rows: tuple[PartRow, ...], event: Event) -> None:
    if event is Event.APPROVE:
        request = msgspec.structs.replace(request, approved_at=tx.now)
    await save(tx, request, rows, *(row.moved(event, tx.now) for row in rows))
    if event is Event.APPROVE:
        for lane in sorted({row.part.lane for row in rows}):
            await tx.lanes.wake(lane, tx.now)
