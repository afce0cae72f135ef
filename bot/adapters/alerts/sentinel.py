"""
Microsoft Sentinel, as an automation rule's Logic App passes an incident on.

(learn.microsoft.com/azure/sentinel/automation/playbook-triggers-actions, the incident trigger.) Entities that Sentinel
maps stand in ``relatedEntities``; pods do not belong to those, they stand in the alerts' own.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from bot.adapters.alerts.defender import SecurityAlert, alert_of
from bot.adapters.alerts.entities import MOST, listed, name_all
from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import Intake, MisfitError, few, read
from bot.domain.alerts import Alert, Link, Status, SubjectKind
from bot.domain.alerts.fitting import fitted, moment, severity

KIND: Final = "sentinel"


class Related(msgspec.Struct, frozen=True):
    """An entity that Sentinel maps."""

    kind: str
    properties: dict[str, Any] = {}


class OwnAlert(msgspec.Struct, frozen=True):
    """An alert of the incident."""

    properties: dict[str, Any] = {}


class Properties(msgspec.Struct, frozen=True, rename="camel"):
    """What is known of an incident."""

    title: str
    severity: str
    status: str
    created: datetime = msgspec.field(name="createdTimeUtc")
    description: str | None = None
    number: int = msgspec.field(name="incidentNumber", default=0)
    incident_url: str | None = None
    modified: datetime | None = msgspec.field(name="lastModifiedTimeUtc", default=None)
    alerts: list[OwnAlert] | None = None
    related_entities: list[Related] | None = None


class Incident(msgspec.Struct, frozen=True):
    """An incident as an ARM resource; ``name`` is its identity."""

    name: str
    properties: Properties


class Body(msgspec.Struct, frozen=True):
    """What the trigger gives: an incident, in ``object``; an alert trigger gives the alert itself."""

    incident: Incident | None = msgspec.field(name="object", default=None)
    alert: str | None = msgspec.field(name="SystemAlertId", default=None)


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the one alert that an incident is. Raises ``MisfitError``."""
    sent = read(Body, body)
    if sent.incident is not None:
        return (_alert(sent.incident, intake),)
    if sent.alert is not None:
        return (alert_of(read(SecurityAlert, body), intake, KIND),)
    raise MisfitError("$.object", "there is neither an incident nor an alert (SystemAlertId)")


def _alert(incident: Incident, intake: Intake) -> Alert:
    told = incident.properties
    started = moment(told.created)
    if started is None:
        raise MisfitError("$.object.properties.createdTimeUtc", "it is no time that an incident could be of")
    naming = Naming(intake.cluster, intake.called)
    _name(naming, told)
    over = told.status.lower() == "closed"
    return fitted(
        Alert(
            source=intake.source,
            kind=KIND,
            rule=told.title,
            severity=severity(told.severity),
            status=Status.RESOLVED if over else Status.FIRING,
            started=started,
            ended=moment(told.modified) if over else None,
            fingerprint=incident.name,
            title=f"#{told.number} {told.title}" if told.number else told.title,
            summary=told.description or "",
            subjects=naming.subjects,
            unread=naming.unread,
            links=(Link("the incident", told.incident_url or ""),),
            said=moment(told.modified),
        )
    )


def _name(naming: Naming, told: Properties) -> None:
    for entities in _own(told):
        name_all(naming, entities)
    related = told.related_entities or []
    if len(related) > MOST:
        raise MisfitError("$.object.properties.relatedEntities", f"more than {MOST} entities")
    for each in related:
        _name_related(naming, each)


def _own(told: Properties) -> Iterator[list[dict[str, Any]]]:
    """Yield the entities of each alert; they are of that alert alone, as are their references."""
    path = "$.object.properties.alerts"
    for at, each in enumerate(few(told.alerts, path) if told.alerts else ()):
        extra = each.properties.get("additionalData")
        inner = extra.get("Entities") if isinstance(extra, dict) else None
        yield listed(each.properties.get("entities", inner), f"{path}[{at}].properties.entities")


def _name_related(naming: Naming, each: Related) -> None:
    def text(name: str) -> str:
        found = each.properties.get(name)
        return found if isinstance(found, str) else ""

    match each.kind.lower():
        case "ip":
            naming.add(SubjectKind.ADDRESS, text("address"))
        case "dnsresolution":
            naming.add(SubjectKind.FQDN, text("domainName"))
        case "host":
            naming.add(SubjectKind.NODE, text("hostName"))
        case _:
            pass
