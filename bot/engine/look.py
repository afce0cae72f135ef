"""Look at a plan before it is asked for: the same rights and the same words as asking, and nobody is called."""

import msgspec

from bot.domain.audit.events import Event as EventName
from bot.domain.digests import short
from bot.domain.findings import Done, Refusal
from bot.domain.requests import Request
from bot.engine.context import Context
from bot.engine.propose import Proposal, prepare, target_of
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse, refuse_shown


async def look(context: Context, proposal: Proposal) -> Request | Refusal:
    """
    Return the request as it would be asked, or why it would be refused; nothing is stored.

    Whoever shows it calls ``looked`` afterwards, which records it and finishes the row.
    """
    return await prepare(context, proposal)


async def looked(
    context: Context, proposal: Proposal, made: Request | Refusal, origin: str, *, shown: bool
) -> None:
    """Record that somebody looked, or was refused; with ``shown`` False they are told privately as well."""
    target = target_of(proposal.action)
    if isinstance(made, Refusal):
        say = refuse_shown if shown else refuse
        await say(context, origin, proposal.requester, made, target=target)
        return
    reply = Done(f"What would be asked. Nothing is stored, nobody was called. Plan {short(made.digest)}.")
    async with context.store.begin() as tx:
        if shown:
            first = await tx.inbox.finish(origin)
        else:
            first = await answer(tx, origin, reply, document=msgspec.json.encode(made).decode())
        if first:
            entry = Entry(EventName.COMMAND, proposal.requester, outcome="plan", target=target)
            await append(context, tx, entry)
