"""What is counted of the posts of each source, as Prometheus counters, and what of it somebody should look at."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.domain.alerts.hearing import Heard


class Outcome(StrEnum):
    """What became of a post."""

    ACCEPTED = "accepted"
    KNOWN = "known"  # it was sent again
    MISFIT = "misfit"  # 400
    UNPROVED = "unproved"  # 401, 403
    TOO_SLOW = "too_slow"  # 408
    TOO_LARGE = "too_large"  # 413
    TOO_MANY = "too_many"  # 429, 503
    NOT_KEPT = "not_kept"  # 500: the database did not take it


PASSED = frozenset({Outcome.ACCEPTED, Outcome.KNOWN})
PATIENCE = 3
"""So many posts in a row that are not taken, and somebody is told."""


class AlertFigures(Collector):
    """
    Counts by source, of sources that are configured only: a stranger's path adds no series.

    Names: ``firebreak_alert_posts_total`` by source and outcome, ``firebreak_alerts_total`` by source,
    ``firebreak_alert_last_seconds`` (since 1970) by source, ``firebreak_alert_silent`` (0 or 1) by source. ``wall`` tells
    the time. ``sources`` are mapped to how long each may say nothing, ``known`` is when they were heard by a former process.
    """

    def __init__(
        self, sources: Mapping[str, timedelta], wall: Callable[[], datetime], known: Mapping[str, Heard]
    ) -> None:
        self._wall, self._patience = wall, dict(sources)
        self._posts = {(source, outcome): 0 for source in sources for outcome in Outcome}
        self._alerts = dict.fromkeys(sources, 0)
        self._heard = {source: known[source] for source in sources}
        self._unsaved: set[str] = set()
        self._failing: Counter[str] = Counter()
        self._why: dict[str, str] = {}

    def count(self, source: str, outcome: Outcome, alerts: int = 0, why: str = "") -> None:
        """Count one post, and the alerts in it. ``why`` is told to people; it is ours, and quotes nothing."""
        self._posts[source, outcome] += 1
        self._alerts[source] += alerts
        if outcome in PASSED:
            self._failing.pop(source, None)
            self._heard[source] = Heard(self._heard[source].since, self._wall())
            self._unsaved.add(source)
        else:
            self._failing[source] += 1
            self._why[source] = f"{outcome.value.replace('_', ' ')}{': ' if why else ''}{why}"

    def noted(self) -> Mapping[str, str]:
        """Name the sources that fell silent, and those whose last posts were all not taken, and why the newest was not."""
        told = {f"alerts of {source}": self._silence(source) for source in self._heard if self.silent(source)}
        failing = {
            f"alerts of {source}": f"its last {count} posts were not taken ({self._why[source]})"
            for source, count in self._failing.items()
            if count >= PATIENCE
        }
        return {**told, **failing}

    def silent(self, source: str) -> bool:
        """Whether a source has said nothing for longer than it may."""
        return self._heard[source].silent(self._wall(), self._patience[source])

    def _silence(self, source: str) -> str:
        hours = self._patience[source] // timedelta(hours=1)
        at = self._heard[source].at
        return f"silent for more than {hours} h" + ("" if at else ": it was never heard")

    def unsaved(self) -> Mapping[str, datetime]:
        """Return when sources were last heard of which that was not returned before."""
        taken, self._unsaved = self._unsaved, set()
        return {source: at for source in taken if (at := self._heard[source].at) is not None}

    def not_saved(self, sources: Iterable[str]) -> None:
        """Have these returned again."""
        self._unsaved |= set(sources)

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the counters and the gauges."""
        posts = CounterMetricFamily("firebreak_alert_posts", "Posts of alerts", labels=["source", "outcome"])
        for (source, outcome), count in self._posts.items():
            posts.add_metric([source, outcome.value], count)
        alerts = CounterMetricFamily("firebreak_alerts", "Alerts in posts that were taken", labels=["source"])
        last = GaugeMetricFamily(
            "firebreak_alert_last_seconds",
            "When a post was last taken, in seconds since 1970",
            labels=["source"],
        )
        silent = GaugeMetricFamily(
            "firebreak_alert_silent", "Whether a source has said nothing for too long", labels=["source"]
        )
        for source, count in self._alerts.items():
            at = self._heard[source].at
            alerts.add_metric([source], count)
            last.add_metric([source], at.timestamp() if at else 0.0)
            silent.add_metric([source], self.silent(source))
        yield from (posts, alerts, last, silent)
