"""What is counted of the posts of each source, as Prometheus counters, and what of it somebody should look at."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


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
    ``firebreak_alert_last_seconds`` (since 1970) by source. ``wall`` is that time.
    """

    def __init__(self, sources: Iterable[str], wall: Callable[[], float]) -> None:
        self._wall = wall
        self._posts = {(source, outcome): 0 for source in sources for outcome in Outcome}
        self._alerts = dict.fromkeys((source for source, _ in self._posts), 0)
        self._last: dict[str, float] = {}
        self._failing: Counter[str] = Counter()
        self._why: dict[str, str] = {}

    def count(self, source: str, outcome: Outcome, alerts: int = 0, why: str = "") -> None:
        """Count one post, and the alerts in it. ``why`` is told to people; it is ours, and quotes nothing."""
        self._posts[source, outcome] += 1
        self._alerts[source] += alerts
        if outcome in PASSED:
            self._failing.pop(source, None)
            self._last[source] = self._wall()
        else:
            self._failing[source] += 1
            self._why[source] = f"{outcome.value.replace('_', ' ')}{': ' if why else ''}{why}"

    def noted(self) -> Mapping[str, str]:
        """Name the sources whose last posts were all not taken, and why the newest was not."""
        return {
            f"alerts of {source}": f"its last {count} posts were not taken ({self._why[source]})"
            for source, count in self._failing.items()
            if count >= PATIENCE
        }

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the counters and the gauge."""
        posts = CounterMetricFamily("firebreak_alert_posts", "Posts of alerts", labels=["source", "outcome"])
        for (source, outcome), count in self._posts.items():
            posts.add_metric([source, outcome.value], count)
        alerts = CounterMetricFamily("firebreak_alerts", "Alerts in posts that were taken", labels=["source"])
        last = GaugeMetricFamily(
            "firebreak_alert_last_seconds",
            "When a post was last taken, in seconds since 1970",
            labels=["source"],
        )
        for source, count in self._alerts.items():
            alerts.add_metric([source], count)
            last.add_metric([source], self._last.get(source, 0.0))
        yield from (posts, alerts, last)
