"""What a request owes the clock once its parts have moved."""

from datetime import datetime, timedelta

import msgspec

from bot.domain.leases import next_due
from bot.domain.requests import PartRow, Request


def refreshed(request: Request, rows: tuple[PartRow, ...], now: datetime) -> Request:
    """
    Return the request with its lease and next timer set from its parts.

    Time starts with the first accepted write.
    """
    if request.accepted_at is None and any(row.active for row in rows):
        end = now + timedelta(seconds=request.terms.lease)
        request = msgspec.structs.replace(request, accepted_at=now, lease_until=end)
    due = next_due(request, rows)
    return msgspec.structs.replace(request, due_at=due[0] if due else None)
