"""A namespace in one cluster, with an admin's hands beside the adapter's own."""

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.kubernetes import Cluster, Clusters, Connection
from bot.domain.changes import Create, KeyEdit, Patch
from bot.domain.documents import Document
from bot.domain.isolation import LABEL, REQUEST
from bot.domain.refs import NETWORK_POLICY, POD, Kind, KubeRef
from bot.sandbox import tls
from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from tests.controlplane import objects
from tests.controlplane.api import Api, connect
from tests.controlplane.server import ControlPlane
from tests.controlplane.world import World

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAME = "prod"
AUTOSCALER = "cluster-autoscaler.kubernetes.io/safe-to-evict"


@dataclass(frozen=True)
class Stage:
    """`photograph` gives the namespace as it stands, managedFields and resourceVersion aside.

    With the double, each `Slow` answer waits for the next of `meanwhile`, before the request is looked at.
    """

    api: Api
    namespace: str
    clusters: Clusters
    stranger: Clusters
    photograph: Callable[[], Awaitable[Any]]
    double: ClusterDouble | None = field(default=None, repr=False)
    meanwhile: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def ref(self, name: str, kind: Kind = POD) -> KubeRef:
        return KubeRef(NAME, kind, self.namespace, name)

    def path(self, name: str = "", kind: Kind = POD) -> str:
        root = f"/apis/{kind.api_version}" if kind.group else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{kind.plural}" + (f"/{name}" if name else "")

    async def pod(self, name: str, **metadata: Any) -> str:
        """Create a pod and return its UID."""
        body = objects.pod(name, self.namespace)
        body["metadata"] |= metadata
        made = await self.api.create(self.path(), body)
        return str(made["metadata"]["uid"])

    def marking(self, name: str, uid: str, **before: str) -> Patch:
        """Return the patch of a quarantine: one label, one annotation."""
        edits = {("labels", LABEL): "fb-7k3q-0", ("annotations", AUTOSCALER): "false"}
        keys = tuple(
            KeyEdit(("metadata", part, key), before.get(part), value) for (part, key), value in edits.items()
        )
        return Patch(self.ref(name), uid, keys)

    def isolating(self, name: str = "firebreak-fb-7k3q-0", **spec: Any) -> Create:
        """Return a policy of our own; `spec` is added to its spec."""
        body = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": self.namespace, "labels": {REQUEST: "FB-7K3Q"}},
            "spec": {
                "podSelector": {"matchLabels": {LABEL: "fb-7k3q-0"}},
                "policyTypes": ["Ingress", "Egress"],
                **spec,
            },
        }
        return Create(self.ref(name, NETWORK_POLICY), Document.of(body))

    def refused(self) -> Create:
        """Return a policy that no server takes: one of its labels is not valid."""
        change = self.isolating()
        body = change.body.value
        body["metadata"]["labels"]["key"] = "not a value!"
        return Create(change.ref, Document.of(body))


def clusters_at(kubeconfig: Path, **settings: Any) -> Clusters:
    connection = Connection(NAME, kubeconfig=str(kubeconfig), **settings)
    return Clusters({NAME: Cluster(connection, lambda: NOW)})


def write_kubeconfig(
    path: Path, url: str, *, cluster: Mapping[str, Any] | None = None, user: Mapping[str, Any] | None = None
) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": url, **(cluster or {})}}],
        "users": [{"name": "lab", "user": dict(user or {"token": "sandbox-bot"})}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
    }
    path.write_text(json.dumps(content))
    return path


@asynccontextmanager
async def on_the_double(folder: Path, **settings: Any) -> AsyncIterator[Stage]:
    meanwhile: list[Callable[[], Awaitable[None]]] = []

    async def wait(_seconds: float) -> None:
        await meanwhile.pop(0)()

    double = ClusterDouble(NAME, lambda: NOW, wait)
    double.add_user("sandbox-admin", User("admin"))
    double.add_user("sandbox-bot", User("bot"))
    double.add_user("sandbox-bob", User("bob", allow=()))
    double.add_namespace("payments")
    certificate = tls.mint(folder)
    ca = {"certificate-authority": str(certificate.ca_file)}
    async with (
        double.serving(certificate.context) as url,
        aiohttp.ClientSession(
            headers={"Authorization": "Bearer sandbox-admin"},
            connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(certificate.ca_file))),
        ) as session,
    ):
        ours = clusters_at(write_kubeconfig(folder / "bot", url, cluster=ca), **settings)
        nobody = {"token": "sandbox-bob"}
        stranger = clusters_at(write_kubeconfig(folder / "bob", url, cluster=ca, user=nobody))

        async def photograph() -> str:
            return double.snapshot("payments")

        try:
            yield Stage(Api(url, session), "payments", ours, stranger, photograph, double, meanwhile)
        finally:
            await ours.close()
            await stranger.close()


@asynccontextmanager
async def on_the_real_server(plane: ControlPlane, **settings: Any) -> AsyncIterator[Stage]:
    async with connect(plane, "admin") as api:
        world = World(api)
        namespace = await world.namespace()
        ours = clusters_at(plane.kubeconfig("admin"), **settings)
        stranger = clusters_at(plane.kubeconfig("bob"))

        async def photograph() -> Any:
            return await world.snapshot(namespace)

        try:
            yield Stage(api, namespace, ours, stranger, photograph)
        finally:
            await ours.close()
            await stranger.close()
            await world.clear()
