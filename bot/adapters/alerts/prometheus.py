"""One alert as Alertmanager and Grafana send it."""

from datetime import datetime

import msgspec

from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import Intake, MisfitError
from bot.domain.alerts import Alert, Link, Severity, Status
from bot.domain.alerts.alert import digest
from bot.domain.alerts.fitting import fitted, moment, severity


class Item(msgspec.Struct, frozen=True):
    """An element of ``alerts``."""

    status: Status
    starts_at: datetime = msgspec.field(name="startsAt")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    ends_at: datetime | None = msgspec.field(name="endsAt", default=None)
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str = ""
    dashboard_url: str = msgspec.field(name="dashboardURL", default="")
    panel_url: str = msgspec.field(name="panelURL", default="")


def alert_of(item: Item, path: str, intake: Intake, kind: str, group: str) -> Alert:
    """
    Return the alert. Raises ``MisfitError`` for one that has no start.

    The fingerprint is the sender's; one that sends none is known by its labels.
    """
    started = moment(item.starts_at)
    if started is None:
        raise MisfitError(f"{path}.startsAt", "it is no time that an alert could have started at")
    naming = Naming(intake.cluster, intake.called)
    naming.labels(item.labels)
    told = item.annotations
    rule = item.labels.get("alertname", "")
    return fitted(
        Alert(
            source=intake.source,
            kind=kind,
            rule=rule,
            severity=severity_of(item.labels),
            status=item.status,
            started=started,
            ended=moment(item.ends_at) if item.status is Status.RESOLVED else None,
            fingerprint=item.fingerprint
            or digest(*(text for pair in sorted(item.labels.items()) for text in pair)),
            title=told.get("summary", "") or rule,
            summary=told.get("description", "") or told.get("message", ""),
            group=group,
            subjects=naming.subjects,
            unread=naming.unread,
            links=(
                Link("runbook", told.get("runbook_url", "")),
                Link("dashboard", item.dashboard_url),
                Link("panel", item.panel_url),
                Link("the rule", item.generator_url),
            ),
            labels=tuple(item.labels.items()),
        )
    )


def severity_of(labels: dict[str, str]) -> Severity:
    """Return how bad it is by the label that rules usually carry."""
    return severity(labels.get("severity", "") or labels.get("priority", ""))
