"""
Azure's refusals and the SDK's exceptions, translated at the edge.

What the SDK raises                                        What the engine sees
HTTP answer of 4xx                                         by ``codes.meaning``
HTTP answer of 5xx, 3xx                                    UnknownOutcomeError
ServiceRequestError, ServiceResponseError, timeouts        UnknownOutcomeError("NoAnswer"): a connection that was lost
                                                           after the write was taken is a ServiceRequestError, too
ClientAuthenticationError (no token to be had)             DeniedError, or by its status if Entra itself is in trouble
everything else (a body that cannot be decoded, ``null``)  UnknownOutcomeError
"""

from collections.abc import Mapping
from typing import Any

import aiohttp
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from bot.adapters.azure.codes import ADVICE, KNOWN, meaning
from bot.adapters.azure.words import plain
from bot.domain.errors import DeniedError, OutsideError, UnknownOutcomeError
from bot.domain.waits import retry_after

NO_ANSWER = "NoAnswer"

RAISED = (AzureError, aiohttp.ClientError, OSError, ValueError, TypeError, AttributeError)
"""Everything that a call through the SDK is known to end with, besides an answer; ``TimeoutError`` is an OSError."""


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> OutsideError:
    """Return the error for an HTTP answer that is not a success."""
    code, message = said(body)
    code = code or f"HTTP{status}"
    advice = f"{ADVICE[code]}. Azure says: " if code in ADVICE else ""
    trace = correlation(headers)
    text = plain(f"{advice}{message or 'no reason given'}", 210 if trace else 256)
    told = f"{text} [{trace}]" if trace else text
    return meaning(status, code)(code, told, retry_after(headers))


def said(body: Any) -> tuple[str, str]:
    """
    Return code and message of an error envelope; the first code in it that is known wins over a general one.

    ``{"error": {"code", "message", "details": [{"code", "message"}], "innererror": {"code"}}}`` (Microsoft REST
    API guidelines, 7.10.2), and the bare inside of it, as failed operations carry it.
    """
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    details = error.get("details")
    inner = error.get("innererror")
    rows = [error, *(details[:10] if isinstance(details, list) else ()), inner]
    codes = [str(row["code"]) for row in rows if isinstance(row, dict) and row.get("code")]
    code = next((code for code in codes if code in KNOWN), codes[0] if codes else "")
    return plain(code, 80), plain(str(error.get("message") or ""), 1024)


def translated(error: BaseException) -> OutsideError:
    """Return what an exception of the SDK means. Nothing is unmapped: what is not known is unknown."""
    match error:
        case ClientAuthenticationError():
            return _no_token(error)
        case HttpResponseError() if error.status_code:
            return UnknownOutcomeError(f"HTTP{error.status_code}", plain(str(error.message)))
        case ServiceRequestError() | ServiceResponseError() | OSError() | aiohttp.ClientError():
            kind = type(getattr(error, "inner_exception", None) or error).__name__
            return UnknownOutcomeError(NO_ANSWER, f"the connection to Azure was lost or never came ({kind})")
        case _:
            return UnknownOutcomeError("Unreadable", f"Azure's answer was not understood: {_kind(error)}")


def _no_token(error: ClientAuthenticationError) -> OutsideError:
    """Nothing was sent to Azure without a token; whether to wait or to ask a person depends on Entra's answer."""
    status = error.status_code or 0
    if status == 429 or status >= 500:
        return UnknownOutcomeError(NO_ANSWER, f"Microsoft Entra gave no token (HTTP {status})")
    code = "AuthenticationFailed"
    return DeniedError(code, plain(f"{ADVICE[code]}. Entra says: {error.message}"))


def _kind(error: BaseException) -> str:
    """Its own words only: some of the SDK's errors fail when they are asked to say themselves."""
    return plain(f"{type(error).__name__}: {next(iter(error.args), '')}", 160)


def correlation(headers: Mapping[str, str]) -> str:
    """Return Azure's correlation id, which joins an answer to the activity log; empty if it is not plainly one."""
    found = headers.get("x-ms-correlation-request-id") or headers.get("x-ms-request-id") or ""
    fit = len(found) <= 64 and found.isascii() and found.replace("-", "").isalnum()
    return found if fit else ""
