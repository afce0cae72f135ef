"""When something is due for a request: reminders, expiry of the approval, warning and end of the lease."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bot.domain.actions import OnExpiry
from bot.domain.requests import PartRow, Request, state_of
from bot.domain.states import PartState

REMIND_AFTER = (timedelta(minutes=2), timedelta(minutes=5))
WARN_BEFORE = timedelta(minutes=15)
WARNING_WAIT = timedelta(minutes=30)
OVERDUE_EVERY = timedelta(hours=1)


class Due(StrEnum):
    """What the clock asks for next."""

    REMIND = "remind"
    EXPIRE = "expire"
    WARN = "warn"
    OVERDUE = "overdue"
    RELEASE = "release"


def next_due(request: Request, rows: tuple[PartRow, ...]) -> tuple[datetime, Due] | None:
    """Return what is due next and when, or ``None`` when nothing ever is."""
    if state_of(rows) is PartState.PROPOSED:
        return _approval(request)
    if not any(r.active for r in rows) or request.lease_until is None:
        return None
    return _lease(request, rows, request.lease_until)


def _approval(request: Request) -> tuple[datetime, Due]:
    if request.reminded < len(REMIND_AFTER):
        remind = request.created_at + REMIND_AFTER[request.reminded]
        if remind < request.expires_at:
            return remind, Due.REMIND
    return request.expires_at, Due.EXPIRE


def _lease(request: Request, rows: tuple[PartRow, ...], end: datetime) -> tuple[datetime, Due] | None:
    if request.release is not None:
        return None
    told = request.lease_told_at
    if told is None:
        return max(end - WARN_BEFORE, _start(request)), Due.WARN
    if request.terms.on_expiry == OnExpiry.HOLD or any(_stuck(row) for row in rows):
        return max(end, told + OVERDUE_EVERY if told >= end else end), Due.OVERDUE
    return (end if request.warned_at is not None else end + WARNING_WAIT), Due.RELEASE


def _stuck(row: PartRow) -> bool:
    """Letting go was tried and a person must decide: trying again by itself would only be noise."""
    return row.state is PartState.NEEDS_HUMAN or (row.active and bool(row.drift))


def _start(request: Request) -> datetime:
    return request.accepted_at or request.created_at


def noted(request: Request, due: Due, now: datetime) -> Request:
    """Return the request after this was queued to be said, so that it is not due again at once."""
    match due:
        case Due.REMIND:
            return msgspec.structs.replace(request, reminded=request.reminded + 1)
        case Due.WARN | Due.OVERDUE:
            return msgspec.structs.replace(request, lease_told_at=now)
        case Due.EXPIRE | Due.RELEASE:
            return request


def overdue(request: Request, rows: tuple[PartRow, ...], now: datetime) -> bool:
    """Whether the lease has ended and the containment still stands."""
    return request.lease_until is not None and now >= request.lease_until and any(r.active for r in rows)
