"""
Grafana's webhook contact point, version 1.

(grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier.)
"""

from typing import Final, Literal

import msgspec

from bot.adapters.alerts.prometheus import Item, alert_of
from bot.adapters.alerts.wire import Intake, few, read
from bot.domain.alerts import Alert

KIND: Final = "grafana"


class Body(msgspec.Struct, frozen=True):
    """A notification: one group of alerts. ``orgId`` tells it from Alertmanager's."""

    alerts: list[Item]
    org: int = msgspec.field(name="orgId")
    version: Literal["1"] = "1"
    group_key: str = msgspec.field(name="groupKey", default="")


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the alerts of a notification. Raises ``MisfitError``."""
    sent = read(Body, body)
    return tuple(
        alert_of(item, f"$.alerts[{at}]", intake, KIND, f"{sent.org}:{sent.group_key}")
        for at, item in enumerate(few(sent.alerts, "$.alerts"))
    )
