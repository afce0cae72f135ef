"""
Falco's events: ``http_output`` with ``json_output``, and falcosidekick's webhook, which sends the same and more.

(falco.org/docs/concepts/outputs/channels, github.com/falcosecurity/falcosidekick.) An event happens once and is never
resolved. ``output_fields`` holds only what the rule's output names.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import Intake, MisfitError, read
from bot.domain.alerts import Alert, Role, Status, SubjectKind
from bot.domain.alerts.alert import digest
from bot.domain.alerts.fitting import fitted, moment, severity

KIND: Final = "falco"
SYSCALL: Final = "syscall"
"""The source of events of which the host is a node; that of audit events is wherever Falco runs."""
_ADDRESSES: Final = {"fd.sip": Role.DESTINATION, "fd.cip": Role.SOURCE, "fd.rip": Role.UNTOLD}
_AUDIT: Final = {"ka.target.namespace": "namespace", "ka.target.pod.name": "pod"}


class Event(msgspec.Struct, frozen=True):
    """One event."""

    time: datetime
    rule: str
    priority: str
    output: str
    output_fields: dict[str, Any] = {}
    uuid: str = ""
    hostname: str = ""
    source: str = ""
    tags: list[str] | None = None


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the one alert of an event. Raises ``MisfitError``."""
    event = read(Event, body)
    started = moment(event.time)
    if started is None:
        raise MisfitError("$.time", "it is no time that an event could be of")
    fields = _texts(event.output_fields)
    naming = _named(fields, event.hostname if event.source == SYSCALL else "", intake)
    tags = ",".join(event.tags or ())
    alert = Alert(
        source=intake.source,
        kind=KIND,
        rule=event.rule,
        severity=severity(event.priority),
        status=Status.FIRING,
        started=started,
        fingerprint=event.uuid or digest(*_identity(event, fields)),
        title=event.rule,
        summary=event.output,
        subjects=naming.subjects,
        unread=naming.unread,
        labels=(*fields.items(), ("tags", tags), ("hostname", event.hostname), ("source", event.source)),
    )
    return (fitted(alert),)


def _identity(event: Event, fields: Mapping[str, str]) -> Iterator[str]:
    """Yield what tells an event from others: one node's name, and what was said of it, are alike in two clusters."""
    yield from (event.rule, event.hostname, event.output)
    for pair in sorted(fields.items()):
        yield from pair


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    """Only plain values: a list or a table would be shown as code."""
    return {
        key: str(value)
        for key, value in fields.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }


def _named(fields: Mapping[str, str], hostname: str, intake: Intake) -> Naming:
    naming = Naming(intake.cluster, intake.called)
    naming.labels({_AUDIT.get(key, key): value for key, value in fields.items()})
    for key, role in _ADDRESSES.items():
        naming.add(SubjectKind.ADDRESS, fields.get(key, ""), role=role)
    naming.account(fields.get("ka.user.name", ""))
    if hostname and hostname != fields.get("k8s.pod.name"):
        naming.add(SubjectKind.NODE, hostname)
    return naming
