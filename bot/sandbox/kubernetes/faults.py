"""Faults that a test or a rehearsal switches on, for chosen requests and so many times.

A client that keeps connections may repeat a GET, PUT or DELETE by itself when a kept connection is closed (aiohttp
does, once): a lost connection that must be noticed there has to be armed for two requests.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.kubernetes.calls import Target
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.statuses import ApiError, forbidden


@dataclass(frozen=True, slots=True)
class Throttled:
    """429 from API Priority and Fairness: plain text, with `Retry-After` in seconds."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Broken:
    """The server itself fails, with 500 or 503."""

    code: int = 500


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection closes before anything was done."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The connection closes after the request took effect."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer takes so many seconds of the injected clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Denied:
    """An admission webhook refuses the write, a dry run as well; code 403 or 422."""

    message: str
    code: int = 403
    webhook: str = "guard.example.com"

    def refusal(self, resource: Resource, name: str) -> ApiError:
        """Return the refusal in the words of the webhook plugin: no details, and the webhook's own code."""
        del resource, name  # the real answer does not name the object
        text = f'admission webhook "{self.webhook}" denied the request: {self.message}'
        return ApiError(self.code, "Forbidden" if self.code == 403 else "Invalid", text)


@dataclass(frozen=True, slots=True)
class QuotaExceeded:
    """The namespace's quota is used up."""

    quota: str = "compute"
    hard: int = 10

    def refusal(self, resource: Resource, name: str) -> ApiError:
        """Return the refusal in the words of the quota plugin."""
        counted = f"count/{resource.qualified}"
        why = (
            f"exceeded quota: {self.quota}, requested: {counted}=1, "
            f"used: {counted}={self.hard}, limited: {counted}={self.hard}"
        )
        return forbidden(resource, name, why)


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """The connection closes in the middle of the answer, after so many bytes of its body."""

    after: int


Fault = BrokenOff | Throttled | Broken | ConnectionLost | AnswerLost | Slow | Denied | QuotaExceeded


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests a fault hits; None and an empty text match all."""

    verb: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    dry_run: bool | None = None
    subresource: str = ""

    def hits(self, target: Target, *, dry_run: bool) -> bool:
        """Tell whether the request is one of those."""
        pairs = (
            (self.verb, target.verb),
            (self.resource, target.plural),
            (self.namespace, target.namespace),
            (self.name, target.name),
            (self.subresource, target.subresource),
        )
        return self.dry_run in {None, dry_run} and all(
            not wanted or wanted == value for wanted, value in pairs
        )


@dataclass(slots=True)
class _Armed:
    fault: Fault
    match: Match
    left: int | None


class Faults:
    """The switchboard. Of several armed faults that match a request all are used, in the order they were armed."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def arm(self, fault: Fault, match: Match | None = None, *, times: int | None = 1) -> Callable[[], None]:
        """Let the fault hit the next `times` matching requests, all if None; returns the switch to take it back."""
        armed = _Armed(fault, match or Match(), times)
        self._armed.append(armed)
        return lambda: self._armed.remove(armed) if armed in self._armed else None

    def clear(self) -> None:
        """Switch all off."""
        self._armed.clear()

    def take(self, target: Target, *, dry_run: bool) -> list[Fault]:
        """Return the faults for this request and count them as used."""
        hit = [armed for armed in self._armed if armed.match.hits(target, dry_run=dry_run)]
        for armed in hit:
            if armed.left is not None:
                armed.left -= 1
        self._armed = [armed for armed in self._armed if armed.left != 0]
        return [armed.fault for armed in hit]
