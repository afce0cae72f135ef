"""The bodies that the tests and ``docs/alerts`` share: of the shape that each sender has, with values of our own."""

from pathlib import Path

from bot.adapters.alerts.parsing import PARSERS
from bot.adapters.alerts.wire import Intake
from bot.domain.alerts import Alert

FIXTURES = Path(__file__).parent / "fixtures"
VALID = tuple(sorted(file.stem for file in FIXTURES.glob("*.json")))
BROKEN = tuple(sorted(file.stem for file in (FIXTURES / "broken").glob("*.json")))


def body(name: str) -> bytes:
    """Return a recorded body (``alertmanager.firing``, ``broken/falco.no-rule``)."""
    return (FIXTURES / f"{name}.json").read_bytes()


def kind(name: str) -> str:
    """Return whose body it is."""
    return name.rpartition("/")[2].partition(".")[0]


def parsed(name: str, cluster: str = "") -> tuple[Alert, ...]:
    """Return what a recorded body says."""
    return PARSERS[kind(name)](body(name), Intake(kind(name), cluster))
