"""Requests, parts and drafts for the tests of the store."""

from datetime import timedelta

import msgspec

from bot.domain.audit.events import ActorType
from bot.domain.audit.events import Event as EventName
from bot.domain.audit.record import Actor, Draft
from bot.domain.digests import Terms, digest
from bot.domain.people import Principal
from bot.domain.policy.requirements import Requirements
from bot.domain.policy.rules import OnExpiry
from bot.domain.requests import PartRow, Request, part_rows
from bot.domain.states import PartState
from tests.domain.values import NOW, PLAN

ASKER = Principal("T0SANDBOX", "U0ASKER")
TERMS = Terms(14_400, "hold", 1)
NEEDS = Requirements((), 1, ("responders",), (), 1800, 14_400, 86_400, OnExpiry.HOLD)
LANE = PLAN.parts[0].lane


def a_request(name: str = "FB-TEST", minutes: int = 0) -> Request:
    """Return a request, made some minutes after the first."""
    made = NOW + timedelta(minutes=minutes)
    return Request(
        id=name,
        action=PLAN.action,
        parameters=PLAN.parameters,
        plan=PLAN,
        terms=TERMS,
        digest=digest(PLAN, TERMS),
        requester=ASKER,
        needs=NEEDS,
        policy_hash="0" * 64,
        created_at=made,
        expires_at=made + timedelta(minutes=30),
        reason="beaconing \u00e9\u0000 to 203.0.113.7",
    )


def rows_of(request: Request, state: PartState = PartState.PROPOSED) -> tuple[PartRow, ...]:
    """Return its parts, all in one state."""
    rows = part_rows(request.id, request.plan, request.created_at)
    return tuple(msgspec.structs.replace(row, state=state) for row in rows)


def a_draft(**fields: object) -> Draft:
    """Return what a use case records."""
    return msgspec.structs.replace(
        Draft(event=EventName.VOTE, actor=Actor(ActorType.BOT, "firebreak", "firebreak"), request="FB-TEST"),
        **fields,
    )
