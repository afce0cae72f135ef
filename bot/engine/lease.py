"""What a request owes the clock once its parts have moved."""

from datetime import datetime, timedelta

import msgspec

from bot.domain.leases import next_due
from bot.domain.requests import PartRow, Request
from bot.domain.states import PartState

_RELEASING = frozenset({PartState.ROLLING_BACK, PartState.UNDOING, PartState.EXECUTING})


def refreshed(request: Request, rows: tuple[PartRow, ...], now: datetime) -> Request:
    """
    Return the request with its lease and next timer set from its parts.

    Time starts with the first accepted write.
    """
    if request.accepted_at is None and any(row.active for row in rows):
        end = now + timedelta(seconds=request.terms.lease)
        request = msgspec.structs.replace(request, accepted_at=now, lease_until=end)
    under_way = any(row.state in _RELEASING for row in rows)
    if request.release is not None and not under_way and any(row.active for row in rows):
        request = msgspec.structs.replace(request, release=None)  # it was stopped: the lease counts again
    due = next_due(request, rows)
    return msgspec.structs.replace(request, due_at=due[0] if due else None)
