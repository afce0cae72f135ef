"""A command carried to its use case. Each use case finishes the inbox row in its own transaction: exactly once."""

from typing import assert_never

from bot.adapters.slack import commands
from bot.adapters.slack import help as helping
from bot.adapters.slack.commands import Command
from bot.domain.findings import Done, Reply
from bot.domain.people import Principal
from bot.domain.requests import Decision
from bot.engine.context import Context
from bot.engine.decide import Ballot, decide
from bot.engine.extend import Extension, extend
from bot.engine.propose import Proposal, preview, propose
from bot.engine.reading import listing, status, whoami
from bot.engine.release import Ask, Wish, release
from bot.engine.saying import answer


async def carry_out(context: Context, command: Command, person: Principal, key: str) -> Reply:
    """Do what the command says, for the row of this key. Refusals are recorded and told by the use case."""
    match command:
        case commands.Propose(action, lease, reason, only_look):
            ask = preview if only_look else propose
            return await ask(context, Proposal(person, action, lease, reason), key)
        case commands.Status(request_id) if request_id:
            return await status(context, person, request_id, key)
        case commands.Status() | commands.List():
            return await listing(context, person, key)
        case commands.Whoami():
            return await whoami(context, person, key)
        case commands.Help(topic):
            return await tell(context, key, helping.help_text(topic))
        case _:
            return await _about_one(context, command, person, key)


async def _about_one(
    context: Context,
    command: commands.Approve
    | commands.Deny
    | commands.Extend
    | commands.Rollback
    | commands.Adopt
    | commands.Reapply,
    person: Principal,
    key: str,
) -> Reply:
    match command:
        case commands.Approve(request_id, digest):
            return await decide(context, Ballot(person, request_id, digest, Decision.APPROVE), key)
        case commands.Deny(request_id, digest, reason):
            named = digest or await _newest(context, request_id)
            return await decide(context, Ballot(person, request_id, named, Decision.DENY, reason), key)
        case commands.Extend(request_id, seconds):
            return await extend(context, Extension(person, request_id, seconds), key)
        case commands.Rollback(request_id, reason):
            return await release(context, Ask(person, request_id, Wish.ROLLBACK, reason), key)
        case commands.Adopt(request_id):
            return await release(context, Ask(person, request_id, Wish.ADOPT), key)
        case commands.Reapply(request_id):
            return await release(context, Ask(person, request_id, Wish.REAPPLY), key)
        case _:
            assert_never(command)


async def _newest(context: Context, request_id: str) -> str:
    """A no needs no exactness: typed without a digest it is about the newest plan."""
    async with context.store.begin() as tx:
        request = await tx.requests.get(request_id)
    return request.digest if request else ""


async def tell(context: Context, key: str, text: str, *, request_id: str = "") -> Done:
    """Answer privately with a text, and finish the row; nothing is recorded."""
    reply = Done(text, request_id)
    async with context.store.begin() as tx:
        await answer(tx, key, reply, request_id=request_id)
    return reply
