"""Alerts for tests that need no sender."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.domain.alerts import Alert, Severity, Status, Subject, SubjectKind
from bot.domain.alerts.fitting import fitted
from bot.domain.alerts.occurrence import Known, heard
from bot.domain.alerts.subjects import subject

START = datetime(2026, 11, 21, 2, 11, tzinfo=UTC)


def pod(number: int = 0, namespace: str = "payments") -> Subject:
    """Return a pod."""
    return subject(SubjectKind.POD, f"checkout-{number}", namespace, cluster="prod")


def alert(number: int = 0, *subjects: Subject, status: Status = Status.FIRING, rule: str = "Beacon") -> Alert:
    """Return an alert; those of one number are one occurrence."""
    return fitted(
        Alert(
            source="alertmanager",
            kind="alertmanager",
            rule=rule,
            severity=Severity.HIGH,
            status=status,
            started=START + timedelta(seconds=number),
            ended=START + timedelta(hours=1) if status is Status.RESOLVED else None,
            fingerprint=f"f{number}",
            title=f"{rule} {number}",
            subjects=subjects or (pod(number % 50),),
        )
    )


def known(one: Alert, group_id: str, before: Known | None = None) -> Known:
    """Return what is known of an alert that a group counts."""
    return replace(heard(one, before, START), group_id=group_id)
