"""
What the query service answers instead of rows, as the errors of our own tree.

Shapes and codes: "Azure Monitor Log Analytics API errors" and "... response format"; the code of a Basic table as reported
in grafana/grafana#89818, that of an unknown table in Azure/azure-quickstart-templates#5174. Status 204: a workspace that
never held a row.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import aiohttp
from azure.core.exceptions import AzureError, ClientAuthenticationError

from bot.domain.errors import DeniedError, FirebreakError, OutsideError, ThrottledError, UnknownOutcomeError
from bot.domain.hidden import plain
from bot.domain.reading import cut
from bot.domain.waits import retry_after

NO_ANSWER: Final = "NoAnswer"
RAISED: Final = (AzureError, aiohttp.ClientError, OSError, ValueError, TypeError, AttributeError)
"""Everything that a call through the SDK is known to end with, besides an answer; ``TimeoutError`` is an OSError."""

_BASIC: Final = "UnsupportedApiQueryValidationError"
_UNRESOLVED: Final = re.compile(r"Failed to resolve (table|scalar)[a-z ]* named '([A-Za-z0-9_]{1,128})'")
_RIGHTS: Final = "the bot's identity may not read this workspace: assign it Log Analytics Reader there (it can take up to an hour to count)"
_WHERE: Final = (
    "there is no such workspace: correct azure.log_analytics (it is the workspace's GUID, not its name)"
)


class AbsentTableError(FirebreakError):
    """The workspace has no such table, which is so until its first row."""


class AbsentColumnError(FirebreakError):
    """The table has no such column (any more)."""


class BasicPlanError(FirebreakError):
    """The table is on the Basic or Auxiliary plan: it is asked another way."""


def refusal(status: int, body: Any, headers: Mapping[str, str]) -> FirebreakError:
    """Return the error for an answer that is not rows."""
    layers = tuple(_layers(body))
    codes = [str(layer.get("code") or "") for layer in layers]
    messages = [str(layer.get("message") or "") for layer in layers]
    if status == 204:
        return AbsentTableError("the workspace holds nothing yet")
    if _BASIC in codes:
        return BasicPlanError(_BASIC)
    if found := _UNRESOLVED.search("\n".join(messages)):
        return (AbsentTableError if found[1] == "table" else AbsentColumnError)(found[2])
    code = cut(plain(next((code for code in codes if code), f"HTTP{status}")), 80)
    return _meant(status, code, plain(next((text for text in reversed(messages) if text), "")), headers)


def _meant(status: int, code: str, said: str, headers: Mapping[str, str]) -> OutsideError:
    if status == 429:
        return ThrottledError(
            code, cut(f"too many questions to Log Analytics at once. {said}"), retry_after(headers)
        )
    if status >= 500 or status in {408, 499} or status < 400:
        return UnknownOutcomeError(code, cut(f"Log Analytics did not answer (HTTP {status}). {said}"))
    advice = {401: _RIGHTS, 403: _RIGHTS, 404: _WHERE}.get(status, "Log Analytics refused the question")
    return DeniedError(code, cut(f"{advice}. It says: {said or 'nothing'}"))


def partial(frame: Mapping[str, Any]) -> str:
    """Return why an answer of 200 is not whole; empty where it is."""
    if not frame.get("error"):
        return ""
    told = [str(layer.get("message") or "") for layer in _layers(frame)]
    return cut(plain(next((text for text in reversed(told) if text), "Log Analytics does not say why")))


def _layers(body: Any) -> Iterator[dict[str, Any]]:
    """Yield an error and what is inside it (``innererror``, ``details``), from outside to inside, at most twenty."""
    waiting = [body.get("error") if isinstance(body, dict) else None]
    for _ in range(20):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, dict):
            yield one
            details = one.get("details")
            waiting += [one.get("innererror"), *(details[:5] if isinstance(details, list) else ())]


def translated(error: BaseException) -> OutsideError:
    """Return what an exception of the SDK or of the transport means."""
    if isinstance(error, ClientAuthenticationError):
        status = error.status_code or 0
        if status == 429 or status >= 500:
            return UnknownOutcomeError(NO_ANSWER, f"Microsoft Entra gave no token (HTTP {status})")
        advice = "Azure does not accept the bot's identity: check its federated credential and its tenant"
        return DeniedError("AuthenticationFailed", advice)
    kind = type(getattr(error, "inner_exception", None) or error).__name__
    return UnknownOutcomeError(NO_ANSWER, f"the connection to Log Analytics was lost or never came ({kind})")
