"""What may be read: one request with all that stands about it, the list, and who somebody is here."""

from datetime import datetime

import msgspec

from bot.domain import policy as rules
from bot.domain.audit.events import Event as EventName
from bot.domain.evidence import Capture
from bot.domain.findings import Done, Refusal, Reply, no_such_request
from bot.domain.lanes import Operation
from bot.domain.leases import overdue
from bot.domain.people import Principal
from bot.domain.requests import Mode, PartRow, Request, Vote, state_of
from bot.domain.standing import portion
from bot.domain.states import PartState
from bot.engine.asking import membership, not_frozen, person_refusal
from bot.engine.context import Context
from bot.engine.recording import Entry, append
from bot.engine.saying import answer, refuse
from bot.ports import Store


class Shown(msgspec.Struct, frozen=True):
    """
    A request as it stands at ``now``: everything that a card is painted from.

    ``frozen`` are those of its votes whose accounts are frozen.
    """

    request: Request
    rows: tuple[PartRow, ...]
    votes: tuple[Vote, ...]
    state: PartState
    overdue: bool
    operation: Operation | None
    now: datetime
    captures: tuple[Capture, ...] = ()
    frozen: tuple[Vote, ...] = ()

    @property
    def counting(self) -> tuple[Vote, ...]:
        """The votes that count as things stand: those of frozen accounts do not, until an operator thaws them."""
        return tuple(vote for vote in self.votes if vote not in self.frozen)


async def show(store: Store, request_id: str) -> Shown | None:
    """Read one request with its parts, votes and the operation that runs in its lane."""
    async with store.begin() as tx:
        request = await tx.requests.get(request_id)
        if request is None:
            return None
        rows = await tx.parts.of(request_id)
        votes = await tx.votes.of(request_id, request.digest)
        lane = await tx.lanes.get(rows[0].part.lane)
        operation = lane.operation if lane else None
        captures = await tx.captures.of(request_id)
        sound = await not_frozen(tx, votes)
        frozen = tuple(vote for vote in votes if vote not in sound)
        return Shown(
            request,
            rows,
            votes,
            state_of(rows),
            overdue(request, rows, tx.now),
            operation,
            tx.now,
            captures,
            frozen,
        )


async def may_read(context: Context, person: Principal) -> Refusal | None:
    """Return why this person may not read here, asked now."""
    refusal = await person_refusal(context, person)
    if refusal is not None:
        return refusal
    decision = rules.may_read(context.policy, person, await membership(context, None))
    return decision if isinstance(decision, Refusal) else None


async def status(context: Context, person: Principal, request_id: str, origin: str) -> Reply:
    """Show one request to the one who asks."""
    refusal = await may_read(context, person)
    shown = None if refusal else await show(context.store, request_id)
    if shown is None:
        missing = no_such_request(request_id)
        return await refuse(context, origin, person, refusal or missing, target=request_id[:40])
    reply = Done(line(shown), request_id)
    await answered(context, person, reply, origin, request_id)
    return reply


async def whoami(context: Context, person: Principal, origin: str) -> Reply:
    """Tell a person who they are here, and in which groups of the policy they are right now."""
    refusal = await person_refusal(context, person)
    if refusal is not None:
        return await refuse(context, origin, person, refusal)
    known = rules.membership(context.policy, await _all_groups(context))
    mine = rules.groups_of(context.policy.groups, person, known)
    unknown = sorted(name for name, members in known.items() if isinstance(members, rules.Unknown))
    text = f"You are {person.key}; groups: {', '.join(mine) or 'none'}."
    if unknown:
        text += (
            f" Slack did not answer for: {', '.join(unknown)}; until it does you count as outside of them."
        )
    reply = Done(text)
    await answered(context, person, reply, origin, "whoami")
    return reply


async def _all_groups(context: Context) -> dict[str, rules.Members]:
    known: dict[str, rules.Members] = {}
    for group in rules.usergroups(context.policy, context.policy.groups):
        members = await context.directory.members(group)
        known[group] = members if isinstance(members, frozenset) else rules.Unknown(members.why)
    return known


async def answered(context: Context, person: Principal, reply: Done, origin: str, target: str) -> None:
    """Give what was asked to be read, and record that it was."""
    async with context.store.begin() as tx:
        if await answer(tx, origin, reply, request_id=reply.request_id):
            await append(context, tx, Entry(EventName.COMMAND, person, outcome="read", target=target))


def line(shown: Shown) -> str:
    """Say one request in one line."""
    request, state = shown.request, shown.state.value.replace("_", " ")
    targets = ", ".join(row.part.target.title for row in shown.rows[:3])
    more = f" and {len(shown.rows) - 3} more" if len(shown.rows) > 3 else ""
    until = (
        f", until {request.lease_until:%m-%d %H:%M} UTC" if request.lease_until and not shown.overdue else ""
    )
    loud = " OVERDUE" if shown.overdue else ""
    there = portion(row.state for row in shown.rows).lower()
    part = f" ({there})" if there else ""
    return f"{request.id} {request.action} {targets}{more}: {state}{part}{loud}{until}{marked(request)}{_disowned(shown)}"


def _disowned(shown: Shown) -> str:
    void = sum(vote.void for vote in shown.votes)
    return f", {void} vote(s) void: disowned by their owners" if void else ""


def marked(request: Request) -> str:
    """Say, for what did not go by a quorum, by whose word it goes and whether somebody has looked at it."""
    if request.mode is Mode.QUORUM and request.review is not None:  # a vote that it ran on was disowned
        return f", {'review open' if request.review.open else 'reviewed'}"
    if request.mode is Mode.QUORUM:
        return ""
    if request.review is None:
        return f", {request.mode.value.upper()}"
    return f", {request.mode.value.upper()}, {'review open' if request.review.open else 'reviewed'}"
