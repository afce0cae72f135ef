"""
Azure Monitor's common alert schema: log search, metric and Prometheus alerts.

(learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema.) The rows that a log search found are not in it:
a rule that should name pods or addresses is split by dimensions.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import Intake, MisfitError, read
from bot.domain.alerts import Alert, Link, Status
from bot.domain.alerts.fitting import fitted, moment, severity

KIND: Final = "azure-monitor"
_CLUSTER: Final = re.compile(
    r"(?i)/providers/(?:microsoft\.containerservice/managedclusters|microsoft\.kubernetes/connectedclusters)/([^/]+)"
)


class Essentials(msgspec.Struct, frozen=True, rename="camel"):
    """What every alert has."""

    alert_id: str
    alert_rule: str
    severity: str
    monitor_condition: Literal["Fired", "Resolved"]
    fired_date_time: datetime
    signal_type: str = ""
    monitoring_service: str = ""
    targets: list[str] = msgspec.field(name="alertTargetIDs", default=[])
    description: str | None = None
    resolved_date_time: datetime | None = None
    investigation_link: str | None = None


class Dimension(msgspec.Struct, frozen=True):
    """What a rule is split by."""

    name: str
    value: str | None = None


class Criterion(msgspec.Struct, frozen=True, rename="camel"):
    """One condition that held."""

    dimensions: list[Dimension] | None = None
    metric_name: str | None = None
    link_to_filtered_search_results: str | None = msgspec.field(
        name="linkToFilteredSearchResultsUI", default=None
    )
    link_to_search_results: str | None = msgspec.field(name="linkToSearchResultsUI", default=None)


class Condition(msgspec.Struct, frozen=True, rename="camel"):
    """The conditions of a metric or log search alert."""

    all_of: list[Criterion] | None = None


class AlertContext(msgspec.Struct, frozen=True):
    """What depends on the kind of signal; Prometheus alerts have labels and annotations."""

    condition: Condition | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """The alert. A rule's own properties are whatever its author wrote."""

    essentials: Essentials
    alert_context: AlertContext | None = None
    custom_properties: dict[str, Any] | None = None


class Body(msgspec.Struct, frozen=True):
    """What an action group sends."""

    schema: Literal["azureMonitorCommonAlertSchema"] = msgspec.field(name="schemaId")
    told: Told = msgspec.field(name="data")


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the one alert. Raises ``MisfitError``."""
    told = read(Body, body).told
    first, context = told.essentials, told.alert_context or AlertContext()
    started = moment(first.fired_date_time)
    if started is None:
        raise MisfitError(
            "$.data.essentials.firedDateTime", "it is no time that an alert could have fired at"
        )
    resolved = first.monitor_condition == "Resolved"
    labels = dict(_labels(told, context))
    naming = Naming(intake.cluster, intake.called)
    naming.labels(labels)
    _clusters(naming, first.targets)
    noted = context.annotations or {}
    alert = Alert(
        source=intake.source,
        kind=KIND,
        rule=first.alert_rule,
        severity=severity(first.severity),
        status=Status.RESOLVED if resolved else Status.FIRING,
        started=started,
        ended=moment(first.resolved_date_time) if resolved else None,
        fingerprint=first.alert_id,
        title=noted.get("summary", "") or first.alert_rule,
        summary=noted.get("description", "") or first.description or "",
        subjects=naming.subjects,
        unread=naming.unread,
        links=tuple(_links(first, context)),
        labels=(
            *labels.items(),
            ("signalType", first.signal_type),
            ("monitoringService", first.monitoring_service),
        ),
    )
    return (fitted(alert),)


def _labels(told: Told, context: AlertContext) -> Iterator[tuple[str, str]]:
    """Yield what the alert names; what stands for a signal wins over a rule's own properties."""
    for key, value in (told.custom_properties or {}).items():
        if isinstance(value, str):
            yield key, value
    yield from (context.labels or {}).items()
    for each in _criteria(context):
        yield from ((one.name, one.value or "") for one in each.dimensions or ())


def _criteria(context: AlertContext) -> Iterable[Criterion]:
    return (context.condition.all_of or ()) if context.condition else ()


def _links(first: Essentials, context: AlertContext) -> Iterator[Link]:
    yield Link("the alert", first.investigation_link or "")
    for each in _criteria(context):
        found = each.link_to_filtered_search_results or each.link_to_search_results
        yield Link("what the search found", found or "")


def _clusters(naming: Naming, targets: Iterable[str]) -> None:
    """A rule may watch several: which of them fired only a label says."""
    naming.of_any(found[1].lower() for each in targets if (found := _CLUSTER.search(each)))
