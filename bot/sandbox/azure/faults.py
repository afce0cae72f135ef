"""What can go wrong, as values, and the queue that hands each to the next request it is meant for.

Sources: ARM's "Troubleshoot common Azure deployment errors" (denials, locks, throttling), "IP Groups in Azure
Firewall" and the Azure Firewall FAQ (states that disagree), Azure/azure-rest-api-specs#19505 (the body `null`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.sandbox.azure.errors import Detail, Refusal
from bot.sandbox.azure.operations import FAILS, WELL, Outcome
from bot.sandbox.azure.resources import FAILED, SUCCEEDED


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests are meant: by method, and by a part of the path (case-insensitive, "" for any)."""

    method: str = "PUT"
    path: str = ""

    def fits(self, method: str, path: str) -> bool:
        """Say whether a request is meant."""
        return method == self.method and self.path.lower() in path.lower()


@dataclass(frozen=True, slots=True)
class Run:
    """The write is accepted, but its operation goes otherwise than usual.

    `seconds` None is the usual time; `never_ends` leaves it InProgress for ever; `forgotten` makes its URL answer
    404; `url` hands out another URL, for the client that must not follow it with its token.
    """

    outcome: Outcome = WELL
    seconds: float | None = None
    never_ends: bool = False
    forgotten: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True)
class NullAnswer:
    """A write that changes nothing is answered 200 with the body `null` and starts nothing; others go as usual."""


@dataclass(frozen=True, slots=True)
class LostRequest:
    """The connection closes before anything was accepted.

    aiohttp's client repeats a GET or PUT once by itself when a connection closes (RFC 9112 9.3.1), whatever the SDK
    was told about retries: only a fault queued `times=2` is one that the caller sees.
    """


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """The write is accepted, then the connection closes without an answer.

    Queued once, aiohttp's own repetition meets the update that it started itself: 409. With `times=2` the caller
    sees the lost connection.
    """


@dataclass(frozen=True, slots=True)
class Then:
    """After the answer has been made, the world changes: `hook` is what a colleague does just then."""

    hook: Callable[[], None]


Fault: TypeAlias = Refusal | Run | NullAnswer | LostRequest | LostAnswer | Then
ANY_PUT = Match()


class FaultQueue:
    """First in, first out, among the faults that fit."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Match, Fault]] = []

    def add(self, fault: Fault, match: Match, times: int) -> None:
        """Queue a fault for the next `times` requests that fit."""
        self._waiting += [(match, fault)] * times

    def take(self, method: str, path: str) -> Fault | None:
        """Return the oldest fault that fits a request, once."""
        for index, (match, fault) in enumerate(self._waiting):
            if match.fits(method, path):
                del self._waiting[index]
                return fault
        return None

    def waiting(self) -> tuple[tuple[Match, Fault], ...]:
        """Return what no request has met yet; a test that ends with some did not test what it meant to."""
        return tuple(self._waiting)


def busy(retry_after: int | None = None) -> Refusal:
    """409: something else is being done to this policy. The SDK repeats it by itself only with Retry-After."""
    message = "Another operation on this or dependent resource is in progress."
    return Refusal(409, "AnotherOperationInProgress", message, retry_after=retry_after)


def outdated() -> Refusal:
    """412: someone else wrote since the ETag was read."""
    detail = Detail("PreconditionFailedEtagMismatch", "Etag provided in if-match header does not match.")
    return Refusal(412, "PreconditionFailed", "Precondition failed.", (detail,))


def throttled(retry_after: int) -> Refusal:
    """429: too many requests; ARM always says for how many seconds."""
    message = (
        f"The request is being throttled as the limit has been reached. Retry after '{retry_after}' seconds."
    )
    return Refusal(429, "TooManyRequests", message, retry_after=retry_after)


def denied(code: str = "AuthorizationFailed") -> Refusal:
    """403: AuthorizationFailed, LinkedAuthorizationFailed, DenyAssignmentAuthorizationFailed or RequestDisallowedByPolicy."""
    return Refusal(403, code, _DENIALS[code])


_DENIALS = {
    "AuthorizationFailed": "The client does not have authorization to perform this action over this scope.",
    "LinkedAuthorizationFailed": "The client has permission for this scope, but not for the linked scope(s).",
    "DenyAssignmentAuthorizationFailed": "The client has permission, but access is denied by a deny assignment.",
    "RequestDisallowedByPolicy": "Resource was disallowed by policy.",
}


def locked() -> Refusal:
    """409 ScopeLocked: a lock stands in the way; waiting does not help, a human must remove it."""
    message = "The scope cannot perform write operation because following scope(s) are locked. Please remove the lock."
    return Refusal(409, "ScopeLocked", message)


def operation_fails(code: str = "InternalServerError", message: str = "An error occurred.") -> Run:
    """End the operation Failed, and so group, policy and firewall."""
    return Run(replace(FAILS, code=code, message=message))


def firewall_fails() -> Run:
    """Everything says Succeeded but the firewall: its instances may disagree with each other."""
    return Run(Outcome(firewalls=FAILED))


def ip_group_fails() -> Run:
    """Everything says Succeeded but the IP Group itself: the address may not be in force."""
    return Run(Outcome(operation=SUCCEEDED, target=FAILED))


def never_ends() -> Run:
    """Keep the operation InProgress whatever the clock says."""
    return Run(never_ends=True)


def operation_forgotten() -> Run:
    """Answer the operation's URL with 404; the update itself goes on."""
    return Run(forgotten=True)


def operation_elsewhere(url: str) -> Run:
    """Name an operation URL on another host."""
    return Run(url=url)
