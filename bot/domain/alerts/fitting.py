"""An alert cut to size: every text on one line and no longer than it may be, links that are links, labels in order."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from bot.domain.alerts import texts
from bot.domain.alerts.alert import MOST_LABELS, MOST_LINKS, Alert, Link, Severity, digest
from bot.domain.alerts.subjects import MOST, Subject
from bot.domain.alerts.texts import line

FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_FINGERPRINT: Final = 128

_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{1,1990}")
_WORDS: Final = {
    Severity.CRITICAL: ("critical", "emergency", "alert", "page", "fatal", "sev0"),
    Severity.HIGH: ("high", "error", "major", "sev1"),
    Severity.MEDIUM: ("medium", "warning", "warn", "sev2"),
    Severity.LOW: ("low", "notice", "minor", "sev3"),
    Severity.INFO: ("info", "information", "informational", "debug", "none", "sev4"),
}
_SEVERITIES: Final = {word: severity for severity, words in _WORDS.items() for word in words}


def severity(word: str) -> Severity:
    """Return the sender's word for how bad it is in ours: Prometheus' habits, syslog's (Falco) and Azure's ``Sev0``."""
    return _SEVERITIES.get(word.strip().lower(), Severity.UNKNOWN)


def moment(at: datetime | None) -> datetime | None:
    """
    Return a time in UTC, ``None`` for one without a zone and for what no alert is of.

    Senders write "not yet" as the year 1 (Go's zero time).
    """
    if at is None or at.tzinfo is None:
        return None
    try:
        told = at.astimezone(UTC)
    except OverflowError:
        return None
    return told if FIRST <= told < LAST else None


def fingerprint(text: str) -> str:
    """Return a sender's identity of an alert as it is, or the hash of one that is long or odd."""
    plain = text.isascii() and text.isprintable() and len(text) <= LONGEST_FINGERPRINT
    return text if plain and text else digest(text)


def fitted(alert: Alert) -> Alert:
    """Return the alert cut to size."""
    subjects, more = _few(alert.subjects)
    return replace(
        alert,
        rule=line(alert.rule, texts.TITLE) or "without a name",
        title=line(alert.title, texts.TITLE) or line(alert.rule, texts.TITLE) or "without a title",
        summary=line(alert.summary, texts.SUMMARY),
        group=fingerprint(alert.group) if alert.group else "",
        fingerprint=fingerprint(alert.fingerprint),
        subjects=subjects,
        unread=tuple(line(each, texts.LABEL) for each in (*more, *alert.unread))[:MOST],
        links=tuple(_links(alert.links))[:MOST_LINKS],
        labels=_labels(alert.labels),
    )


def _few(subjects: tuple[Subject, ...]) -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    different = tuple(dict.fromkeys(subjects))
    left_out = len(different) - MOST
    more = (f"{left_out} more things that it names",) if left_out > 0 else ()
    return different[:MOST], more


def _links(links: Iterable[Link]) -> Iterable[Link]:
    """What is no plain web address is left out: it would only be shown to be pressed."""
    for each in dict.fromkeys(each for each in links if each.url):
        if _URL.fullmatch(each.url):
            yield Link(line(each.title, texts.TITLE), each.url)


def _labels(labels: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    cut = {line(key, texts.LABEL): line(value, texts.LABEL) for key, value in labels}
    return tuple(sorted(cut.items()))[:MOST_LABELS]
