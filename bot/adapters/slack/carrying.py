"""A command carried to its use case. Each use case finishes the inbox row in its own transaction: exactly once."""

from typing import assert_never

from bot.adapters.slack import commands
from bot.adapters.slack import help as helping
from bot.adapters.slack.commands import Command
from bot.adapters.slack.quieting import carry_out_alerts
from bot.adapters.slack.together import carry_out_together
from bot.domain.findings import Done, Reply
from bot.domain.people import Principal
from bot.domain.requests import Decision
from bot.engine.confirm import Confirmation, confirm
from bot.engine.context import Context
from bot.engine.decide import Ballot, decide
from bot.engine.explaining import explain, survey
from bot.engine.extend import Extension, extend
from bot.engine.flowing import flows
from bot.engine.handing import Handing, hand
from bot.engine.handover import held, offer
from bot.engine.overview import listing
from bot.engine.propose import Proposal, preview, propose
from bot.engine.reading import status, whoami
from bot.engine.recheck import Recheck, recheck
from bot.engine.release import Ask, Wish, release
from bot.engine.review import Opinion, open_reviews, review
from bot.engine.saying import answer
from bot.engine.tracing import sweep, trace


async def carry_out(
    context: Context, command: Command, person: Principal, key: str, place: str = ""
) -> Reply:
    """
    Do what the command says, for the row of this key. Refusals are recorded and told by the use case.

    ``place`` is the channel where it was typed: that of an incident, perhaps.
    """
    match command:
        case commands.Propose(action, lease, reason, only_look, mode, replay, cause):
            ask = preview if only_look else propose
            return await ask(
                context, Proposal(person, action, lease, reason, mode, place, replay, cause), key
            )
        case (
            commands.Status()
            | commands.List()
            | commands.Reviews()
            | commands.Whoami()
            | commands.Help()
            | commands.Contain()
            | commands.Explain()
            | commands.Posture()
            | commands.Flows()
            | commands.Trace()
            | commands.Sweep()
        ):
            return await _only_told(context, command, person, key)
        case (
            commands.Open()
            | commands.Close()
            | commands.Incidents()
            | commands.Undo()
            | commands.Report()
            | commands.Verify()
        ):
            return await carry_out_together(context, command, person, key, place)
        case (
            commands.Handover()
            | commands.Evidence()
            | commands.Alerts()
            | commands.Mute()
            | commands.Unmute()
        ):
            return await _beside_requests(context, command, person, key)
        case _:
            return await _about_one(context, command, person, key)


async def _beside_requests(
    context: Context,
    command: commands.Handover | commands.Evidence | commands.Alerts | commands.Mute | commands.Unmute,
    person: Principal,
    key: str,
) -> Reply:
    match command:
        case commands.Handover(user):
            return await (offer(context, person, user, key) if user else held(context, person, key))
        case commands.Evidence(request_id, item, original):
            return await hand(context, Handing(person, request_id, item, original), key)
        case _:
            return await carry_out_alerts(context, command, person, key)


async def _only_told(
    context: Context,
    command: commands.Status
    | commands.List
    | commands.Reviews
    | commands.Whoami
    | commands.Help
    | commands.Contain
    | commands.Explain
    | commands.Posture
    | commands.Flows
    | commands.Trace
    | commands.Sweep,
    person: Principal,
    key: str,
) -> Reply:
    match command:
        case commands.Status(request_id) if request_id:
            return await status(context, person, request_id, key)
        case commands.Status() | commands.List():
            return await listing(context, person, key)
        case commands.Reviews():
            return await open_reviews(context, person, key)
        case commands.Whoami():
            return await whoami(context, person, key)
        case commands.Explain() | commands.Posture() | commands.Flows() | commands.Trace() | commands.Sweep():
            return await _looked(context, command, person, key)
        case commands.Help() | commands.Contain():  # forms are opened elsewhere, before anything else
            topic = command.topic if isinstance(command, commands.Help) else command.action
            return await tell(context, key, helping.help_text(topic))


async def _looked(
    context: Context,
    command: commands.Explain | commands.Posture | commands.Flows | commands.Trace | commands.Sweep,
    person: Principal,
    key: str,
) -> Reply:
    match command:
        case commands.Explain(wish):
            return await explain(context, person, wish, key)
        case commands.Posture(scope):
            return await survey(context, person, scope, key)
        case commands.Flows(wish):
            return await flows(context, person, wish, key)
        case commands.Trace(wish):
            return await trace(context, person, wish, key)
        case commands.Sweep(wish):
            return await sweep(context, person, wish, key)


async def _about_one(
    context: Context,
    command: commands.Approve
    | commands.Deny
    | commands.Extend
    | commands.Rollback
    | commands.Adopt
    | commands.Reapply
    | commands.Recheck
    | commands.Confirm
    | commands.Review,
    person: Principal,
    key: str,
) -> Reply:
    match command:
        case commands.Approve() | commands.Deny():
            return await decide(context, await _ballot(context, command, person), key)
        case commands.Extend(request_id, seconds):
            return await extend(context, Extension(person, request_id, seconds), key)
        case commands.Confirm(request_id, digest, name):
            return await confirm(context, Confirmation(person, request_id, digest, name), key)
        case commands.Review(request_id, objection, reason):
            return await review(context, Opinion(person, request_id, reason, objection), key)
        case commands.Recheck(request_id):
            return await recheck(context, Recheck(person, request_id), key)
        case commands.Rollback() | commands.Adopt() | commands.Reapply():
            return await release(context, _wish(command, person), key)
        case _:
            assert_never(command)


async def _ballot(context: Context, command: commands.Approve | commands.Deny, person: Principal) -> Ballot:
    if isinstance(command, commands.Approve):
        return Ballot(person, command.request_id, command.digest, Decision.APPROVE, typed=command.name)
    named = command.digest or await _newest(context, command.request_id)
    return Ballot(person, command.request_id, named, Decision.DENY, command.reason)


def _wish(command: commands.Rollback | commands.Adopt | commands.Reapply, person: Principal) -> Ask:
    match command:
        case commands.Rollback(request_id, reason):
            return Ask(person, request_id, Wish.ROLLBACK, reason)
        case commands.Adopt(request_id):
            return Ask(person, request_id, Wish.ADOPT)
        case commands.Reapply(request_id):
            return Ask(person, request_id, Wish.REAPPLY)


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
