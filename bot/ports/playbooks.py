"""The playbooks in force: those that were read when the program started. They do not change while it runs."""

from typing import Protocol

from bot.domain.alerts import Alert
from bot.domain.playbooks import Chosen, Outcome, Playbook


class Playbooks(Protocol):
    """Conditions are bounded and judged beside the loop, one after the other: ask once for what you need."""

    @property
    def listed(self) -> tuple[Playbook, ...]:
        """All of them, in the order in which they are tried."""

    def named(self, name: str) -> Playbook | None:
        """Return one by its name; ``None`` where it is not in force (any more)."""

    def sha256(self, name: str) -> str:
        """Return the hash of one in force, ``playbook_hash``; empty where there is none of that name."""

    async def judge(self, playbook: Playbook, alert: Alert) -> Outcome:
        """Return whether the condition of one that is in force holds for an alert; never raises for an alert."""

    async def choose(self, alert: Alert) -> Chosen:
        """Return which fit an alert, the first one first, and why the others do not; never raises for an alert."""


class NoPlaybooks:
    """Where none are configured: nothing fits anything."""

    listed: tuple[Playbook, ...] = ()

    def named(self, name: str) -> Playbook | None:  # noqa: ARG002 - the port's signature
        """There is none."""
        return None

    def sha256(self, name: str) -> str:  # noqa: ARG002 - the port's signature
        """There is none."""
        return ""

    async def judge(self, playbook: Playbook, alert: Alert) -> Outcome:  # noqa: ARG002 - the port's signature
        """Nothing holds."""
        return Outcome(holds=False, why="no playbooks are in force")

    async def choose(self, alert: Alert) -> Chosen:  # noqa: ARG002 - the port's signature
        """Nothing fits."""
        return Chosen((), ())
