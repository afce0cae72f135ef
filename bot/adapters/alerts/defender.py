"""
Microsoft Defender for Cloud, as its workflow automation's Logic App passes an alert on; Sentinel's alert trigger too.

(learn.microsoft.com/azure/defender-for-cloud/workflow-automation and .../alerts-schemas.)
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from bot.adapters.alerts.entities import listed, name_all
from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import Intake, MisfitError, read
from bot.domain.alerts import Alert, Link, Status
from bot.domain.alerts.fitting import fitted, moment, severity

KIND: Final = "defender"
_OVER: Final = frozenset({"resolved", "dismissed", "closed"})


class SecurityAlert(msgspec.Struct, frozen=True, rename="pascal"):
    """One alert. ``Entities`` is a list, or the text of one, as Log Analytics keeps it."""

    system_alert_id: str
    alert_display_name: str
    severity: str
    start_time_utc: datetime
    alert_type: str = ""
    status: str = ""
    description: str = ""
    alert_uri: str | None = None
    end_time_utc: datetime | None = None
    compromised_entity: str | None = None
    product_name: str | None = None
    intent: str | None = None
    entities: list[dict[str, Any]] | str | None = None
    extended_properties: dict[str, Any] | str | None = None


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the one alert. Raises ``MisfitError``."""
    return (alert_of(read(SecurityAlert, body), intake, KIND),)


def alert_of(sent: SecurityAlert, intake: Intake, kind: str) -> Alert:
    """Return the alert. Raises ``MisfitError`` for entities that are no list."""
    started = moment(sent.start_time_utc)
    if started is None:
        raise MisfitError("$.StartTimeUtc", "it is no time that an alert could have started at")
    naming = Naming(intake.cluster, intake.called)
    name_all(naming, listed(sent.entities, "$.Entities"))
    over = sent.status.lower() in _OVER
    labels = {
        "AlertType": sent.alert_type,
        "CompromisedEntity": sent.compromised_entity or "",
        "ProductName": sent.product_name or "",
        "Intent": sent.intent or "",
    }
    return fitted(
        Alert(
            source=intake.source,
            kind=kind,
            rule=sent.alert_type or sent.alert_display_name,
            severity=severity(sent.severity),
            status=Status.RESOLVED if over else Status.FIRING,
            started=started,
            ended=moment(sent.end_time_utc) if over else None,
            fingerprint=sent.system_alert_id,
            title=sent.alert_display_name,
            summary=sent.description,
            subjects=naming.subjects,
            unread=naming.unread,
            links=(Link("the alert", sent.alert_uri or ""),),
            labels=tuple((key, value) for key, value in labels.items() if value),
        )
    )
