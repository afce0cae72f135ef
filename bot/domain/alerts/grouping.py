"""
Many alerts, one group, and later one card: by source, rule, cluster and namespace, for as long as they keep coming.

A group ends when all of it is resolved and it was quiet for a while, or when nothing was heard of it for long: what
comes after that is another group, with a card of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from bot.domain.alerts.alert import Alert, Severity, Status, digest
from bot.domain.alerts.subjects import Subject, SubjectKind

SCHEMA: Final = 1
CALM: Final = timedelta(minutes=30)
"""So long after its last alert was resolved a group is over."""
SILENCE: Final = timedelta(hours=6)
"""So long after its last alert a group is over, resolved or not: many senders never resolve."""
MOST: Final = 50
"""So many subjects are counted by name; of the others only how many alerts name them."""

_ORDER: Final = tuple(Severity)


class Told(msgspec.Struct, frozen=True):
    """What is known of an alert: its status, and the group that counts it."""

    status: Status
    group_id: str


class Named(msgspec.Struct, frozen=True):
    """A subject, and how many of the group's alerts name it."""

    subject: Subject
    alerts: int


class Group(msgspec.Struct, frozen=True):
    """
    What one card will be about.

    ``total`` counts different alerts, ``resolved`` those of them that are over. ``named`` are the subjects, in the order
    in which they came; ``others`` counts namings beyond ``MOST``. ``newest`` is the last alert that was told.
    """

    id: str
    key: str
    source: str
    kind: str
    rule: str
    severity: Severity
    opened_at: datetime
    updated_at: datetime
    newest: Alert
    cluster: str = ""
    namespace: str = ""
    total: int = 0
    resolved: int = 0
    named: tuple[Named, ...] = ()
    others: int = 0
    schema: int = SCHEMA

    @property
    def firing(self) -> int:
        """How many of its alerts are not over, as far as the sender has said."""
        return self.total - self.resolved

    def over(self, now: datetime) -> bool:
        """Whether an alert that comes now begins another group."""
        return now - self.updated_at >= (SILENCE if self.firing else CALM)


def group_key(alert: Alert) -> str:
    """Return what alerts of one group have in common."""
    return digest(alert.source, alert.rule, *_place(alert))


def opened(alert: Alert, now: datetime) -> Group:
    """Return the group that an alert begins; the alert itself is not counted yet."""
    key = group_key(alert)
    cluster, namespace = _place(alert)
    return Group(
        id="g-" + digest(key, now.isoformat())[:16],
        key=key,
        source=alert.source,
        kind=alert.kind,
        rule=alert.rule,
        severity=alert.severity,
        opened_at=now,
        updated_at=now,
        newest=alert,
        cluster=cluster,
        namespace=namespace,
    )


def tells_more(alert: Alert, before: Status | None) -> bool:
    """Whether an alert says what is not known: it is new, or it is over now. One that is over stays over."""
    return before is None or (before is Status.FIRING and alert.status is Status.RESOLVED)


def joined(group: Group, told: Sequence[tuple[Alert, Status | None]], now: datetime) -> Group:
    """Return the group with alerts that tell more, each with its status as known until then."""
    if not told:
        return group
    counts = {each.subject: each.alerts for each in group.named}
    others = group.others
    fresh = [alert for alert, before in told if before is None]
    for subject in (each for alert in fresh for each in alert.subjects):
        if subject in counts or len(counts) < MOST:
            counts[subject] = counts.get(subject, 0) + 1
        else:
            others += 1
    return replace(
        group,
        severity=min((group.severity, *(alert.severity for alert, _ in told)), key=_ORDER.index),
        updated_at=max(group.updated_at, now),
        newest=told[-1][0],
        total=group.total + len(fresh),
        resolved=group.resolved + sum(alert.status is Status.RESOLVED for alert, _ in told),
        named=tuple(Named(subject, alerts) for subject, alerts in counts.items()),
        others=others,
    )


def _place(alert: Alert) -> tuple[str, str]:
    """Return the cluster and namespace, each only where the alert names a single one."""
    clusters = {each.cluster or each.name for each in alert.subjects if each.cluster or _is_cluster(each)}
    namespaces = {each.namespace or _own(each) for each in alert.subjects} - {""}
    return _only(clusters), _only(namespaces)


def _is_cluster(subject: Subject) -> bool:
    return subject.kind is SubjectKind.CLUSTER


def _own(subject: Subject) -> str:
    return subject.name if subject.kind is SubjectKind.NAMESPACE else ""


def _only(found: set[str]) -> str:
    return next(iter(found)) if len(found) == 1 else ""
