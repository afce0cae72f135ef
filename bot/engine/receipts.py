"""A receipt for each counted word: the voter alone is told of it, with a way to say that it was not theirs."""

from bot.domain.digests import short
from bot.domain.letters import Receipt
from bot.domain.requests import Decision, Mode, Request, Vote
from bot.engine.context import Context
from bot.engine.saying import direct
from bot.ports import Transaction

SAID = {"approve": "approved", "deny": "denied"}


async def receipt(tx: Transaction, request: Request, vote: Vote) -> None:
    """Queue the receipt of a vote that is stored in this transaction and carries a token."""
    said = SAID.get(vote.decision, str(vote.decision))
    alone = request.mode is not Mode.QUORUM and vote.decision is Decision.APPROVE  # anybody may deny one
    if alone:
        said = f"started {request.mode.value}, on its word alone,"
    letter = Receipt(
        request_id=request.id,
        summary=request.plan.summary,
        digest=short(vote.digest),
        decision=request.mode if alone else vote.decision,
        at=vote.at,
        way=vote.way,
        token=vote.receipt,
    )
    text = f"Receipt: your account {said} {request.id}."
    await direct(tx, vote.voter, text, request_id=request.id, letter=letter)


async def own_word(context: Context, tx: Transaction, request: Request, origin: str) -> None:
    """
    Keep the one person's word that a request without a quorum runs on, and queue its receipt.

    It is a vote that counts for no need, since it is the requester's, but it can be disowned as any other. Where nobody
    asked there is none.
    """
    if request.requester is None:
        return
    vote = Vote(
        request.id,
        request.digest,
        request.requester,
        Decision.APPROVE,
        tx.now,
        way=origin.partition(":")[0],
        receipt=context.entropy.operation_id(),
    )
    if await tx.votes.add(vote):
        await receipt(tx, request, vote)
