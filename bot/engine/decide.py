"""
Say yes or no to one exact plan.

What must hold for an approval to count, in this order: (1) the voter is of good standing, asked now: nobody else
learns how a request stands; (2) it is there and still open; (3) the vote names the digest that the newest card shows;
(4) the policy asks for this voter, whose groups are asked now; (5) it is not the requester, nor a second vote of one
human; (6) all of it still holds inside the transaction that stores the vote; (7) who asked is not frozen, there is
room under the caps, and where the plan asks for it, its target's name was typed. Votes of frozen accounts count no more.
"""

from typing import Final

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.confirmations import confirmation, matches
from bot.domain.digests import names, short
from bot.domain.findings import GONE, Done, Finding, Refusal, Reply, no_such_request
from bot.domain.people import Principal
from bot.domain.policy.membership import groups_of
from bot.domain.requests import Decision, Mode, PartRow, Request, Vote, state_of
from bot.domain.states import Event, PartState, worded
from bot.engine.asking import (
    ask_again,
    counted,
    frozen_refusal,
    membership,
    not_frozen,
    person_refusal,
    requester_frozen,
)
from bot.engine.caps import over_caps
from bot.engine.clear import TIGHTENED, Renewal, ask_anew
from bot.engine.context import Context
from bot.engine.flood import too_much
from bot.engine.propose import facts
from bot.engine.receipts import receipt
from bot.engine.recording import LONGEST, Entry, append
from bot.engine.saying import Attempt, answer, card, refuse_attempt
from bot.engine.steps import save
from bot.ports import Transaction

MOST_GROUPS: Final = 20  # of a voter that a record names


class Ballot(msgspec.Struct, frozen=True):
    """
    What somebody said: to which request and digest, and why (needed to deny).

    ``typed`` is the name that was typed to confirm, where ``confirmation`` asks for one.
    """

    voter: Principal
    request_id: str
    digest: str
    decision: Decision
    reason: str = ""
    typed: str = ""


async def decide(context: Context, ballot: Ballot, origin: str) -> Reply:
    """Count the vote, or refuse it; refused attempts are committed to the record too."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(ballot.request_id)
        rows = await tx.parts.of(ballot.request_id)
    refusal = await person_refusal(context, ballot.voter)  # (1)
    refusal = refusal or _not_open(ballot, request, rows)  # (2), (3)
    if refusal is None and request is not None:
        known = await membership(context, ask_again(request))
        reply = await _count(context, ballot, known, origin)
        if isinstance(reply, Done):
            context.store.woke()
            return reply
        refusal = reply
    assert refusal is not None
    attempt = Attempt(ballot.decision, request, ballot.request_id[:40])
    return await refuse_attempt(context, origin, ballot.voter, refusal, attempt)


def _not_open(ballot: Ballot, request: Request | None, rows: tuple[PartRow, ...]) -> Refusal | None:
    if request is None:
        return no_such_request(ballot.request_id)
    state = state_of(rows)
    if state is not PartState.PROPOSED:
        text = f"{request.id} is {worded((state,))}: it can no longer be decided."
        return Refusal("already-decided", text, f"Look at /ir status {request.id}.")
    if not names(ballot.digest, request.digest):
        text = "The plan changed since the card that you used."
        return Refusal(
            "outdated-plan", text, f"Read the newest card and decide on that: /ir status {request.id}"
        )
    if request.mode is Mode.BREAK_GLASS and ballot.decision is Decision.APPROVE:
        text = f"{request.id} is a break-glass: it waits for the person who asked to confirm it, not for approvals."
        return Refusal("not-by-vote", text, f"To stop it: /ir deny {request.id} because <why>")
    if ballot.decision is Decision.DENY and not ballot.reason.strip():
        return Refusal(
            "reason-needed", "A denial needs a reason.", f"Type: /ir deny {request.id} because <why>"
        )
    return None


async def _count(context: Context, ballot: Ballot, known: rules.Membership, origin: str) -> Reply:
    async with context.store.begin() as tx:
        request = await tx.requests.get(ballot.request_id, lock=True)
        rows = await tx.parts.of(ballot.request_id)
        again = _not_open(ballot, request, rows) or await frozen_refusal(tx, ballot.voter)  # (6)
        if again is not None or request is None:
            return again or GONE
        votes = await not_frozen(tx, await tx.votes.of(request.id, request.digest))
        flood = await _flood(context, tx, request, ballot)
        question = rules.Ballot(
            ask=ask_again(request),
            facts=facts(context, request.plan, flood),
            requester=request.requester,
            asked_at=_asked_at(request),
            votes=counted(votes),
            holder=request.holder,
        )
        approving = ballot.decision is Decision.APPROVE
        may = rules.may_vote if approving else rules.may_deny
        decision = may(context.policy, question, ballot.voter, known, tx.now.timestamp())  # (4), (5)
        if isinstance(decision, Refusal):
            return decision
        barred = await _barred(context, tx, ballot, request) if approving else None  # (7)
        if barred is not None:
            return barred
        anew = await _anew(context, tx, (request, rows), flood) if approving else None
        if anew is not None:
            return anew
        vote = Vote(
            request.id,
            request.digest,
            ballot.voter,
            ballot.decision,
            tx.now,
            groups_of(request.needs.mention, ballot.voter, known),
            ballot.reason,
            typed=confirmation(request.plan) if approving else "",
            way=origin.partition(":")[0],
            receipt=context.entropy.operation_id(),
        )
        if not await tx.votes.add(vote):
            return Refusal("voted-already", "You have voted on this plan already.", "Nothing more to do.")
        return await _outcome(context, tx, (request, rows), (*votes, vote), origin)


async def _flood(context: Context, tx: Transaction, request: Request, ballot: Ballot) -> str:
    """Count what others cut meanwhile; whoever approves waits here for those who approve at this moment."""
    if ballot.decision is Decision.DENY:
        return request.needs.flood
    await tx.counts.floodgate()
    return request.needs.flood or await too_much(context, tx, request.plan, request.id)


async def _barred(context: Context, tx: Transaction, ballot: Ballot, request: Request) -> Refusal | None:
    """What waited together was not counted when it was asked for, so the caps are asked again with each approval."""
    refusal = await requester_frozen(tx, request) or _unconfirmed(ballot, request)
    return refusal or await over_caps(context, tx, request, stored=True)


async def _anew(
    context: Context, tx: Transaction, held: tuple[Request, tuple[PartRow, ...]], flood: str
) -> Refusal | None:
    """
    Ask again of whom it takes now; then this vote does not count, nor what was said before.

    Where too much was cut since it was asked, or the policy became stricter.
    """
    request = held[0]
    needs = rules.requirements(context.policy, ask_again(request), facts(context, request.plan, flood))
    if isinstance(needs, Refusal):
        return needs
    more, code, lead = rules.tightened(needs, request.needs), TIGHTENED, "Asked anew"
    if flood and not request.needs.flood:
        more, code, lead = flood, "flood", "Asked anew, with a second group"
    if not more:
        return None
    told = f"{lead}: {more}. What was said before is void, please look again."
    changed = (Finding(code, request.action, more),)
    await ask_anew(context, tx, held, Renewal(request.plan, needs, changed, told, mention=True))
    remedy = f"Read the newest card and decide on that: /ir status {request.id}"
    return Refusal(code, f"{more}, so it is asked anew", remedy)


def _unconfirmed(ballot: Ballot, request: Request) -> Refusal | None:
    """Asked last, so that nobody learns the name here who may not approve."""
    name = confirmation(request.plan)
    if not name or matches(ballot.typed, name):
        return None
    what = (
        f"{ballot.typed[:100]!r} is not the name that this plan asks for"
        if ballot.typed
        else "The name is missing"
    )
    text = f"{what}, so your approval does not count yet."
    remedy = f"/ir approve {request.id} {short(request.digest)} name {name}"
    return Refusal("name-needed", text, f"Press Approve and type it, or: {remedy}")


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
    left = rules.missing(request.needs, request.requester, counted(votes), request.holder)
    if vote.decision is Decision.DENY:
        event, text = (
            Event.CANCEL if vote.voter == request.held_by else Event.DENY,
            f"{request.id} is denied.",
        )
    elif not left:
        event, text = Event.APPROVE, f"{request.id} is approved and starts now."
    else:
        event, text = None, f"Your approval of {request.id} counts; {_more(left)} more needed."
    reply = Done(text, request.id)
    if not await answer(tx, origin, reply):
        return reply
    await receipt(tx, request, vote)
    if event is None:
        await card(tx, request)
    else:
        await _move(tx, request, rows, event)
    await _record(context, tx, request, vote, event)
    return reply


async def _record(
    context: Context, tx: Transaction, request: Request, vote: Vote, event: Event | None
) -> None:
    """Record the vote with the groups that it counts for, and a decision with what the policy asked of it."""
    counted_for = {"groups": [group[:LONGEST] for group in vote.groups[:MOST_GROUPS]]}
    typed = {"typed": vote.typed[:200]} if vote.typed else {}
    entry = Entry(
        EventName.VOTE,
        vote.voter,
        request,
        outcome=vote.decision,
        reason=vote.reason,
        details={**counted_for, **typed},
    )
    await append(context, tx, entry)
    if event is not None:
        needs = {"needs": rules.told(request.needs)}
        await append(context, tx, Entry(EventName.DECIDED, None, request, outcome=event, details=needs))


def _more(left: tuple[rules.Need, ...]) -> str:
    """One person may count for several needs, so with several only the least is known."""
    most = max(need.count for need in left)
    return str(most) if len(left) == 1 else f"at least {most}"


async def _move(tx: Transaction, request: Request, rows: tuple[PartRow, ...], event: Event) -> None:
    if event is Event.APPROVE:
        request = msgspec.structs.replace(request, approved_at=tx.now)
    await save(tx, request, rows, *(row.moved(event, tx.now) for row in rows))
    if event is Event.APPROVE:
        for lane in sorted({row.part.lane for row in rows}):
            await tx.lanes.wake(lane, tx.now)
