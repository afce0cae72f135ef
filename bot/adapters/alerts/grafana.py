"""
Grafana's webhook contact point, version 1.

(grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier.)
"""

from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from bot.adapters.alerts.prometheus import Item, alert_of
from bot.adapters.alerts.wire import Intake, few, read
from bot.domain.alerts import Alert
from bot.domain.alerts.fitting import fingerprint

KIND: Final = "grafana"


class Body(msgspec.Struct, frozen=True):
    """A notification: one group of alerts. ``orgId`` tells it from Alertmanager's."""

    alerts: list[Item]
    org: int = msgspec.field(name="orgId")
    version: Literal["1"] = "1"
    group_key: str = msgspec.field(name="groupKey", default="")
    truncated: int = msgspec.field(name="truncatedAlerts", default=0)


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the alerts of a notification. Raises ``MisfitError``. Two organisations may have labels alike."""
    sent = read(Body, body)
    found = (
        alert_of(item, f"$.alerts[{at}]", intake, KIND, f"{sent.org}:{sent.group_key}")
        for at, item in enumerate(few(sent.alerts, "$.alerts"))
    )
    return tuple(
        replace(
            each, fingerprint=fingerprint(f"{sent.org}:{each.fingerprint}"), left_out=max(0, sent.truncated)
        )
        for each in found
    )
