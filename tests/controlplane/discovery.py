"""Which resources the server has, asked in one go (aggregated discovery, KEP-3352)."""

from dataclasses import dataclass
from typing import Any

from tests.controlplane.api import Api

_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    """One served resource: `api_version` is `v1` or `group/version`."""

    api_version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: frozenset[str]

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of the collection, or of one object in it."""
        root = "/apis" if self.group else "/api"
        place = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}/{self.api_version}{place}/{self.plural}" + (f"/{name}" if name else "")


async def discover(api: Api) -> tuple[Resource, ...]:
    """Return every served version of every resource, the preferred version of a group first."""
    answers = [await api.get(path, accept=_ACCEPT) for path in ("/api", "/apis")]
    return tuple(
        _resource(group["metadata"].get("name", ""), version["version"], found)
        for answer in answers
        for group in answer["items"]
        for version in group["versions"]
        for found in version.get("resources", ())
        if found.get("responseKind")
    )


def preferred(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Return each resource once, in its preferred version."""
    first: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        first.setdefault((resource.group, resource.plural), resource)
    return tuple(first.values())


def _resource(group: str, version: str, found: dict[str, Any]) -> Resource:
    return Resource(
        api_version=f"{group}/{version}" if group else version,
        plural=found["resource"],
        kind=found["responseKind"]["kind"],
        namespaced=found["scope"] == "Namespaced",
        verbs=frozenset(found["verbs"]),
    )
