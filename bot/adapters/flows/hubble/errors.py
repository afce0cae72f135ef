"""
What a relay, or the way to it, answers instead of flows, as the errors of our own tree. All calls only read.

BusyError        UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNKNOWN ...: ask again later
ThrottledError   RESOURCE_EXHAUSTED, said by the relay
DeniedError      UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED, INVALID_ARGUMENT ..., a certificate that does not
                 verify, a message larger than we take

Codes: https://grpc.io/docs/guides/status-codes/. How TLS failed stands in gRPC's own words only, in ``details``.
"""

import re
from typing import Final

import grpc
from grpc import StatusCode

from bot.domain.errors import BusyError, DeniedError, OutsideError, ThrottledError
from bot.domain.reading import cut

REFUSED: Final = frozenset(
    {
        StatusCode.UNAUTHENTICATED,
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.OUT_OF_RANGE,
    }
)
_TRUST: Final = re.compile(r"CERTIFICATE|certificate|[Hh]andshak|SSL_ERROR|TSI_|WRONG_VERSION|Peer name")
LAST: Final = "last error: "
"""Before it gRPC says that it tried all addresses."""

_HUNG_UP: Final = "Socket closed"
_OVERSIZE: Final = re.compile(r"larger than max|too large")


def refused(error: grpc.aio.AioRpcError, where: str, *, anonymous: bool = False) -> OutsideError:
    """
    Return the error for a call that ended otherwise than well; ``where`` names the relay for people.

    ``anonymous``: we showed no certificate over TLS. A relay that wants one just hangs up (TLS 1.3).
    """
    code, told = error.code(), clean(error.details() or "")
    name = code.name
    if code is StatusCode.UNAVAILABLE and "Hostname Verification" in told:
        why = "its certificate is for another name; server_name says which one is right"
        return DeniedError("Untrusted", f"{where}: {why}")
    if code is StatusCode.UNAVAILABLE and _TRUST.search(told):
        why = "the relay's certificate does not verify, or it does not take ours"
        return DeniedError("Untrusted", f"{where}: {why} ({_essence(told)})")
    if code is StatusCode.RESOURCE_EXHAUSTED:
        kind = DeniedError if _OVERSIZE.search(told) else ThrottledError
        return kind(name, cut(f"{where}: {told or 'it has no room for more'}"))
    if code is StatusCode.UNIMPLEMENTED:
        return DeniedError("NotHubble", cut(f"{where}: what answers there does not speak Hubble's protocol"))
    if code is StatusCode.DEADLINE_EXCEEDED:
        return BusyError("NoAnswer", f"{where}: no answer in time")
    kind_of = DeniedError if code in REFUSED else BusyError
    last = told.rpartition(LAST)[2].removeprefix(f"{name}: ").removeprefix("UNKNOWN: ") or "no reason given"
    hint = (
        ". It may want a certificate of ours: cert_file and key_file"
        if anonymous and _HUNG_UP in last
        else ""
    )
    return kind_of(name, f"{where}: {cut(last, 180)}{hint}")


def _essence(told: str) -> str:
    """Return the end of what gRPC tells of a handshake: what failed stands last, after where."""
    return told.removesuffix(": OK").rpartition("OPENSSL_internal:")[2][-120:]


def why(error: grpc.aio.AioRpcError) -> str:
    """Say in a few words why an answer ended early."""
    if error.code() is StatusCode.DEADLINE_EXCEEDED:
        return "the time for it was over"
    if error.code() is StatusCode.RESOURCE_EXHAUSTED and _OVERSIZE.search(error.details() or ""):
        return "the relay sent a message that is larger than any flow"
    told = clean(error.details() or "")
    return cut(f"the relay broke off ({error.code().name}{': ' + told if told else ''})", 200)


def clean(text: str) -> str:
    """Return text from outside on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
