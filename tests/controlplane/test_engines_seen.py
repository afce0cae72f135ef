"""Engines told by the objects of a real API server, read by the adapter as the bot with no more rights than it asks for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from bot.adapters.kubernetes import Clusters
from bot.domain.actions import Action, Grant
from bot.domain.engines.detection import engine_on
from bot.domain.engines.engine import Confidence, Enforced, Engine, EngineName, NotEnforced, enforcement
from bot.domain.engines.questions import GRANTS, asking
from bot.engine.rbac import manifests
from tests.adapters.kubernetes.stage import NAME, clusters_at
from tests.controlplane import objects
from tests.controlplane.api import connect
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import eventually
from tests.controlplane.world import World
from tests.crds.fetch import CALICO, DefinitionsMissingError, installation

Body = dict[str, Any]
NODE_INFO = {
    "machineID": "",
    "systemUUID": "",
    "bootID": "",
    "kernelVersion": "6.8",
    "osImage": "Linux",
    "containerRuntimeVersion": "containerd://2.0",
    "kubeletVersion": "v1.36.3",
    "kubeProxyVersion": "",
    "operatingSystem": "linux",
    "architecture": "amd64",
}


class _Asks(Action, frozen=True, tag="asks"):
    """An action that only asks about engines, and which cluster this is, as every action does."""

    grants: ClassVar[tuple[Grant, ...]] = (*GRANTS, Grant("", "namespaces", ("get",), namespaced=False))


@dataclass(frozen=True)
class Ground:
    """A node, and the bot logged in under the rights that the questions declare."""

    world: World
    bot: Clusters
    node: str

    async def engine(self) -> Engine:
        """Ask all there is to ask, and judge."""
        questions = asking(NAME, (self.node,))
        try:
            batch = next(questions)
            while True:
                batch = questions.send(tuple([await self.bot.answer(query) for query in batch]))
        except StopIteration as stop:
            return engine_on(self.node, stop.value)

    async def install(self, body: Body) -> Body:
        """Create a DaemonSet as its project writes it, with the status that a controller would."""
        status = {
            "desiredNumberScheduled": 1,
            "numberReady": 1,
            "currentNumberScheduled": 1,
            "numberMisscheduled": 0,
        }
        return await self.world.create({**body, "status": status})

    async def agent(self, owner: Body, *, ready: bool = True) -> Body:
        """Run the DaemonSet's pod on the node."""
        template = owner["spec"]["template"]
        metadata = {
            "name": f"{owner['metadata']['name']}-x7k2p",
            "namespace": owner["metadata"]["namespace"],
            "labels": template["metadata"]["labels"],
            "ownerReferences": objects.owned_by(owner),
        }
        containers = [
            {key: c[key] for key in ("name", "image", "args", "env") if key in c}
            for c in template["spec"]["containers"]
        ]
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {"nodeName": self.node, "containers": containers, "terminationGracePeriodSeconds": 0},
            "status": objects.pod_status("10.0.0.4", ready=ready),
        }
        return await self.world.create(body)


@pytest.fixture
async def ground(control_plane: ControlPlane, world: World) -> AsyncIterator[Ground]:
    namespace = await world.namespace()
    token = await world.service_account_token(namespace, "firebreak")
    catalogue = {"asks": _Asks}
    rights = [
        body
        for body in manifests(namespace, "firebreak", namespaces=(namespace,), catalogue=catalogue)
        if body["kind"] in {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
    ]
    await world.create_all(*rights)
    node = objects.node(f"node-{namespace}")
    node["status"]["nodeInfo"] = NODE_INFO
    await world.create(node)
    bot = clusters_at(control_plane.kubeconfig("engines", token=token))
    async with connect(control_plane, "engines", token=token) as api:

        async def may() -> bool:
            try:
                return "items" in await api.get("/api/v1/namespaces/kube-system/pods")
            except Exception:  # noqa: BLE001 - the authorizer reads a new binding from a watch
                return False

        await eventually(may)
    try:
        yield Ground(world, bot, node["metadata"]["name"])
    finally:
        await bot.close()


def _daemon_set(name: str, label: tuple[str, str], container: Body) -> Body:
    labels = dict([label])
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _cilium() -> Body:
    return _daemon_set(
        "cilium",
        ("k8s-app", "cilium"),
        {
            "name": "cilium-agent",
            "image": "quay.io/cilium/cilium:v1.19.4",
            "args": ["--config-dir=/tmp/cilium/config-map"],
        },
    )


def _config(**data: str) -> Body:
    metadata = {"name": "cilium-config", "namespace": "kube-system"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


async def test_a_server_without_agents_has_no_engine_that_is_known(ground: Ground) -> None:
    found = await ground.engine()

    assert (found.name, found.confidence) == (EngineName.NONE, Confidence.UNPROVEN)


async def test_the_calico_of_its_own_manifest_is_proved_by_its_pod_on_the_node(ground: Ground) -> None:
    try:
        bodies = installation(CALICO, "manifests/calico.yaml")
    except DefinitionsMissingError as missing:
        pytest.skip(str(missing))
    (body,) = (body for body in bodies if body["kind"] == "DaemonSet")
    made = await ground.install(body)
    before = await ground.engine()
    await ground.agent(made)
    after = await ground.engine()

    assert (before.name, before.confidence) == (EngineName.CALICO, Confidence.UNPROVEN)
    assert (after.name, after.flavour, after.confidence) == (EngineName.CALICO, "manifest", Confidence.PROVED)
    assert isinstance(enforcement(after), Enforced)


async def test_cilium_is_proved_by_agent_and_settings_and_void_when_they_say_so(ground: Ground) -> None:
    made = await ground.install(_cilium())
    await ground.agent(made)
    without = await ground.engine()
    config = await ground.world.create(_config(**{"enable-policy": "default", "identity-max-jitter": "2s"}))
    proved = await ground.engine()
    place = f"/api/v1/namespaces/kube-system/configmaps/{config['metadata']['name']}"
    await ground.world.api.patch(place, {"data": {"policy-audit-mode": "true"}})
    void = await ground.engine()

    assert (without.name, without.confidence) == (EngineName.CILIUM, Confidence.UNPROVEN)
    assert (proved.version, proved.confidence) == ("1.19.4", Confidence.PROVED), proved.why
    assert proved.setting("identity-max-jitter") == "2s"
    assert isinstance(enforcement(void), NotEnforced)


async def test_an_agent_that_is_not_ready_on_the_node_proves_nothing(ground: Ground) -> None:
    container = {"name": "azure-npm", "image": "mcr.microsoft.com/containernetworking/azure-npm:v1.6.33"}
    npm = await ground.install(_daemon_set("azure-npm", ("k8s-app", "azure-npm"), container))
    await ground.agent(npm, ready=False)
    found = await ground.engine()

    assert (found.name, found.version, found.confidence) == (
        EngineName.AZURE_NPM,
        "1.6.33",
        Confidence.UNPROVEN,
    )


async def test_a_bot_without_the_right_to_look_knows_nothing(
    ground: Ground, control_plane: ControlPlane
) -> None:
    made = await ground.install(_cilium())
    await ground.agent(made)
    stranger = clusters_at(control_plane.kubeconfig("bob"))
    try:
        found = await Ground(ground.world, stranger, ground.node).engine()
    finally:
        await stranger.close()

    assert (found.name, found.confidence) == (EngineName.UNKNOWN, Confidence.UNPROVEN)
    assert any("the right to list daemonsets.apps" in reason.text for reason in found.why)
