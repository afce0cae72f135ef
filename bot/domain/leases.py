"""When something is due for a request: reminders, expiry of the approval, warning and end of the lease."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bot.domain.actions import OnExpiry
from bot.domain.requests import Mode, PartRow, Request, Review, state_of
from bot.domain.states import PartState

REMIND_AFTER = (timedelta(minutes=2), timedelta(minutes=5))
ESCALATE_EVERY = timedelta(minutes=10)
WARN_BEFORE = timedelta(minutes=15)
WARNING_WAIT = timedelta(minutes=30)
OVERDUE_EVERY = timedelta(hours=1)
REVIEW_EVERY = timedelta(minutes=30)


class Due(StrEnum):
    """What the clock asks for next."""

    REMIND = "remind"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    WARN = "warn"
    OVERDUE = "overdue"
    RELEASE = "release"
    REVIEW = "review"


def next_due(request: Request, rows: tuple[PartRow, ...]) -> tuple[datetime, Due] | None:
    """Return what is due next and when, or ``None`` when nothing ever is."""
    if state_of(rows) is PartState.PROPOSED:
        return _approval(request)
    owed = [due for due in (_review(request), _standing(request, rows)) if due is not None]
    return min(owed, default=None)


def _standing(request: Request, rows: tuple[PartRow, ...]) -> tuple[datetime, Due] | None:
    if not any(r.active for r in rows) or request.lease_until is None:
        return None
    return _lease(request, rows, request.lease_until)


def _review(request: Request) -> tuple[datetime, Due] | None:
    """What went without a quorum is called out until it is signed off, even when it is long over."""
    review = request.review
    if review is None or not review.open or review.due_at is None:
        return None
    return review.due_at, Due.REVIEW


def _approval(request: Request) -> tuple[datetime, Due]:
    calls = [] if request.mode is Mode.BREAK_GLASS else _calls(request)  # it waits for nobody but who asked
    if request.reminded < len(calls):
        return calls[request.reminded]
    return request.expires_at, Due.EXPIRE


def _calls(request: Request) -> list[tuple[datetime, Due]]:
    """When people are called while the newest plan waits: approvers twice, then whom it escalates to until its end."""
    needs = request.needs
    asked = request.expires_at - timedelta(seconds=needs.approval_expiry)
    calls = [(asked + wait, Due.REMIND) for wait in REMIND_AFTER]
    at = asked + timedelta(seconds=needs.escalate_after)
    while needs.escalation and at < request.expires_at:
        calls.append((at, Due.ESCALATE))
        at += ESCALATE_EVERY
    return sorted(call for call in calls if call[0] < request.expires_at)


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
        case Due.REMIND | Due.ESCALATE:  # what was missed while the program was down is not made up for
            passed = sum(at <= now for at, _ in _calls(request))
            return msgspec.structs.replace(request, reminded=max(passed, request.reminded + 1))
        case Due.WARN | Due.OVERDUE:
            return msgspec.structs.replace(request, lease_told_at=now)
        case Due.REVIEW:
            review = msgspec.structs.replace(request.review or Review(), due_at=now + REVIEW_EVERY)
            return msgspec.structs.replace(request, review=review)
        case Due.EXPIRE | Due.RELEASE:
            return request


def overdue(request: Request, rows: tuple[PartRow, ...], now: datetime) -> bool:
    """Whether the lease has ended and the containment still stands."""
    return request.lease_until is not None and now >= request.lease_until and any(r.active for r in rows)
