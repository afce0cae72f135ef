"""How a cluster has answered lately."""

from collections.abc import Callable
from datetime import datetime

import msgspec

Clock = Callable[[], datetime]


class Health(msgspec.Struct, frozen=True):
    """
    When a cluster last answered, when it last did not, and why not.

    A refusal is an answer, but for our credentials: without those nothing works.
    """

    last_success: datetime | None = None
    last_failure: datetime | None = None
    why: str = ""

    @property
    def healthy(self) -> bool:
        """Whether the last call was answered; False before the first one."""
        if self.last_success is None:
            return False
        return self.last_failure is None or self.last_success > self.last_failure

    def answered(self, now: datetime) -> "Health":
        """Return the health after an answer; an earlier failure is over even within the same tick."""
        return Health(now, None, "")

    def failed(self, now: datetime, why: str) -> "Health":
        """Return the health after a failure."""
        return msgspec.structs.replace(self, last_failure=now, why=why)
