"""Moments as people type them: a time of day, a date with one, or how long ago. UTC where no zone stands there."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from bot.adapters.slack.reading import Line, seconds
from bot.domain.flows.wish import Ago, Daily, When

FORM: Final = "Write 14:05, 14:05+02:00, 2026-11-21T14:05 or 2h for two hours ago. Times are UTC where no zone is written."
_ZONE: Final = r"(?P<zone>z|[+-][0-9]{2}:?[0-9]{2})?"
_TIME: Final = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?" + _ZONE
_DAILY: Final = re.compile(_TIME, re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WHOLE: Final = re.compile(r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[t ]" + _TIME, re.ASCII)


def moment(line: Line, missing: str) -> When:
    """Read a moment; raises ``MistakenError`` that points at it."""
    word = line.take()
    if not word.text:
        raise line.wrong(word, missing, remedy=FORM)
    text = word.text.casefold()
    if _DATE.fullmatch(text) and _DAILY.fullmatch(line.peek().folded):
        text = f"{text}t{line.take().folded}"
    try:
        return _read(text)
    except ValueError:
        raise line.wrong(word, f"{word.text!r} is not a time.", remedy=FORM) from None


def _read(text: str) -> When:
    """Raises ``ValueError`` for what is no moment."""
    daily = _DAILY.fullmatch(text)
    if daily:
        hour, minute, second = _clock(daily)
        return Daily(hour, minute, second, _offset(daily["zone"]))
    whole = _WHOLE.fullmatch(text)
    if whole:
        hour, minute, second = _clock(whole)
        zone = timezone(timedelta(minutes=_offset(whole["zone"])))
        day = datetime.fromisoformat(whole["date"])
        return day.replace(hour=hour, minute=minute, second=second, tzinfo=zone).astimezone(UTC)
    if _DATE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return Ago(seconds(text))


def _clock(found: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError
    return hour, minute, second


def _offset(zone: str | None) -> int:
    """Return minutes east of UTC."""
    if not zone or zone == "z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
