"""
Prometheus Alertmanager's webhook, version 4.

(prometheus.io/docs/alerting/latest/configuration, ``webhook_config``.)
"""

from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from bot.adapters.alerts.prometheus import Item, alert_of
from bot.adapters.alerts.wire import Intake, few, read
from bot.domain.alerts import Alert

KIND: Final = "alertmanager"


class Body(msgspec.Struct, frozen=True):
    """A notification: one group of alerts."""

    version: Literal["4"]
    alerts: list[Item]
    group_key: str = msgspec.field(name="groupKey", default="")
    truncated: int = msgspec.field(name="truncatedAlerts", default=0)


def parse(body: bytes, intake: Intake) -> tuple[Alert, ...]:
    """Return the alerts of a notification. Raises ``MisfitError``."""
    sent = read(Body, body)
    return tuple(
        replace(
            alert_of(item, f"$.alerts[{at}]", intake, KIND, sent.group_key), left_out=max(0, sent.truncated)
        )
        for at, item in enumerate(few(sent.alerts, "$.alerts"))
    )
