"""What other systems tell us: one value for all of them, and how many of it become one card."""

from bot.domain.alerts.alert import Alert, Link, Severity, Status
from bot.domain.alerts.subjects import Role, Subject, SubjectKind

__all__ = ["Alert", "Link", "Role", "Severity", "Status", "Subject", "SubjectKind"]
