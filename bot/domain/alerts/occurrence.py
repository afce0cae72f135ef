"""
What is known of one occurrence of an alert, whatever came of it, how often, and in which order.

A sender says that it fires and later that it is over; either may be told twice, late, or before the other. So whether it is
over follows from three times alone: when the first was said of it, when last that it fires, when last that it is over. What
is said for the first time may be tried again for ``RETRIES``; that it fires is believed after it was over only when it was
said later than any such try, and ``OVERTAKEN`` after its end. What it names only grows, as does how bad it is.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.domain.alerts.alert import Alert, Severity, Status
from bot.domain.alerts.subjects import MOST

RETRIES: Final = timedelta(minutes=5)
"""So long a sender tries one post again: Alertmanager until its next ``group_interval``, a Logic App four times."""
OVERTAKEN: Final = timedelta(seconds=30)
"""By so much one post of a sender may overtake another, as replicas of it do."""
MOST_KEPT: Final = 4 * MOST
"""So many subjects of one occurrence are kept, of all of its posts; its group has counted the others."""

_ORDER: Final = tuple(Severity)


class Known(msgspec.Struct, frozen=True):
    """
    What is known of an occurrence, and the group that counts it.

    ``alert`` is as it was told last, with its status as it is known and with all that was ever named. ``first`` is when
    the first was said of it, ``fired`` when last that it fires, ``over`` when last that it is over.
    """

    alert: Alert
    group_id: str
    first: datetime
    fired: datetime | None = None
    over: datetime | None = None

    @property
    def status(self) -> Status:
        """Whether it is still so, as far as is known."""
        return self.alert.status

    @property
    def times(self) -> tuple[datetime, datetime | None, datetime | None]:
        """What its status follows from."""
        return self.first, self.fired, self.over


def heard(alert: Alert, before: Known | None, now: datetime) -> Known:
    """Return what is known once this was said; of an alert without a time, it was said now."""
    at = alert.said or now
    fired, over = (at, None) if alert.firing else (None, at)
    if before is None:
        return Known(alert, "", at, fired, over)
    fired, over = _later(before.fired, fired), _later(before.over, over)
    after = Known(alert, before.group_id, min(before.first, at), fired, over)
    words = alert if at >= max(filter(None, before.times[1:])) else before.alert
    return replace(after, alert=_merged(words, before, after))


def tells_more(before: Known | None, after: Known) -> bool:
    """Whether that says what was not known: an alert, that it is over, that it fires again, a name, that it is worse."""
    if before is None or before.status is not after.status:
        return True
    worse = _ORDER.index(after.alert.severity) < _ORDER.index(before.alert.severity)
    known = {*before.alert.subjects, *before.alert.unread}
    return worse or not known.issuperset((*after.alert.subjects, *after.alert.unread))


def _status(known: Known) -> Status:
    if known.over is None:
        return Status.FIRING
    again = max(known.over + OVERTAKEN, known.first + RETRIES)
    return Status.FIRING if known.fired is not None and known.fired >= again else Status.RESOLVED


def _merged(words: Alert, before: Known, after: Known) -> Alert:
    """Return the alert in the words that were said last, with what was ever named."""
    alert, old, status = after.alert, before.alert, _status(after)
    ending = alert if before.over != after.over else old
    return replace(
        words,
        status=status,
        ended=None if status is Status.FIRING else ending.ended,
        severity=min(alert.severity, old.severity, key=_ORDER.index),
        subjects=tuple(dict.fromkeys((*alert.subjects, *old.subjects)))[:MOST_KEPT],
        unread=tuple(dict.fromkeys((*alert.unread, *old.unread)))[:MOST],
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
