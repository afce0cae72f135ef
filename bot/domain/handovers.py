"""One person hands over to another what they answer for: leases, waiting requests, open reviews."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.people import Principal
from bot.domain.requests import PartRow, Request
from bot.domain.states import FINAL, PartState

OFFER_LASTS: Final = timedelta(hours=8)


class HandoverState(StrEnum):
    """Where an offer stands. An open one that is too old is over, whatever its row says."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"


class Handover(msgspec.Struct, frozen=True):
    """An offer: what moves is whatever the giver still answers for when the taker accepts."""

    id: str
    giver: Principal
    taker: Principal
    offered_at: datetime
    state: HandoverState = HandoverState.OPEN

    def open(self, now: datetime) -> bool:
        """Whether it can still be accepted or declined."""
        return self.state is HandoverState.OPEN and now < self.offered_at + OFFER_LASTS


class Burden(StrEnum):
    """Why somebody answers for a request."""

    LEASE = "lease"
    WAITING = "waiting"
    REVIEW = "review"


def burden(request: Request, rows: tuple[PartRow, ...]) -> tuple[Burden, ...]:
    """Return for what the holder of a request still answers; nothing once it is over and reviewed."""
    found: list[Burden] = []
    if any(row.state is PartState.PROPOSED for row in rows):
        found.append(Burden.WAITING)
    elif any(row.state not in FINAL for row in rows):
        found.append(Burden.LEASE)
    if request.review is not None and request.review.open:
        found.append(Burden.REVIEW)
    return tuple(found)
