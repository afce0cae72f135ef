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

from bot.domain.alerts.alert import Alert, Severity, digest
from bot.domain.alerts.occurrence import Known
from bot.domain.alerts.subjects import Subject, SubjectKind

SCHEMA: Final = 1
CALM: Final = timedelta(minutes=30)
"""So long after its last alert was resolved a group is over."""
SILENCE: Final = timedelta(hours=6)
"""So long after its last alert a group is over, resolved or not: many senders never resolve."""
MOST: Final = 50
"""So many subjects are counted by name; of the others only how many alerts name them. Those that are over go first."""

MOST_UNREAD: Final = 20
"""So many of the sentences about what could not be read are kept; the others are only counted."""

_ORDER: Final = tuple(Severity)


class Named(msgspec.Struct, frozen=True):
    """A subject, how many of the group's alerts name it, and how many of those are over, as far as their sender has said."""

    subject: Subject
    alerts: int
    over: int = 0

    @property
    def firing(self) -> bool:
        """Whether an alert that names it is not over."""
        return self.over < self.alerts


class Group(msgspec.Struct, frozen=True):
    """
    What one card will be about.

    ``total`` counts different alerts, ``resolved`` those of them that are over. ``named`` are the subjects, in the order
    in which they came; ``others`` counts namings beyond ``MOST``. ``newest`` is the last alert that was told. ``unread`` is
    what any of its alerts names that could not be read; ``unread_more`` counts what is beyond ``MOST_UNREAD``. ``left_out``:
    so many alerts that belong here or beside were not in a post, as its sender said, where there were most.
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
    unread: tuple[str, ...] = ()
    unread_more: int = 0
    left_out: int = 0
    schema: int = SCHEMA

    @property
    def firing(self) -> int:
        """How many of its alerts are not over, as far as the sender has said."""
        return self.total - self.resolved

    @property
    def told_by(self) -> tuple[str, str]:
        """Its source and its rule: rules of one name from several sources have nothing to do with each other."""
        return self.source, self.rule

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


def joined(group: Group, told: Sequence[tuple[Alert, Known | None]], now: datetime) -> Group:
    """Return the group with alerts that tell more, each as it is known now, with what it counted of it until then."""
    if not told:
        return group
    counts = _Counts(group)
    for alert, before in told:
        counts.add(alert, before)
    return replace(
        group,
        severity=min((group.severity, *(alert.severity for alert, _ in told)), key=_ORDER.index),
        updated_at=max(group.updated_at, now),
        newest=told[-1][0],
        total=group.total + sum(before is None for _, before in told),
        resolved=group.resolved + sum(_ended(alert, before) for alert, before in told),
        named=tuple(counts.named.values()),
        others=counts.others,
        unread=tuple(counts.unread),
        unread_more=counts.unread_more,
        left_out=max(group.left_out, *(alert.left_out for alert, _ in told)),
    )


def _ended(alert: Alert, before: Known | None) -> int:
    """Return by how many alerts more are over: one, none, or one less where it fires again."""
    return int(not alert.firing) - int(before is not None and not before.alert.firing)


class _Counts:
    """The subjects of a group while alerts are counted, in the order in which they came."""

    def __init__(self, group: Group) -> None:
        self.named = {each.subject: each for each in group.named}
        self.others = group.others
        self.unread = dict.fromkeys(group.unread)
        self.unread_more = group.unread_more

    def add(self, alert: Alert, before: Known | None) -> None:
        """Count one more alert, or what is new of one: names, that it is over, that it fires again."""
        counted = frozenset(before.alert.subjects if before else ())
        for subject in alert.subjects:
            if subject not in counted:
                if self._count(subject, firing=alert.firing):
                    self._end(subject, int(not alert.firing))
            elif subject in self.named:
                self._end(subject, _ended(alert, before))
            elif alert.firing and before is not None and not before.alert.firing:
                self.others = max(0, self.others - 1)  # it made room when it was over
                self._count(subject, firing=True)
        self._note(alert, before)

    def _note(self, alert: Alert, before: Known | None) -> None:
        told = before.alert.unread if before else ()
        for text in alert.unread:
            if text in told or text in self.unread:
                continue
            if len(self.unread) < MOST_UNREAD:
                self.unread[text] = None
            else:
                self.unread_more += 1

    def _end(self, subject: Subject, more: int) -> None:
        known = self.named[subject]
        self.named[subject] = replace(known, over=max(0, min(known.alerts, known.over + more)))

    def _count(self, subject: Subject, *, firing: bool) -> bool:
        """Return whether it is counted by name: there is room, or what is over makes some for what is not."""
        known = self.named.get(subject)
        if known is None and len(self.named) >= MOST and not (firing and self._made_room()):
            self.others += 1
            return False
        self.named[subject] = replace(known, alerts=known.alerts + 1) if known else Named(subject, 1)
        return True

    def _made_room(self) -> bool:
        over = next((each for each in self.named.values() if not each.firing), None)
        if over is None:
            return False
        self.others += over.alerts
        del self.named[over.subject]
        return True


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
