"""
A voter says: this wasn't me.

The vote is void, what waits on it stops, the account is frozen until an operator looks, and the channel is alarmed.
What stands already stays: a containment is not let go because of a stolen account, but a person must look at it.

What must hold, in this order: (1) the token is a vote's; (2) it is the voter's own account that says so; (3) nobody
has said so before. Slack is not asked who they are: stopping never waits for an answer, and they can only stop
themselves.
"""

from datetime import timedelta
from typing import Final

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.findings import Done, Refusal, Reply
from bot.domain.people import Frozen, Principal
from bot.domain.requests import Decision, PartRow, Request, Review, Vote
from bot.domain.states import FINAL, Event, PartState
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import Attempt, alarm, answer, direct, notice, refuse_attempt
from bot.engine.steps import save
from bot.engine.thaw import repainted
from bot.ports import Transaction

FORGED: Final = "forged-click"
REVIEW_WITHIN: Final = timedelta(minutes=30)
NOT_YOURS: Final = Refusal(FORGED, "This receipt is not for a vote of yours.", "See what is open: /ir list")
AGAIN: Final = Refusal(
    "vote-void-already",
    "This vote is void already, and your account is frozen.",
    "Ask whoever runs Firebreak to unfreeze it.",
)


async def disown(context: Context, person: Principal, token: str, origin: str) -> Reply:
    """Void the vote of this receipt and freeze its account, or refuse; refused attempts are recorded."""
    async with context.store.begin() as tx:
        vote = await tx.votes.by_receipt(token)
    refusal = NOT_YOURS
    request: Request | None = None
    if vote is not None and vote.voter == person:  # (1), (2)
        async with context.store.begin() as tx:
            request = await tx.requests.get(vote.request_id, lock=True)
            fresh = await tx.votes.by_receipt(token)
            if request is not None and fresh is not None and not fresh.void:  # (3)
                return await _void(context, tx, (request, fresh), origin)
        refusal = AGAIN
    return await refuse_attempt(context, origin, person, refusal, Attempt("disown", request))


async def _void(context: Context, tx: Transaction, found: tuple[Request, Vote], origin: str) -> Reply:
    request, vote = found
    text = f"Your vote on {request.id} is void and your account is frozen here. Secure it; an operator unfreezes it."
    reply = Done(text, request.id)
    if not await answer(tx, origin, reply):
        return reply
    await tx.votes.put(msgspec.structs.replace(vote, voided_at=tx.now))
    rows = await tx.parts.of(request.id)
    stopped = _stopped(request, rows, vote, tx)
    after = _for_review(request, rows, vote, tx)
    await save(tx, after, rows, *stopped)
    for lane in sorted({row.part.lane for row in stopped}):
        await tx.lanes.wake(lane, tx.now)
    frozen = await tx.frozen.add(Frozen(vote.voter, tx.now, request.id))
    await repainted(tx, vote.voter)
    await _tell(tx, after, vote, told=_consequence(after, rows, stopped))
    await _record(context, tx, (after, vote), stopped=bool(stopped), frozen=frozen)
    context.store.woke()
    return reply


def _bears(request: Request, vote: Vote) -> bool:
    """Whether anything rests on this vote: only an approval of the plan that was approved carries parts."""
    return vote.decision is Decision.APPROVE and vote.digest == request.digest


def _stopped(request: Request, rows: tuple[PartRow, ...], vote: Vote, tx: Transaction) -> tuple[PartRow, ...]:
    """What has not begun is cancelled, even if others alone would have been enough: they judged what they were shown."""
    if not _bears(request, vote):
        return ()
    return tuple(
        row.moved(Event.CANCEL, tx.now, due_at=None) for row in rows if row.state is PartState.APPROVED
    )


def _for_review(request: Request, rows: tuple[PartRow, ...], vote: Vote, tx: Transaction) -> Request:
    """What began on this vote and is not over needs a look, also where somebody had looked before."""
    begun = any(row.state not in FINAL | {PartState.PROPOSED, PartState.APPROVED} for row in rows)
    if not (begun and _bears(request, vote)) or (request.review is not None and request.review.open):
        return request
    return msgspec.structs.replace(request, review=Review(due_at=tx.now + REVIEW_WITHIN))


def _consequence(request: Request, rows: tuple[PartRow, ...], stopped: tuple[PartRow, ...]) -> str:
    if stopped and len(stopped) == len(rows):
        return "Nothing had begun: it is cancelled."
    if request.review is not None and request.review.open:
        left = f" {len(stopped)} part(s) that had not begun are cancelled." if stopped else ""
        return f"What stands stays contained and needs a review.{left}"
    if all(row.state is PartState.PROPOSED for row in rows):
        return "It still waits for approval."
    if all(row.state is PartState.DENIED for row in rows):
        return "It stays denied and nothing is contained: if it is needed, ask for it again."
    return "Nothing rests on it any more."


async def _tell(tx: Transaction, request: Request, vote: Vote, told: str) -> None:
    said = "approval" if vote.decision is Decision.APPROVE else "denial"
    who = f"The {said} of {request.id} by {vote.voter.key} is void: its owner says that it was not theirs."
    await notice(tx, request, f"{who} {told}")
    everyone = f"{who} {told} The account is frozen: treat it as stolen, and look at what it did."
    await alarm(tx, request, everyone, (*request.needs.mention, vote.voter.key))
    if request.held_by is not None and request.held_by != vote.voter:
        await direct(tx, request.held_by, f"{who} {told}", request_id=request.id)


async def _record(
    context: Context, tx: Transaction, about: tuple[Request, Vote], *, stopped: bool, frozen: bool
) -> None:
    request, vote = about
    details = {"voted_at": vote.at.isoformat(), "way": vote.way, "plan": vote.digest}
    entry = Entry(EventName.VOTE_VOID, vote.voter, request, outcome=vote.decision, details=details)
    await append(context, tx, entry)
    if frozen:
        who = Entry(EventName.FREEZE, vote.voter, request, outcome="vote-disowned", target=vote.voter.key)
        await append(context, tx, who)
    if stopped:
        await append(context, tx, Entry(EventName.DECIDED, None, request, outcome=Event.CANCEL))
