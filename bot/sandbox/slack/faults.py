"""What can go wrong between an app and Slack, each switchable for the next so many calls of one method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.rates import Rates


@dataclass(frozen=True, slots=True)
class RateLimited:
    """HTTP 429 with Retry-After (whole seconds)."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class ServerError:
    """An HTTP error whose body is no JSON envelope, as a proxy in front of Slack gives it."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """HTTP 200, ok false, with this error's name (e.g. `internal_error`, `token_revoked`)."""

    error: str = "internal_error"


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is closed before anything was done."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """It is done, and the connection is closed before the answer."""


@dataclass(frozen=True, slots=True)
class Slow:
    """It is done at once; the answer comes after so many seconds by the emulator's clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing is done and no answer comes for so many seconds by the emulator's clock; then the connection closes."""

    seconds: float = 3600.0


Fault = RateLimited | ServerError | Refused | Closed | AnswerLost | Slow | Hang
When = Callable[[Mapping[str, Any]], bool]


@dataclass(slots=True)
class _Staged:
    method: str
    fault: Fault
    left: int
    when: When


@dataclass(slots=True)
class Faults:
    """The staged faults, first staged first used. `down` fails all; `rates` enforces Slack's published limits."""

    down: bool = False
    rates: Rates = field(default_factory=Rates)
    _staged: list[_Staged] = field(default_factory=list)

    def stage(
        self, method: str, fault: Fault, *, times: int = 1, when: When = lambda _args: True
    ) -> "Faults":
        """Let the next `times` calls of a method (`*` is any) whose arguments satisfy `when` meet a fault."""
        self._staged.append(_Staged(method, fault, times, when))
        return self

    def clear(self) -> None:
        """Take back every staged fault, and come up again."""
        self._staged.clear()
        self.down = False

    def take(self, method: str, args: Mapping[str, Any], now: float) -> Fault | None:
        """Find what this call meets, and use it up."""
        if self.down:
            return ServerError(503)
        for staged in self._staged:
            if staged.method in {"*", method} and staged.left > 0 and staged.when(args):
                staged.left -= 1
                return staged.fault
        wait = self.rates.wait(method, str(args.get("channel", "")), now)
        return RateLimited(wait) if wait else None
