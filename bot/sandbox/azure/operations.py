"""Long-running operations: what runs, until when on the double's clock, and how it will end.

Azure Resource Manager, "Track asynchronous Azure operations": a PUT answers at once with the URL of an operation
resource, whose `status` is InProgress until it is Succeeded, Failed or Canceled; a failed one is read with HTTP 200.
"""

from dataclasses import dataclass
from enum import Enum

from bot.sandbox.azure.errors import Json, error
from bot.sandbox.azure.resources import FAILED, SUCCEEDED


class Kind(Enum):
    """What an operation changes; the two kinds queue differently."""

    IP_GROUP = "IP Group"
    RULE_GROUP = "rule collection group"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ends: what it says itself, and the state it leaves on each kind of resource that it touched.

    They can differ: "IP Groups in Azure Firewall" says that an update can fail on the group while the firewall
    reads Succeeded.
    """

    operation: str = SUCCEEDED
    target: str = SUCCEEDED
    policies: str = SUCCEEDED
    firewalls: str = SUCCEEDED
    code: str = "InternalServerError"
    message: str = "An error occurred."


WELL = Outcome()
FAILS = Outcome(FAILED, FAILED, FAILED, FAILED)


@dataclass(frozen=True, slots=True)
class Operation:
    """One update that was accepted. Times are seconds on the double's clock; `ends` None means never."""

    id: str
    kind: Kind
    target: str
    roots: frozenset[str]
    touched: frozenset[str]
    started: float
    ends: float | None
    outcome: Outcome = WELL
    forgotten: bool = False
    settled: bool = False

    def due(self, now: float) -> bool:
        """Say whether it has ended by `now` and nobody has written down how."""
        return not self.settled and self.ends is not None and self.ends <= now

    def body(self) -> Json:
        """Return the operation resource."""
        if not self.settled:
            return {"status": "InProgress"}
        if self.outcome.operation == SUCCEEDED:
            return {"status": SUCCEEDED}
        return {"status": self.outcome.operation, "error": error(self.outcome.code, self.outcome.message)}
