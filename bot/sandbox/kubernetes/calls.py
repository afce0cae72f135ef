"""What a request asks for: the verb and the object that its method, path and query name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from bot.sandbox.kubernetes.resources import BY_PATH, NAMESPACES, Resource
from bot.sandbox.kubernetes.statuses import bad_request

_OF_ONE: Final = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "POST": "create"}
_OF_MANY: Final = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_OF_A_NAMESPACE: Final = frozenset({"status", "finalize"})
WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, without its token, which stays at the door."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    accept: str = "application/json"
    media_type: str = "application/json"
    agent: str = ""
    body: bytes = b""

    def one(self, key: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return (self.query.get(key) or [default])[0]

    def content(self) -> Any:
        """Return the decoded body, None if there is none; raises `ApiError` 400 for what is no JSON."""
        try:
            return msgspec.json.decode(self.body) if self.body.strip() else None
        except msgspec.DecodeError as error:
            raise bad_request(f"the request body is not JSON: {error}") from error


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, of what; an empty namespace means all of them or none, an empty name the collection."""

    verb: str
    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def resource(self) -> Resource | None:
        """The kind that is served at this address, if any."""
        return BY_PATH.get((self.group, self.version, self.plural))

    @property
    def home(self) -> str:
        """The namespace where the object is stored."""
        return "" if self.resource is NAMESPACES else self.namespace


def target_of(call: Call) -> Target | None:
    """Read the address as apiserver's `RequestInfo` does; None for what is no resource (`/version`, discovery)."""
    steps = [unquote(step) for step in call.path.strip("/").split("/")]
    match steps:
        case ["api", version, _, *_]:
            return _target(call, "", version, steps[2:])
        case ["apis", group, version, _, *_]:
            return _target(call, group, version, steps[3:])
        case _:
            return None


def _target(call: Call, group: str, version: str, steps: list[str]) -> Target:
    namespace = ""
    if steps[0] == "namespaces" and len(steps) > 1:
        namespace = steps[1]
        if len(steps) > 2 and steps[2] not in _OF_A_NAMESPACE:
            steps = steps[2:]
    name, subresource = [*steps[1:3], "", ""][:2]
    verb = (_OF_ONE if name else _OF_MANY).get(call.method, "")
    if verb in {"list", "get"} and call.one("watch") in {"1", "true"}:
        verb = "watch"
    return Target(verb, group, version, steps[0], namespace, name, subresource)
