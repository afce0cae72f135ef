"""What can be counted from the rows, as Prometheus gauges; asked at each scrape, so nothing is kept twice."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class Figures(Collector):
    """
    The newest figures, set by whoever counts them.

    Names: ``firebreak_parts`` by state, ``firebreak_waiting`` by queue (inbox, outbox), ``firebreak_audit_records``.
    """

    def __init__(self) -> None:
        self.parts: dict[str, int] = {}
        self.waiting: dict[str, int] = {}
        self.records = 0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield the gauges."""
        parts = GaugeMetricFamily("firebreak_parts", "Parts of requests by state", labels=["state"])
        for state, count in self.parts.items():
            parts.add_metric([state], count)
        waiting = GaugeMetricFamily("firebreak_waiting", "Rows that wait to be worked", labels=["queue"])
        for queue, count in self.waiting.items():
            waiting.add_metric([queue], count)
        yield parts
        yield waiting
        yield GaugeMetricFamily("firebreak_audit_records", "Records in the audit log", value=self.records)


def registry(figures: Figures, *others: Collector) -> CollectorRegistry:
    """Return a registry of its own: nothing global, nothing of the process that a scrape need not know."""
    fresh = CollectorRegistry()
    for each in (figures, *others):
        fresh.register(each)
    return fresh
