"""The API's errors: `Status` objects, worded and shaped as apimachinery's `errors` package does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.resources import Resource


class ApiError(Exception):
    """A refusal: an HTTP status code and the `Status` that explains it."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Json | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def status(self) -> Json:
        """Return the body of the answer."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return {**body, "code": self.code}

    def headers(self) -> Mapping[str, str]:
        """Return the headers that go with it: `Retry-After` in seconds, where one is set."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a field; `reason` is a `CauseType` such as `FieldValueInvalid`."""

    field: str
    reason: str
    message: str


def _subject(resource: Resource, name: str) -> Json:
    details: Json = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    return {**details, "kind": resource.plural}


def not_found(resource: Resource, name: str) -> ApiError:
    """Say that the object does not exist."""
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found', _subject(resource, name))


def unknown_resource() -> ApiError:
    """Say that the group serves no such resource."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: Resource, name: str) -> ApiError:
    """Say that the name is taken."""
    message = f'{resource.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _subject(resource, name))


def conflict(resource: Resource, name: str, why: str) -> ApiError:
    """Say that a precondition on version or identity does not hold."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, _subject(resource, name))


def modified(resource: Resource, name: str) -> ApiError:
    """Say that the resourceVersion is not the newest."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(resource, name, why)


def invalid(resource: Resource, name: str, flaws: Sequence[Flaw]) -> ApiError:
    """Say which fields are wrong."""
    told = [f"{flaw.field}: {flaw.message}" for flaw in flaws]
    listed = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    details = {**_subject(resource, name), "kind": resource.kind}
    causes = [{"reason": flaw.reason, "message": flaw.message, "field": flaw.field} for flaw in flaws]
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {listed}', {**details, "causes": causes})


def broken_request(message: str) -> ApiError:
    """Fail as the server does where it forgot to classify a mistake of the client: 500 without a reason."""
    return ApiError(500, "", message)


def undecodable_patch(why: str) -> ApiError:
    """Say that the patched object does not decode into one of its kind."""
    cause = {"reason": "FieldValueInvalid", "message": f"Invalid value: {why}", "field": "patch"}
    return ApiError(422, "Invalid", f' "" is invalid: patch: Invalid value: {why}', {"causes": [cause]})


def unfit_patch() -> ApiError:
    """Say that a JSON Patch cannot be applied, without saying why: neither does the API."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def forbidden(resource: Resource, name: str, why: str, causes: Sequence[Json] = ()) -> ApiError:
    """Say that access control or admission refuses."""
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    details = _subject(resource, name)
    if causes:
        details["causes"] = list(causes)
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", details)


def terminating(resource: Resource, name: str, namespace: str) -> ApiError:
    """Say that a namespace on its way out takes no new objects."""
    cause = {
        "reason": "NamespaceTerminating",
        "message": f"namespace {namespace} is being terminated",
        "field": "metadata.namespace",
    }
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    return forbidden(resource, name, why, [cause])


def bad_request(why: str) -> ApiError:
    """Say that the request cannot be understood."""
    return ApiError(400, "BadRequest", why)


def unauthorized() -> ApiError:
    """Say that the token is nobody's."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def not_allowed() -> ApiError:
    """Say that the resource has no such verb."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unacceptable(accepted: Sequence[str]) -> ApiError:
    """Say that the answer exists in none of the representations that were asked for."""
    message = f"only the following media types are accepted: {', '.join(accepted)}"
    return ApiError(406, "NotAcceptable", message, {})


def unsupported_media(accepted: Sequence[str]) -> ApiError:
    """Say that the body's type is not understood."""
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", message, {})


def expired() -> ApiError:
    """Say that a `continue` token is too old."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. "
        "You must start a new list without the continue parameter."
    )
    return ApiError(410, "Expired", message)
