"""
Dates as Slack's ``<!date^…>`` and the rich text element ``date`` tell them.

The words in braces are those of docs.slack.dev/messaging/formatting-message-text (date formatting). A Slack client tells
them in the reader's zone; here it is UTC, and says so.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

WORD: Final = re.compile(r"\{([a-z_]{1,30})\}")
UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

Told = Callable[[datetime], str]


def _long(at: datetime) -> str:
    return f"{at:%A, %B} {at.day}, {at.year}"


def _plain(at: datetime) -> str:
    return f"{at:%B} {at.day}, {at.year}"


def _short(at: datetime) -> str:
    return f"{at:%b} {at.day}, {at.year}"


PLAIN: Final[dict[str, Told]] = {
    "date_num": lambda at: f"{at:%Y-%m-%d}",
    "date_slash": lambda at: f"{at:%m/%d/%Y}",
    "date": _plain,
    "date_short": _short,
    "date_long": _long,
    "time": lambda at: f"{at:%H:%M} UTC",
    "time_secs": lambda at: f"{at:%H:%M:%S} UTC",
}
PRETTY: Final[dict[str, Told]] = {
    "date_pretty": _plain,
    "date_short_pretty": _short,
    "date_long_pretty": _long,
}


def dated(timestamp: object, form: str, fallback: str, now: datetime | None) -> Markup:
    """Return a ``<time>`` for seconds since 1970, or the fallback's text for what is no time."""
    try:
        at = datetime.fromtimestamp(int(str(timestamp)), UTC)
    except (ValueError, OverflowError, OSError):
        return escape(fallback)
    told = WORD.sub(lambda found: _told(found[1], at, now) or found[0], form)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M:%S} UTC", told
    )


def clock(ts: str) -> Markup:
    """Return the time at which a message was posted, from its ts."""
    return dated(ts.partition(".")[0], "{time}", ts, None)


def _told(word: str, at: datetime, now: datetime | None) -> str:
    if word in PLAIN:
        return PLAIN[word](at)
    if word in PRETTY:
        return _near(at, now) or PRETTY[word](at)
    if word == "ago":
        return _ago(at, now) if now else f"{at:%Y-%m-%d %H:%M} UTC"
    return ""


def _near(at: datetime, now: datetime | None) -> str:
    if now is None:
        return ""
    days = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}
    return days.get((at.date() - now.astimezone(UTC).date()) // timedelta(days=1), "")


def _ago(at: datetime, now: datetime) -> str:
    seconds = int((at - now).total_seconds())
    name, size = next((unit for unit in UNITS if abs(seconds) >= unit[1]), UNITS[-1])
    count = abs(seconds) // size
    told = f"{count} {name}{'' if count == 1 else 's'}"
    return f"in {told}" if seconds > 0 else f"{told} ago"
