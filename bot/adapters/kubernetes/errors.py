"""
What an API server, or the way to it, answers instead of yes, as the errors of our own tree.

DeniedError           400 401 403 405 413 422 ..., a certificate that does not verify, a redirect
ConflictError         404 (of the object that was asked for) 409 410 412
BusyError             423 425; for reads all that is "unknown" for writes; never reached the server
ThrottledError        429, with the seconds of Retry-After
UnknownOutcomeError   408 500 502 503 504 507 on a write, or its connection was lost

HTTP statuses: https://www.iana.org/assignments/http-status-codes. Reasons and causes: ``metav1.Status`` of the
Kubernetes API reference.
"""

import os
from collections.abc import Iterable

import aiohttp
import msgspec

from bot.domain.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    OutsideError,
    ThrottledError,
    UnknownOutcomeError,
)
from bot.domain.reading import cut

LONGEST_WAIT = 3600.0
_LONGEST_PLAIN_TEXT = 65536

CONFLICT = frozenset({404, 409, 410, 412})
BUSY = frozenset({423, 425})
THROTTLED = frozenset({429})
UNKNOWN = frozenset({408, 500, 502, 503, 504, 507})
"""Here a write may have been made all the same: a proxy in between gave up, or etcd answered too late."""


class Cause(msgspec.Struct, frozen=True):
    """One entry of ``details.causes``."""

    reason: str = ""
    message: str = ""
    field: str = ""


class Details(msgspec.Struct, frozen=True, rename="camel"):
    """``details`` of a ``Status``; ``name`` is set where one object is meant."""

    name: str = ""
    kind: str = ""
    causes: tuple[Cause, ...] = ()
    retry_after_seconds: float | None = None


class Status(msgspec.Struct, frozen=True):
    """The body of a refusal, as far as it is read."""

    reason: str = ""
    message: str = ""
    details: Details = Details()


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is no success. ``retry_after`` is the header's text."""

    status: int
    body: bytes
    retry_after: str = ""


def refused(refusal: Refusal, *, writes: bool, secrets: Iterable[str] = ()) -> OutsideError:
    """Return the error for an answer. ``secrets`` are taken out of its text, whoever echoed them."""
    told = _status_of(refusal.body)
    code = _code(refusal.status, told)
    text = clean(told.message or f"HTTP status {refusal.status}", secrets)
    if code in {"NotServed", "Redirected"}:
        return DeniedError(code, text)
    if code == "Recreated":
        return ConflictError(code, text)
    if refusal.status in THROTTLED:
        return ThrottledError(code, text, _wait(refusal, told))
    return _kind(refusal.status, writes=writes)(code, text, _wait(refusal, told))


def _kind(status: int, *, writes: bool) -> type[OutsideError]:
    if status in CONFLICT:
        return ConflictError
    if status in BUSY:
        return BusyError
    if status in UNKNOWN or status > 511 or status < 200:
        return UnknownOutcomeError if writes else BusyError
    return DeniedError


def _code(status: int, told: Status) -> str:
    causes = told.details.causes
    if any(cause.reason == "NamespaceTerminating" for cause in causes):
        return "NamespaceTerminating"
    if status == 422 and any(cause.field == "metadata.uid" for cause in causes):
        return "Recreated"
    if status == 404 and not (told.reason == "NotFound" and told.details.name):
        return "NotServed"  # no object is missing, the API is: never to be read as "nothing there"
    if 300 <= status < 400:
        return "Redirected"
    if status == 429:
        return told.reason or "TooManyRequests"
    return clean(told.reason, ()) or f"HTTP{status}"


def _status_of(body: bytes) -> Status:
    try:
        return msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, RecursionError):
        return Status(message=body[:_LONGEST_PLAIN_TEXT].decode(errors="replace"))


def _wait(refusal: Refusal, told: Status) -> float | None:
    """Return the seconds to wait; a date in Retry-After (RFC 9110 10.2.3) is not followed."""
    header = refusal.retry_after.strip()
    if header.isascii() and header.isdecimal() and len(header) < 10:
        return min(float(header), LONGEST_WAIT)
    seconds = told.details.retry_after_seconds
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds is not None else None


def clean(text: str, secrets: Iterable[str]) -> str:
    """Return text from outside on one line, bounded, without what must not be shown."""
    for secret in secrets:
        text = text.replace(secret, "[removed]")
    return cut(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


UNSENT: tuple[type[Exception], ...] = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)
"""Raised while connecting: nothing was sent, so nothing was done."""

HOPELESS: tuple[type[Exception], ...] = (
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    aiohttp.RedirectClientError,
    aiohttp.TooManyRedirects,
)
"""Waiting does not help, and nothing was sent to a server that is the right one."""


def lost(error: Exception, *, writes: bool) -> OutsideError:
    """Return the error for a call without an answer. Its own text may hold addresses or headers: never used."""
    name = type(error).__name__
    if isinstance(error, HOPELESS):
        why = "the server's certificate does not verify, or its address is wrong"
        return DeniedError("Untrusted", f"{why} ({name})")
    if isinstance(error, UNSENT):
        return BusyError("Unreachable", f"no connection to the API server ({name}{_reason(error)})")
    if writes:
        return UnknownOutcomeError("AnswerLost", f"the API server's answer was lost ({name})")
    return BusyError("Unreachable", f"the API server did not answer ({name})")


def _reason(error: Exception) -> str:
    """Say what the operating system said: ``Connection refused`` helps, and holds nothing of ours."""
    system = getattr(error, "os_error", None)
    if not isinstance(system, OSError) or not system.errno:
        return ""
    return f": {os.strerror(system.errno)}" if system.errno > 0 else ": its name could not be resolved"
