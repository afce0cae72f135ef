"""
What is stored once a playbook acts by itself: a request that nobody asked for, approved by no vote, announced, to be reviewed.

The caller MUST have asked `may_act` in the same transaction, behind the gate.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.actions import parameters
from bot.domain import policy as rules
from bot.domain.actions import Action, OnExpiry
from bot.domain.alerts import Alert
from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import Actor
from bot.domain.digests import Terms, digest
from bot.domain.errors import ConflictError
from bot.domain.findings import Refusal
from bot.domain.leases import next_due
from bot.domain.plans import Plan
from bot.domain.playbooks import Playbook
from bot.domain.reading import cut
from bot.domain.requests import Mode, Request, part_rows
from bot.domain.suggestions import Cause, Suggestion
from bot.engine import causing
from bot.engine.alone import begun, reviewers, wake
from bot.engine.capture import begin as capture
from bot.engine.context import Context
from bot.engine.joining import joined
from bot.engine.recording import Entry, append
from bot.engine.saying import alarm, card
from bot.ports import Transaction

QUIET: Final = frozenset({"auto-already", "asked-already"})
"""What is no news: the record has what was done."""


class Turn(msgspec.Struct, frozen=True):
    """One step of a suggestion, and the playbook in force that it is of."""

    suggestion: Suggestion
    number: int
    playbook: Playbook
    unattended: rules.Unattended

    @property
    def cause(self) -> Cause:
        """What a request that comes of it says."""
        made = self.suggestion
        return Cause(made.group_id, made.id, self.number, made.playbook, made.version, made.sha256, auto=True)


class Found(msgspec.Struct, frozen=True):
    """What was learnt before anything is counted: the alert, the action, its plan, what the policy asks, who reviews."""

    alert: Alert
    action: Action
    request_id: str
    plan: Plan
    needs: rules.Requirements
    reviewers: frozenset[str]


def request_of(context: Context, turn: Turn, found: Found, now: datetime) -> Request:
    """Return it as it would be asked for, without anybody who asks."""
    action, needs = found.action, found.needs
    minutes = turn.playbook.auto.minutes if turn.playbook.auto else 0
    lease = min(minutes * 60, int(turn.unattended.lease_maximum), needs.lease_maximum)
    held = action.on_expiry is OnExpiry.HOLD  # no timer lets go of a pod that nobody has looked at
    on_expiry = str(action.on_expiry if held else needs.on_expiry or action.on_expiry)
    terms = Terms(lease, on_expiry, 0, Mode.AUTO.value)
    return Request(
        id=found.request_id,
        action=action.name,
        parameters=parameters(action),
        plan=found.plan,
        terms=terms,
        digest=digest(found.plan, terms),
        requester=None,
        needs=needs,
        policy_hash=context.policy_hash,
        created_at=now,
        expires_at=now + timedelta(seconds=needs.approval_expiry),
        reason=cut(f"Alert {found.alert.rule} of {found.alert.source}", 300),
        channel=context.channel_for(action.at_cluster),
        mode=Mode.AUTO,
        cause=turn.cause,
    )


async def store(context: Context, tx: Transaction, turn: Turn, made: Request) -> None:
    """Store it as approved, with its card, its record and its announcement; its lanes work at once."""
    request, rows = begun(context.policy, made, part_rows(made.id, made.plan, made.created_at), tx)
    due = next_due(request, rows)
    request = msgspec.structs.replace(request, due_at=due[0] if due else None)
    request, opened = await joined(context, tx, request)
    if not await tx.requests.add(request, rows):
        raise ConflictError("IdTaken", f"the id {request.id} is taken; asking again gets another")
    await capture(context, tx, request, rows)
    await card(tx, request)
    await causing.came_of(tx, request)
    await wake(tx, rows)
    await _announce(context, tx, turn, request)
    for entry in opened:
        await append(context, tx, entry)
    blob = msgspec.json.encode(request.plan)
    await append(context, tx, Entry(EventName.PLAN_SHOWN, None, request, blob=blob))
    decided = Entry(EventName.DECIDED, _actor(turn), request, outcome=request.mode, reason=request.reason)
    await append(context, tx, msgspec.structs.replace(decided, details=causing.told(request)))


async def _announce(context: Context, tx: Transaction, turn: Turn, request: Request) -> None:
    text = (
        f"AUTO: done by playbook {turn.playbook.name}, version {turn.playbook.version}, without a person: "
        f"{request.plan.summary}. Undo: the button on the card of {request.id}, or /ir rollback {request.id}. "
        f"It is open until two reviewers have signed it off: /ir review {request.id} because <what you looked at>"
    )
    await alarm(tx, request, text, reviewers(context.policy, request))


async def left(context: Context, turn: Turn, why: Refusal) -> None:
    """Record why nothing was done; beyond the cap it is counted and summed up, as for people."""
    if why.code in QUIET:
        return
    async with context.store.begin() as tx:
        place = context.refusals.take(f"playbook {turn.playbook.name}", why.code, tx.now)
        if not place.write:
            return
        try:
            entry = Entry(EventName.REFUSAL, _actor(turn), outcome=why.code, note=why.text)
            details = {"tried": "auto", "cause": msgspec.to_builtins(turn.cause)}
            target = f"alert {turn.suggestion.group_id}"
            await append(context, tx, msgspec.structs.replace(entry, target=target, details=details))
        except BaseException:
            context.refusals.undo(place)
            raise


def _actor(turn: Turn) -> Actor:
    return Actor(type=ActorType.PLAYBOOK, id=turn.playbook.name, idp="firebreak")
