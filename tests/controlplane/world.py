"""Put objects into the real cluster, photograph a namespace, and take everything away again."""

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from tests.controlplane import objects
from tests.controlplane.api import Api, ApiRefusedError, Body
from tests.controlplane.discovery import Resource, discover, preferred

Snapshot = Mapping[str, str]
# Told by the server or by controllers about themselves, not part of what somebody wants to be so.
_NOT_PHOTOGRAPHED = frozenset({"events"})
_BOOKKEEPING = ("managedFields", "resourceVersion")


class World:
    """What one test makes in the cluster. Not for two tests at once; `clear()` at the end."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._resources: tuple[Resource, ...] = ()
        self._namespaces: list[str] = []
        self._elsewhere: list[str] = []

    async def namespace(self, name: str | None = None, labels: Mapping[str, str] | None = None) -> str:
        """Make a namespace and return its name, by default one that nobody else uses."""
        chosen = name or f"lab-{uuid.uuid4().hex[:8]}"
        await self.create(objects.namespace(chosen, labels or {}))
        return chosen

    async def create(self, body: Body) -> dict[str, Any]:
        """Create an object of any kind, of a namespace or of the cluster, and return it as stored.

        A `status` in the body is written after it, as the kubelet or a controller would. Raises ApiRefusedError.
        """
        resource = await self._resource_of(body)
        collection = resource.path(body["metadata"].get("namespace"))
        made = await self.api.create(collection, {key: body[key] for key in body if key != "status"})
        path = f"{collection}/{made['metadata']['name']}"
        if resource.plural == "namespaces":
            self._namespaces.append(made["metadata"]["name"])
        elif made["metadata"].get("namespace") not in self._namespaces:
            self._elsewhere.append(path)
        if resource.plural == "nodes":  # admission marks a new node as not ready
            made = await self.api.patch(path, {"spec": {"taints": None}})
        if "status" in body:
            made = await self.api.patch(f"{path}/status", {"status": body["status"]})
        return made

    async def create_all(self, *bodies: Body) -> tuple[dict[str, Any], ...]:
        """Create objects one after the other and return them in this order."""
        return tuple([await self.create(body) for body in bodies])

    async def snapshot(self, namespace: str) -> Snapshot:
        """Return every object of a namespace but events, and the namespace, as canonical JSON.

        Keys are `apiVersion/plural/name`. managedFields and resourceVersion are left out, since no writer can put
        those back.
        """
        photo = {
            f"v1/namespaces/{namespace}": _canonical(await self.api.get(f"/api/v1/namespaces/{namespace}"))
        }
        for resource, items in await self._contents(namespace):
            name = f"{resource.api_version}/{resource.plural}"
            photo.update({f"{name}/{item['metadata']['name']}": _canonical(item) for item in items})
        return dict(sorted(photo.items()))

    async def service_account_token(self, namespace: str, name: str) -> str:
        """Make a service account and return a token that logs in as it (one hour)."""
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace},
        }
        await self.create(account)
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600},
        }
        return str((await self.api.create(path, body))["status"]["token"])

    async def clear(self) -> None:
        """Remove all that was made here, whatever finalizers it carries."""
        for path in reversed(self._elsewhere):
            await _gone(self.api, path)
        for namespace in self._namespaces:
            await self._remove(namespace)
        self._elsewhere.clear()
        self._namespaces.clear()

    async def _remove(self, namespace: str) -> None:
        """Do the namespace controller's work: without it a namespace stays Terminating for ever."""
        path = f"/api/v1/namespaces/{namespace}"
        with suppress(ApiRefusedError):  # the test, or the real controller, was quicker
            await self.api.delete(path)
            for resource, items in await self._contents(namespace):
                await self._empty(resource, namespace, items)
            await self.api.replace(
                f"{path}/finalize", {**objects.namespace(namespace, {}), "spec": {"finalizers": []}}
            )

    async def _empty(self, resource: Resource, namespace: str, items: Iterable[Body]) -> None:
        for item in items:
            await _gone(self.api, resource.path(namespace, item["metadata"]["name"]))

    async def _contents(self, namespace: str) -> list[tuple[Resource, list[dict[str, Any]]]]:
        wanted = [
            resource
            for resource in preferred(await self._discovered())
            if resource.namespaced and "list" in resource.verbs and resource.plural not in _NOT_PHOTOGRAPHED
        ]
        answers = await asyncio.gather(*(self.api.get(resource.path(namespace)) for resource in wanted))
        return [(resource, answer["items"]) for resource, answer in zip(wanted, answers, strict=True)]

    async def _discovered(self) -> tuple[Resource, ...]:
        if not self._resources:
            self._resources = await discover(self.api)
        return self._resources

    async def _resource_of(self, body: Body) -> Resource:
        wanted = (body["apiVersion"], body["kind"])
        for _ in range(2):  # again, since a test may have added a CRD
            for resource in await self._discovered():
                if (resource.api_version, resource.kind) == wanted and "create" in resource.verbs:
                    return resource
            self._resources = ()
        raise LookupError(f"the server has no {wanted[1]} in {wanted[0]}")


async def _gone(api: Api, path: str) -> None:
    with suppress(ApiRefusedError):
        found = await api.get(path)
        if found["metadata"].get("finalizers"):
            await api.patch(path, {"metadata": {"finalizers": None}})
        await api.delete(path)


def _canonical(item: dict[str, Any]) -> str:
    metadata = {key: value for key, value in item["metadata"].items() if key not in _BOOKKEEPING}
    return json.dumps(
        {**item, "metadata": metadata}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
