"""ARM's refusals: an HTTP status and the envelope `{"error": {"code", "message", "details"}}`.

Codes are ARM's and the network provider's own words where they are known: "Troubleshoot common Azure deployment
errors" for ARM's, cloud-provider-azure and field reports for the provider's. Where nobody outside Azure has shown the
word, the docstring says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of an error's `details`."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What ARM says instead of doing: status, words, and `Retry-After` in seconds where it sends one."""

    status: int
    code: str
    message: str
    details: tuple[Detail, ...] = ()
    retry_after: int | None = None

    def body(self) -> Json:
        """Return the error envelope."""
        return {"error": error(self.code, self.message, self.details)}

    def headers(self) -> Mapping[str, str]:
        """Return the headers that go with it."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


@dataclass
class ArmError(Exception):
    """Raised inside the double where a request is refused."""

    refusal: Refusal = field()

    def __str__(self) -> str:
        return f"{self.refusal.status} {self.refusal.code}"


def error(code: str, message: str, details: tuple[Detail, ...] = ()) -> Json:
    """Return the inside of an error envelope, as failed operations carry it too."""
    rows = [{"code": detail.code, "message": detail.message} for detail in details]
    return {"code": code, "message": message, "details": rows}


def not_found(resource_id: str) -> ArmError:
    """Say that there is no such resource, naming it as ARM does."""
    parts = resource_id.split("/")
    group = parts[4] if len(parts) > 4 else ""
    named = "/".join(part for part in parts[6:] if part)
    message = f"The Resource '{named}' under resource group '{group}' was not found."
    return ArmError(Refusal(404, "ResourceNotFound", message))


def parent_not_found(parent: str) -> ArmError:
    """Say that a child was asked of a parent that does not exist."""
    message = f"Can not perform requested operation on nested resource. Parent resource '{parent}' not found."
    return ArmError(Refusal(404, "ParentResourceNotFound", message))


def invalid(message: str, code: str = "InvalidRequestFormat") -> ArmError:
    """Refuse a body; which code the provider gives to which slip is only partly known."""
    return ArmError(Refusal(400, code, message))


def method_not_allowed(method: str) -> ArmError:
    """Refuse what the double does not play (deleting, actions), so that no test passes by accident."""
    return ArmError(Refusal(405, "MethodNotAllowed", f"The double does not answer {method} here."))


def another_operation(operation_url: str) -> ArmError:
    """Refuse because an operation still runs; the provider names that operation's URL in its message."""
    message = (
        "Another operation on this or dependent resource is in progress. "
        f"To retrieve status of the operation use uri: {operation_url}."
    )
    return ArmError(Refusal(409, "AnotherOperationInProgress", message))


def precondition_failed(resource_id: str) -> ArmError:
    """Refuse because the ETag is outdated, in the two layers that cloud-provider-azure matches on."""
    detail = Detail(
        "PreconditionFailedEtagMismatch", f"Etag provided in if-match header does not match: {resource_id}"
    )
    return ArmError(Refusal(412, "PreconditionFailed", "Precondition failed.", (detail,)))


def scope_locked(scope: str, locked: str) -> ArmError:
    """Refuse because of a ReadOnly lock: 409, though waiting will not help."""
    message = (
        f"The scope '{scope}' cannot perform write operation because following scope(s) are locked: '{locked}'. "
        "Please remove the lock and try again."
    )
    return ArmError(Refusal(409, "ScopeLocked", message))
