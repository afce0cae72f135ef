"""
Our own small body, for senders that have none of the others': ``docs/alerts/generic.schema.json``.

``python -m bot.adapters.alerts.generic > docs/alerts/generic.schema.json`` writes the schema. Members that it does not
name are refused: a misspelt one would be an alert without what it says.
"""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from bot.adapters.alerts.naming import Naming
from bot.adapters.alerts.wire import MOST_ALERTS, Intake, MisfitError, few, read
from bot.domain.alerts import Alert, Link, Role, Severity, Status, SubjectKind
from bot.domain.alerts.alert import digest
from bot.domain.alerts.fitting import fitted, moment

KIND: Final = "generic"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Time = Annotated[
    datetime, msgspec.Meta(tz=True, description="RFC 3339, with its zone: 2026-11-21T02:11:00Z.")
]


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert is about. A pod, workload or service account should have its namespace."""

    kind: SubjectKind
    name: Name
    namespace: Annotated[str, msgspec.Meta(max_length=63)] = ""
    role: Role = Role.UNTOLD
    owner: Annotated[str, msgspec.Meta(max_length=63, description="A workload's kind: Deployment.")] = ""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page to look at."""

    title: Name
    url: Annotated[str, msgspec.Meta(pattern="^https?://", max_length=2000)]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alert. ``fingerprint`` and ``started`` tell it from others: both stay the same when it is resolved."""

    rule: Name
    started: Time
    severity: Severity = Severity.UNKNOWN
    status: Status = Status.FIRING
    ended: Time | None = None
    fingerprint: Annotated[str, msgspec.Meta(max_length=200)] = ""
    title: Text = ""
    summary: Text = ""
    cluster: Annotated[str, msgspec.Meta(max_length=63)] = ""
    subjects: Annotated[tuple[Thing, ...], msgspec.Meta(max_length=100)] = ()
    links: Annotated[tuple[Page, ...], msgspec.Meta(max_length=8)] = ()
    labels: Annotated[dict[str, str], msgspec.Meta(max_length=64)] = {}


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent: one alert or more."""

    version: Literal[1]
    alerts: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MOST_ALERTS)]


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the alerts. Raises ``MisfitError``."""
    sent = read(Body, body)
    return tuple(
        _alert(item, f"$.alerts[{at}]", intake) for at, item in enumerate(few(sent.alerts, "$.alerts"))
    )


def _alert(item: Item, path: str, intake: Intake) -> Alert:
    started = moment(item.started)
    if started is None:
        raise MisfitError(f"{path}.started", "it is no time that an alert could have started at")
    naming = Naming(intake.cluster, intake.called)
    naming.of_cluster(item.cluster)
    for each in item.subjects:
        if each.kind is SubjectKind.CLUSTER:
            naming.of_cluster(each.name)
        else:
            naming.add(each.kind, each.name, each.namespace, role=each.role, owner=each.owner)
    return fitted(
        Alert(
            source=intake.source,
            kind=KIND,
            rule=item.rule,
            severity=item.severity,
            status=item.status,
            started=started,
            ended=moment(item.ended) if item.status is Status.RESOLVED else None,
            fingerprint=item.fingerprint or digest(*_identity(item)),
            title=item.title,
            summary=item.summary,
            subjects=naming.subjects,
            unread=naming.unread,
            links=tuple(Link(each.title, each.url) for each in item.links),
            labels=tuple(item.labels.items()),
        )
    )


def _identity(item: Item) -> Iterator[str]:
    """Yield what tells an alert without a fingerprint from others, in whatever order its subjects and labels are."""
    yield from (item.rule, item.cluster)
    if not item.subjects:
        yield "labels"
        yield from (text for pair in sorted(item.labels.items()) for text in pair)
    for kind, namespace, name in sorted({(one.kind.value, one.namespace, one.name) for one in item.subjects}):
        yield from (kind, namespace, name)


def schema_text() -> str:
    """Return the schema (draft 2020-12) as the file holds it, with a newline at its end."""
    (ref,), definitions = msgspec.json.schema_components([Body], ref_template="#/$defs/{name}")
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An alert for Firebreak's generic source, version 1",
        **ref,
        "$defs": definitions,
    }
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
