"""What somebody wants to know about flows, as they typed it: before anybody was asked, and before the clock was."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec

from bot.domain.findings import Refusal
from bot.domain.flows.asked import IN_CLUSTER, Subject
from bot.domain.flows.flow import Verdict
from bot.domain.flows.taken import Window

SOURCES: Final = ("hubble", "firewall", "vnet", "container-logs", "waf", "kube-audit")
"""The sources that there are, by the names that people type."""

USUAL: Final = 15 * 60
"""Seconds that are meant where nobody says how long."""

LONGEST: Final = timedelta(days=7)
"""The longest window, where a source keeps hours or days."""

LONGEST_FRESH: Final = timedelta(hours=24)
"""The longest window, where every source is a buffer that forgets."""

DAY: Final = timedelta(days=1)


class Ago(msgspec.Struct, frozen=True, tag="ago"):
    """So many seconds before now."""

    seconds: int


class Daily(msgspec.Struct, frozen=True, tag="daily"):
    """The last time that a clock showed this; ``offset`` is the zone's, in minutes east of UTC."""

    hour: int
    minute: int
    second: int = 0
    offset: int = 0

    def before(self, now: datetime) -> datetime:
        """Return that time, at most a day before ``now``."""
        there = now.astimezone(timezone(timedelta(minutes=self.offset)))
        at = there.replace(hour=self.hour, minute=self.minute, second=self.second, microsecond=0)
        return (at if at <= there else at - DAY).astimezone(UTC)


When = Ago | Daily | datetime


class Wish(msgspec.Struct, frozen=True):
    """
    A question. ``subject`` and ``peer`` are named only; what the cluster knows of them comes later.

    ``until`` is ``None`` for now. ``cluster`` is empty where all of them are meant.
    """

    cluster: str
    subject: Subject
    since: When = Ago(USUAL)
    until: When | None = None
    peer: Subject | None = None
    port: int | None = None
    verdict: Verdict | None = None
    sources: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        """The namespace that it stays in; empty where it spans all of them."""
        return self.subject.namespace if self.subject.about in IN_CLUSTER else ""

    @property
    def target(self) -> str:
        """What the record says was asked about, all of it."""
        place = f"{self.cluster or 'every cluster'}: {self.subject}"
        parts = [place, *([f"peer {self.peer}"] if self.peer else [])]
        parts += [f"port {self.port}"] if self.port is not None else []
        parts += [self.verdict.value] if self.verdict is not None else []
        parts += [f"from {','.join(self.sources)}"] if self.sources else []
        return " ".join(parts)


def window(wish: Wish, now: datetime, *, history: bool) -> Window | Refusal:
    """Return the time that is meant, or why it cannot be asked. ``history``: a source keeps hours or days."""
    since, until = _moment(wish.since, now), now if wish.until is None else _moment(wish.until, now)
    if since >= now or until > now:
        text = f"that time is still to come: it is {now:%Y-%m-%d %H:%M} UTC"
        return Refusal("window-ahead", text, "Times are UTC unless they end in a zone, like 14:05+02:00.")
    if since >= until:
        text = f"{since:%Y-%m-%d %H:%M:%S} is not before {until:%Y-%m-%d %H:%M:%S} UTC"
        return Refusal("window-inverted", text, "Write the earlier time first: since 14:00 until 14:30")
    longest = LONGEST if history else LONGEST_FRESH
    if until - since > longest:
        text = f"that is longer than {longest.days} d, the most that is asked for at once"
        why = "" if history else " No source that keeps days is configured here."
        return Refusal("window-long", text, f"Ask for a shorter time.{why}")
    return Window(since, until)


def _moment(when: When, now: datetime) -> datetime:
    match when:
        case Ago(seconds):
            return now - timedelta(seconds=seconds)
        case Daily():
            return when.before(now)
        case datetime():
            return when.astimezone(UTC)
