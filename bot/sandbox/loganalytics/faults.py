"""What can go wrong, as values, and the words in which the service says so.

Sources: "Azure Monitor Log Analytics API errors" and "response format", "Timeouts", "Query limits"; the refusal of Basic
tables as reported in grafana/grafana#89818, unknown names in Azure/azure-quickstart-templates#5174.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Refused:
    """An answer that is not rows; `inner` are code and message of errors within, from outside to inside."""

    status: int
    code: str
    message: str
    inner: tuple[tuple[str, str], ...] = ()
    retry_after: int | None = None

    def body(self) -> dict[str, Any]:
        """Return the error envelope."""
        return {"error": _nested(((self.code, self.message), *self.inner))}


@dataclass(frozen=True)
class Part:
    """Half of the rows, and status 200 with an error beside them."""

    message: str = "The query was stopped: it consumed too much memory."

    def error(self) -> dict[str, Any]:
        """Return what stands beside the rows."""
        inside = {
            "code": "EngineError",
            "message": "Something went wrong.",
            "innererror": {"code": "-2133196797", "message": self.message},
        }
        return {
            "code": "PartialError",
            "message": "There were some errors when processing your query.",
            "details": [inside],
        }


@dataclass(frozen=True)
class Held:
    """The answer begins, its rows wait until `go` is set. `begun` is set when half of them are out."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    silent: bool = False


@dataclass(frozen=True)
class Endless:
    """The rows come again and again, `rows` of them in all, whatever was asked for; beside them `full`, where it is said."""

    rows: int
    full: str = ""


@dataclass(frozen=True)
class Lost:
    """The connection is closed instead of an answer."""


@dataclass(frozen=True)
class Broken:
    """These bytes with status 200, whatever was asked for."""

    body: bytes = b""


Fault: TypeAlias = Refused | Part | Held | Endless | Lost | Broken


def throttled(retry_after: int | None = None) -> Refused:
    """429: too many questions at once, or in thirty seconds."""
    return Refused(429, "ThrottledError", "The request is throttled.", retry_after=retry_after)


def denied() -> Refused:
    """403: no right to read the workspace."""
    message = "The provided credentials have insufficient access to perform the requested operation"
    return Refused(403, "InsufficientAccessError", message)


def gave_up() -> Refused:
    """504: the question took longer than `Prefer: wait=` allowed."""
    return Refused(504, "GatewayTimeout", "Query exceeded the timeout period.")


def bad(*inner: tuple[str, str]) -> Refused:
    """400: the query can't be run; why stands inside."""
    return Refused(400, "BadArgumentError", "The request had some invalid properties", inner)


def syntax(why: str) -> Refused:
    """400: the text is no query."""
    return bad(("SyntaxError", "A recognition error occurred in the query."), ("SYN0002", why))


def semantic(why: str) -> Refused:
    """400: the query names what is not there."""
    return bad(("SemanticError", "A semantic error occurred."), ("SEM0100", why))


def basic(base: str) -> Refused:
    """400: a table of the Basic plan, asked like one of the Analytics plan."""
    path = f"{base}/v1/workspaces/{{workspaceId}}"
    said = f"Query of Basic Logs table is not supported with the API '{path}/query'.\nYou can use '{path}/search' instead."
    return bad(("UnsupportedApiQueryValidationError", said))


def _nested(errors: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    (code, message), *rest = errors
    inside = {"innererror": _nested(tuple(rest))} if rest else {}
    return {"message": message, "code": code, **inside}
