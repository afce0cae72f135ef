"""Which format is read by which module."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.adapters.alerts import alertmanager, azure_monitor, defender, falco, generic, grafana, sentinel
from bot.adapters.alerts.wire import Intake
from bot.domain.alerts import Alert

Parser = Callable[[bytes, Intake], tuple[Alert, ...]]

PARSERS: Final[Mapping[str, Parser]] = {
    alertmanager.KIND: alertmanager.parse,
    grafana.KIND: grafana.parse,
    falco.KIND: falco.parse,
    azure_monitor.KIND: azure_monitor.parse,
    defender.KIND: defender.parse,
    sentinel.KIND: sentinel.parse,
    generic.KIND: generic.parse,
}
"""By the name of the format. Each takes the raw body and where it came in, and raises only ``MisfitError``."""
