"""What the server says about itself: its version, and which resources it serves."""

from collections.abc import Collection
from typing import Final

from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.resources import RESOURCES, Resource

VERSION: Final[Json] = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.3+sandbox",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}
_REVIEWS: Final = ("authorization.k8s.io", "v1")
_VERBS: Final = ["create", "delete", "get", "list", "patch", "update"]
_STATUS_VERBS: Final = ["get", "patch", "update"]
PUBLIC: Final = frozenset({"/version", "/healthz", "/readyz", "/livez"})
"""Addresses that need no identity."""


def serves(group: str, version: str, installed: Collection[Resource]) -> bool:
    """Tell whether there are resources of this group and version, beside what every cluster has those installed."""
    return (group, version) in {("", "v1"), *_groups(installed)}


def describe(path: str, installed: Collection[Resource]) -> Json | str | None:
    """Answer a GET outside the resources: an object, or plain text; None where there is nothing."""
    if path in PUBLIC - {"/version"}:
        return "ok"
    match path.strip("/").split("/"):
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["api", version]:
            return _resource_list("", version, installed)
        case ["apis", *steps]:
            return _about_groups(steps, installed)
        case _:
            return None


def _about_groups(steps: list[str], installed: Collection[Resource]) -> Json | None:
    groups = _groups(installed)
    match steps:
        case []:
            return {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [_group(*pair) for pair in groups],
            }
        case [group] if group in dict(groups):
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, dict(groups)[group])}
        case [group, version]:
            return _resource_list(group, version, installed)
        case _:
            return None


def _groups(installed: Collection[Resource]) -> list[tuple[str, str]]:
    return sorted({(r.group, r.version) for r in (*RESOURCES, *installed) if r.group} | {_REVIEWS})


def _group(group: str, version: str) -> Json:
    offered = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [offered], "preferredVersion": offered}


def _resource_list(group: str, version: str, installed: Collection[Resource]) -> Json | None:
    served = sorted(
        {r for r in (*RESOURCES, *installed) if (r.group, r.version) == (group, version)}, key=_plural
    )
    entries = [entry for r in served for entry in _entries(r)]
    if (group, version) == _REVIEWS:
        entries = [
            _entry("selfsubjectaccessreviews", "SelfSubjectAccessReview", ["create"], namespaced=False)
        ]
    if not entries:
        return None
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": entries}


def _plural(resource: Resource) -> str:
    return resource.plural


def _entries(resource: Resource) -> list[Json]:
    entries = [_entry(resource.plural, resource.kind, _VERBS, namespaced=resource.namespaced)]
    if resource.has_status:
        name = f"{resource.plural}/status"
        entries.append(_entry(name, resource.kind, _STATUS_VERBS, namespaced=resource.namespaced))
    return entries


def _entry(name: str, kind: str, verbs: list[str], *, namespaced: bool) -> Json:
    singular = "" if "/" in name else kind.lower()
    return {
        "name": name,
        "singularName": singular,
        "namespaced": namespaced,
        "kind": kind,
        "verbs": list(verbs),
    }
