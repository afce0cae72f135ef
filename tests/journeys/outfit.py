"""The staged incident in a real cluster: the same cast as the double's, under an API server with RBAC and admission."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.engine.rbac import SMALLEST, Width, manifests
from bot.sandbox.kubernetes.incident import BEACON, CLUSTER, Incident
from tests.controlplane import objects
from tests.controlplane.api import Api, ApiRefusedError, connect
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import eventually
from tests.controlplane.world import Snapshot, World

LABELS = {"app": "api", "tier": "backend"}
CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"


@dataclass(frozen=True)
class Outfitted:
    """A real cluster with the incident in it; the kubeconfig is the bot's, `api` is an admin's."""

    world: World
    incident: Incident
    kubeconfig: Path

    @property
    def api(self) -> Api:
        """An admin's client."""
        return self.world.api

    def pod_path(self, name: str = "") -> str:
        """Return the path of a pod, by default the suspect."""
        return f"/api/v1/namespaces/{self.incident.namespace}/pods/{name or self.incident.pod}"

    def policies_path(self, name: str = "") -> str:
        """Return the path of the network policies, or of one."""
        root = f"/apis/networking.k8s.io/v1/namespaces/{self.incident.namespace}/networkpolicies"
        return f"{root}/{name}" if name else root

    async def pod(self, name: str = "") -> dict[str, Any]:
        """Return a pod as stored, by default the suspect."""
        return await self.api.get(self.pod_path(name))

    async def policies(self) -> dict[str, dict[str, Any]]:
        """Return the network policies by name."""
        return {p["metadata"]["name"]: p for p in (await self.api.get(self.policies_path()))["items"]}

    async def photograph(self) -> Snapshot:
        """Return the namespace as it stands, byte for byte, managedFields and resourceVersion aside."""
        return await self.world.snapshot(self.incident.namespace)


async def outfit(plane: ControlPlane, world: World) -> Outfitted:
    """Put the incident into a namespace of its own: one of three pods of `api` is the suspect."""
    space = await world.namespace(labels={"team": "payments"})
    node = f"node-{space}"
    await world.create(objects.node(node))
    owner = await world.create(objects.replica_set("api-5c9d", space, LABELS))
    pods = [
        objects.pod(f"api-5c9d-{tail}", space, labels=LABELS, node=node, ip=f"10.244.0.{number}", owner=owner)
        for number, tail in enumerate(("abcde", "fghij", "klmno"), start=7)
    ]
    pods[0]["metadata"]["annotations"] = {"team": "pay"}
    suspect, *siblings = await world.create_all(*pods)
    await world.create_all(
        objects.service("api", space, {"app": "api"}),
        objects.disruption_budget("api", space, {"app": "api"}),
        objects.network_policy("allow-egress", space, {}, egress=[{}]),
        objects.network_policy("api-from-web", space, {"app": "api"}, ingress=[{}]),
    )
    incident = Incident(
        cluster=CLUSTER,
        namespace=space,
        pod=suspect["metadata"]["name"],
        pod_uid=suspect["metadata"]["uid"],
        pod_address="10.244.0.7",
        node=node,
        siblings=tuple(pod["metadata"]["name"] for pod in siblings),
        beacon=BEACON,
    )
    return Outfitted(world, incident, plane.kubeconfig("bot", context=CLUSTER))


@asynccontextmanager
async def rights_in_force(plane: ControlPlane, width: Width = SMALLEST) -> AsyncIterator[World]:
    """Apply the generated manifests for the identity `bot`, wait until they bite, and take them away at the end."""
    async with connect(plane, "admin") as api, connect(plane, "bot") as bot:
        world = World(api)
        try:
            await world.namespace("firebreak")
            await world.create_all(*manifests("firebreak", "firebreak", width=width))
            space = await world.namespace()
            await world.create(objects.pod("canary", space))

            async def bites() -> bool:
                pod = f"/api/v1/namespaces/{space}/pods/canary?dryRun=All"
                policies = f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies?dryRun=All"
                first = await refusal(bot.patch(pod, {"metadata": {"labels": {"x": "y"}}}))
                second = await refusal(bot.create(policies, objects.network_policy("x", space, {})))
                return "Firebreak may" in first and "Firebreak may" in second

            await eventually(bites)
            yield world
        finally:
            await world.clear()


async def refusal(call: Any) -> str:
    """Return what the server said against a call, or nothing."""
    try:
        await call
    except ApiRefusedError as error:
        return f"{error.status} {error.message}"
    return ""
