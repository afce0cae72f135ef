"""The bot at a real API server with the engines' definitions, under its generated rights and guards."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.adapters.kubernetes import Cluster, Clusters, Connection
from bot.domain.isolation.rights import ENGINES
from bot.domain.refs import (
    CALICO_POLICY,
    CALICO_STORED_POLICY,
    CILIUM_POLICY,
    NETWORK_POLICY,
    POD,
    Kind,
    KubeRef,
)
from bot.engine.rbac import Width, manifests
from tests.controlplane import objects
from tests.controlplane.api import Api, ApiRefusedError, connect
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import eventually
from tests.controlplane.world import World

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RANGE = "10.9.0.0/16"
WIDEST = Width(tuple(ENGINES), detach=True, ranges=(RANGE,))
POLICIES = (NETWORK_POLICY, CILIUM_POLICY, CALICO_POLICY, CALICO_STORED_POLICY)


@dataclass(frozen=True)
class Guarded:
    """A namespace with the pod ``api-1``, our adapter as the bot, and plain hands as the bot and as an admin."""

    namespace: str
    clusters: Clusters
    hands: Api
    world: World

    def ref(self, name: str, kind: Kind = POD) -> KubeRef:
        return KubeRef("prod", kind, self.namespace, name)

    def path(self, kind: Kind, name: str = "") -> str:
        root = f"/apis/{kind.api_version}" if kind.group else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{kind.plural}" + (f"/{name}" if name else "")


@asynccontextmanager
async def guarded(plane: ControlPlane, width: Width = WIDEST) -> AsyncIterator[Guarded]:
    """Give the bot its rights, and wait until its guards bite. All is gone afterwards."""
    async with connect(plane, "admin") as admin:
        world = World(admin)
        namespace = await world.namespace()
        token = await world.service_account_token(namespace, "firebreak")
        try:
            made = manifests(namespace, "firebreak", width=width)
            await world.create_all(*(m for m in made if m["kind"] != "ServiceAccount"))
            await world.create(objects.pod("api-1", namespace, labels={"app": "api"}))
            config = plane.kubeconfig(f"bot-{namespace}", token=token)
            ours = Clusters({"prod": Cluster(Connection("prod", kubeconfig=str(config)), lambda: NOW)})
            async with connect(plane, "firebreak", token=token) as hands:
                ready = Guarded(namespace, ours, hands, world)
                await eventually(lambda: _bites(ready, width))
                try:
                    yield ready
                finally:
                    await ours.close()
        finally:
            await world.clear()


async def _bites(ready: Guarded, width: Width) -> bool:
    pod = await refusal(
        ready.hands.patch(f"{ready.path(POD, 'api-1')}?dryRun=All", {"metadata": {"labels": {"x": "y"}}})
    )
    told = [pod]
    if width.canary:
        stranger = objects.pod("stranger", ready.namespace, labels={"app": "api"})
        told.append(await refusal(ready.hands.create(f"{ready.path(POD)}?dryRun=All", stranger)))
    chosen = {"cilium.io": "cilium", "projectcalico.org": "calico", "crd.projectcalico.org": "calico-stored"}
    for kind in POLICIES:
        if chosen.get(kind.group, "cilium") in (
            *width.engines,
            *(["cilium"] if kind is NETWORK_POLICY else []),
        ):
            spec: dict[str, Any] = (
                {"endpointSelector": {}, "ingressDeny": [{}]} if kind is CILIUM_POLICY else {}
            )
            body = {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "metadata": {"name": "x"},
                "spec": spec,
            }
            told.append(await refusal(ready.hands.create(f"{ready.path(kind)}?dryRun=All", body)))
    return all("Firebreak may" in each for each in told)


async def refusal(call: Awaitable[Any]) -> str:
    """Return what the server said against a call; empty where it took it."""
    try:
        await call
    except ApiRefusedError as error:
        return f"{error.status} {error.message}"
    return ""
