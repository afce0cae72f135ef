"""The printed commands and the generated rights, tried on a real API server as the very identity of the bot."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import yaml

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.changes import Create
from bot.domain.plans import Part
from bot.domain.queries import Discovered, kube
from bot.domain.refs import NAMESPACE, POD
from bot.engine.rbac import manifests
from tests.actions.generated import RBAC
from tests.actions.staged import REQUEST, Staged, planned
from tests.controlplane import objects
from tests.controlplane.api import Api, ApiRefusedError, connect
from tests.controlplane.server import ControlPlane
from tests.controlplane.shell import Shell
from tests.controlplane.waiting import eventually
from tests.controlplane.world import World

CONTEXT = "prod admin's"
OURS = "firebreak.dev/quarantine"


@dataclass(frozen=True)
class Guarded:
    """A namespace with a pod in it, and the bot logged in under its generated rights and guards."""

    namespace: str
    token: str
    bot: Api
    world: World

    @property
    def pod(self) -> str:
        """The pod's path."""
        return f"/api/v1/namespaces/{self.namespace}/pods/api-1"

    @property
    def policies(self) -> str:
        """The path of the namespace's policies."""
        return f"/apis/networking.k8s.io/v1/namespaces/{self.namespace}/networkpolicies"

    async def part(self) -> Part:
        """Return the quarantine's part, planned over the objects as the server stores them."""
        staged = Staged(Discovered("prod", "uid", kubectl_context=CONTEXT))
        pod = await self.world.api.get(self.pod)
        space = await self.world.api.get(f"/api/v1/namespaces/{self.namespace}")
        staged.objects[kube("prod", POD, self.namespace, "api-1")] = pod
        staged.objects[kube("prod", NAMESPACE, "", self.namespace)] = space
        return planned(QuarantinePod("prod", self.namespace, ("api-1",)), staged).parts[0]


@pytest.fixture
async def guarded(control_plane: ControlPlane, world: World) -> AsyncIterator[Guarded]:
    """Give the bot its generated rights, and wait until its guards bite."""
    namespace = await world.namespace()
    token = await world.service_account_token(namespace, "firebreak")
    made = [m for m in manifests(namespace, "firebreak") if m["kind"] != "ServiceAccount"]
    await world.create_all(*made)
    annotations = {"karpenter.sh/do-not-disrupt": 'it\'s "mine" $(echo no)', "team": "pay"}
    body = msgspec.to_builtins(objects.pod("api-1", namespace, labels={"app": "api"}))
    body["metadata"]["annotations"] = annotations
    await world.create(body)
    async with connect(control_plane, "firebreak", token=token) as bot:
        ready = Guarded(namespace, token, bot, world)

        async def bites() -> bool:
            pods = await _refusal(bot.patch(f"{ready.pod}?dryRun=All", {"metadata": {"labels": {"x": "y"}}}))
            foreign = objects.network_policy("x", namespace, {})
            policies = await _refusal(bot.create(f"{ready.policies}?dryRun=All", foreign))
            return "Firebreak may" in pods and "Firebreak may" in policies

        await eventually(bites)
        yield ready


async def _refusal(call: Any) -> str:
    try:
        await call
    except ApiRefusedError as error:
        return f"{error.status} {error.message}"
    return ""


async def test_by_hand_the_printed_commands_isolate_the_pod_and_put_everything_back(
    guarded: Guarded, control_plane: ControlPlane, shell: Shell
) -> None:
    part = await guarded.part()
    config = control_plane.kubeconfig("firebreak", token=guarded.token, context=CONTEXT)
    before = await guarded.world.snapshot(guarded.namespace)

    done = await shell.run("\n".join(part.commands.do), config)
    assert done.status == 0, done.output
    pod = await guarded.world.api.get(guarded.pod)
    assert pod["metadata"]["labels"] == {"app": "api", OURS: "fb-7k3q-0"}
    assert pod["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "true"
    policy = await guarded.world.api.get(f"{guarded.policies}/firebreak-fb-7k3q-0")
    created = part.changes[0]
    assert isinstance(created, Create)
    assert policy["spec"] == created.body.at("spec")
    assert policy["metadata"]["labels"]["firebreak.dev/request"] == REQUEST
    assert "annotations" not in policy["metadata"]

    undone = await shell.run("\n".join(part.commands.undo), config)
    assert undone.status == 0, undone.output
    assert await guarded.world.snapshot(guarded.namespace) == before


async def test_by_hand_a_recreated_pod_of_the_same_name_is_left_alone(
    guarded: Guarded, control_plane: ControlPlane, shell: Shell
) -> None:
    part = await guarded.part()
    await guarded.world.api.delete(guarded.pod)
    await guarded.world.create(objects.pod("api-1", guarded.namespace, labels={"app": "api"}))
    config = control_plane.kubeconfig("firebreak", token=guarded.token, context=CONTEXT)

    done = await shell.run(part.commands.do[1], config)
    assert done.status != 0
    assert OURS not in (await guarded.world.api.get(guarded.pod))["metadata"]["labels"]


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ({"spec": {"containers": [{"name": "app", "image": "evil"}]}}, "what a pod runs"),
        ({"metadata": {"labels": {"app": "web"}}}, "its own labels"),
        ({"metadata": {"labels": {"app": None}}}, "its own labels"),
        ({"metadata": {"labels": {"new": "x"}}}, "its own labels"),
        ({"metadata": {"annotations": {"team": None}}}, "its own annotations"),
        ({"metadata": {"annotations": {"new": "x"}}}, "its own annotations"),
        ({"metadata": {"finalizers": ["firebreak.dev/stay"]}}, "finalizers"),
        (
            {"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "y"}]}},
            "ownerReferences",
        ),
    ],
)
async def test_as_the_bot_nothing_but_our_own_keys_of_a_pod_can_be_changed(
    guarded: Guarded, patch: dict[str, Any], words: str
) -> None:
    body = msgspec.to_builtins(patch)
    if "spec" in body:
        pod = await guarded.world.api.get(guarded.pod)
        body["spec"]["containers"] = [pod["spec"]["containers"][0] | {"image": "evil"}]

    refusal = await _refusal(guarded.bot.patch(guarded.pod, body))
    assert "Firebreak may" in refusal
    assert words in refusal


async def test_as_the_bot_no_other_policy_can_be_made_or_taken_away(guarded: Guarded) -> None:
    await guarded.world.create(objects.network_policy("others", guarded.namespace, {"app": "api"}))
    whole = objects.network_policy("firebreak-x", guarded.namespace, {})

    assert "named firebreak-" in await _refusal(guarded.bot.delete(f"{guarded.policies}/others"))
    assert "select its own label" in await _refusal(guarded.bot.create(guarded.policies, whole))
    assert (await _refusal(guarded.bot.delete(guarded.policies))).startswith("403")


def closed(namespace: str, **spec: Any) -> dict[str, Any]:
    """Return a policy of ours that allows nothing, but for what is given."""
    whole = objects.network_policy("firebreak-x", namespace, {OURS: "fb-7k3q-0"})
    body: dict[str, Any] = msgspec.to_builtins(whole)
    body["spec"] = {
        "podSelector": {"matchLabels": {OURS: "fb-7k3q-0"}},
        "policyTypes": ["Ingress", "Egress"],
        **spec,
    }
    return body


@pytest.mark.parametrize(
    "opened",
    [
        {"ingress": [{}]},
        {"egress": [{}]},
        {"egress": [{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}]},
        {"policyTypes": ["Ingress"]},
        {"policyTypes": ["Egress"]},
        {"policyTypes": []},
    ],
    ids=str,
)
async def test_as_the_bot_no_policy_that_allows_anything_can_be_made_or_become_so(
    guarded: Guarded, opened: dict[str, Any]
) -> None:
    created = await _refusal(guarded.bot.create(guarded.policies, closed(guarded.namespace, **opened)))
    assert "allow nothing" in created

    shut = closed(guarded.namespace, ingress=[], egress=[])
    await guarded.bot.create(guarded.policies, shut)
    stands = f"{guarded.policies}/firebreak-x"
    now = await guarded.bot.get(stands)
    now["spec"].update(opened)

    assert "allow nothing" in await _refusal(guarded.bot.replace(stands, now))


async def test_the_guards_bind_nobody_else(guarded: Guarded) -> None:
    changed = await guarded.world.api.patch(guarded.pod, {"metadata": {"labels": {"app": "web"}}})

    assert changed["metadata"]["labels"]["app"] == "web"


async def test_the_deployment_is_what_the_server_knows(world: World) -> None:
    namespace = await world.namespace()
    places = {
        "Deployment": "/apis/apps/v1/{}/deployments",
        "PersistentVolumeClaim": "/api/v1/{}/persistentvolumeclaims",
    }
    made = {
        each["kind"]: each for each in yaml.safe_load_all(RBAC.with_name("firebreak.yaml").read_text("utf-8"))
    }

    for kind, place in places.items():
        path = place.format(f"namespaces/{namespace}") + "?dryRun=All&fieldValidation=Strict"
        made[kind]["metadata"]["namespace"] = namespace
        assert (await world.api.create(path, made[kind]))["kind"] == kind
