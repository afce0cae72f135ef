"""Which resource or list a path names. Paths are matched without regard to case, as ARM does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_NETWORK = r"/providers/Microsoft\.Network"
_GROUP = r"/subscriptions/[^/]+/resourceGroups/[^/]+"
_POLICY = rf"{_GROUP}{_NETWORK}/firewallPolicies/[^/]+"
_TOP_KINDS = r"ipGroups|firewallPolicies|azureFirewalls"

_SHAPES = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("locks", r"(?P<scope>/.+)/providers/Microsoft\.Authorization/locks"),
        ("operation", rf"/subscriptions/[^/]+{_NETWORK}/locations/[^/]+/operations/(?P<name>[^/]+)"),
        ("draft", rf"(?P<scope>{_POLICY})/firewallPolicyDrafts/default"),
        ("one", rf"(?P<scope>{_POLICY})/(?P<kind>ruleCollectionGroups)/(?P<name>[^/]+)"),
        ("list", rf"(?P<scope>{_POLICY})/(?P<kind>ruleCollectionGroups)"),
        ("one", rf"(?P<scope>{_GROUP}){_NETWORK}/(?P<kind>{_TOP_KINDS})/(?P<name>[^/]+)"),
        ("managed", rf"{_GROUP}/providers/Microsoft\.ContainerService/managedClusters/(?P<name>[^/]+)"),
        ("list", rf"(?P<scope>{_GROUP}){_NETWORK}/(?P<kind>{_TOP_KINDS})"),
        ("list", rf"(?P<scope>/subscriptions/[^/]+){_NETWORK}/(?P<kind>{_TOP_KINDS})"),
    )
)


@dataclass(frozen=True, slots=True)
class Route:
    """What is asked for: `shape` is locks, operation, draft, one, managed, list or none; `kind` is lower-case."""

    shape: str
    path: str
    scope: str = ""
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as far as ARM looks at it; header names are lower-case."""

    method: str
    route: Route
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `body` None is the JSON body `null`."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def route(path: str) -> Route:
    """Return what a path names; a trailing slash says nothing."""
    bare = path.rstrip("/")
    for shape, pattern in _SHAPES:
        if found := pattern.fullmatch(bare):
            named = found.groupdict()
            kind = named.get("kind") or ""
            return Route(shape, bare, named.get("scope") or "", kind.lower(), named.get("name") or "")
    return Route("none", bare)
