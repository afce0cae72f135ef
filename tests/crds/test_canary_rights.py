"""Canaries at a real API server: the bot may create and delete just these pods, and nothing that is a little otherwise."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bot.domain.canary import Aim, Canary, Role, pod, unlike
from bot.domain.changes import Create, Delete, invert
from bot.domain.documents import Document
from bot.domain.errors import ConflictError, DeniedError
from bot.domain.isolation import LABEL
from bot.domain.refs import POD
from bot.engine.rbac import Width
from tests.controlplane import objects
from tests.controlplane.server import ControlPlane
from tests.crds.guarded import Guarded, guarded, refusal

IMAGE = "registry.example.com/firebreak@sha256:" + "0" * 64
AIMS = (Aim("control", "10.0.0.7", 8080), Aim("target", "2001:db8::1", 65535))
Body = dict[str, Any]


@pytest.fixture
async def bot(control_plane: ControlPlane) -> AsyncIterator[Guarded]:
    async with guarded(control_plane, Width(canary=IMAGE)) as made:
        yield made


def canary(bot: Guarded, role: Role = Role.OUTSIDE, node: str = "node-1") -> Create:
    mark = "fb-7k3q-0" if role is Role.INSIDE else ""
    named = f"firebreak-canary-fb-7k3q-0-{role}"
    listen = 8080 if role is Role.SERVER else 0
    made = Canary("prod", bot.namespace, named, node, IMAGE, "FB-7K3Q", role, mark=mark, listen=listen)
    return pod(made, () if role is Role.SERVER else AIMS)


@pytest.mark.parametrize("role", list(Role))
async def test_a_canary_is_made_adopted_seen_and_taken_away(bot: Guarded, role: Role) -> None:
    create = canary(bot, role)

    made = await bot.clusters.apply(create)
    again = await bot.clusters.apply(create)
    seen = await bot.clusters.observe(create)
    gone = invert(create)
    assert isinstance(gone, Delete)
    await bot.clusters.restore(gone)

    assert (made.adopted, again.adopted, seen.done) == (False, True, True)
    assert (await bot.clusters.observe(gone)).done


def _box(body: Body) -> Body:
    box: Body = body["spec"]["containers"][0]
    return box


def _spec(**fields: Any) -> Callable[[Body], None]:
    return lambda body: body["spec"].update(fields)


def _container(**fields: Any) -> Callable[[Body], None]:
    return lambda body: _box(body).update(fields)


def _secure(**fields: Any) -> Callable[[Body], None]:
    return lambda body: _box(body)["securityContext"].update(fields)


def _within(**fields: Any) -> Callable[[Body], None]:
    return lambda body: body["spec"]["securityContext"].update(fields)


def _labelled(**fields: str) -> Callable[[Body], None]:
    named = {"canary": "firebreak.dev/canary", "manager": "app.kubernetes.io/managed-by", "app": "app"}
    return lambda body: body["metadata"]["labels"].update({named[k]: v for k, v in fields.items()})


def _host_path(body: Body) -> None:
    body["spec"]["volumes"] = [{"name": "root", "hostPath": {"path": "/"}}]
    _box(body)["volumeMounts"] = [{"name": "root", "mountPath": "/host"}]


def _token(body: Body) -> None:
    source = {"serviceAccountToken": {"path": "token"}}
    body["spec"]["volumes"] = [{"name": "token", "projected": {"sources": [source]}}]
    body["spec"]["serviceAccountName"] = "default"


def _second(body: Body) -> None:
    body["spec"]["containers"].append({"name": "more", "image": IMAGE})


def _without(*path: str) -> Callable[[Body], None]:
    def take(body: Body) -> None:
        at: Any = body
        for key in path[:-1]:
            at = at[int(key)] if isinstance(at, list) else at[key]
        del at[path[-1]]

    return take


SECRET = {"name": "X", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
CAPS = ("spec", "containers", "0", "securityContext")
FORBIDDEN: dict[str, Callable[[Body], None]] = {
    "another name": lambda body: body["metadata"].update(name="api-2"),
    "a name of a policy of ours": lambda body: body["metadata"].update(name="firebreak-fb-7k3q-0"),
    "a label of others": _labelled(app="api"),
    "another role": _labelled(canary="king"),
    "nobody's": _labelled(manager="helm"),
    "no request": _without("metadata", "labels", "firebreak.dev/request"),
    "loosened by an annotation": lambda body: body["metadata"].update(
        annotations={"container.apparmor.security.beta.kubernetes.io/canary": "unconfined"}
    ),
    "another image": _container(image="registry.example.com/firebreak:latest"),
    "another command": _container(command=["sh", "-c"]),
    "no command": _without("spec", "containers", "0", "command"),
    "an argument that is a program": _container(args=["--connect", "x=10.0.0.1:80;sh"]),
    "a file to write": _container(args=["--message", "/proc/1/mem", "--for", "5"]),
    "another place for its word": _container(terminationMessagePath="/etc/passwd"),
    "a second container": _second,
    "an init container": _spec(initContainers=[{"name": "first", "image": IMAGE}]),
    "the node's files": _host_path,
    "a token by hand": _token,
    "its token": _spec(automountServiceAccountToken=True),
    "a token by default": _without("spec", "automountServiceAccountToken"),
    "the node's network": _spec(hostNetwork=True),
    "the node's processes": _spec(hostPID=True),
    "the node's memory": _spec(hostIPC=True),
    "names of its own": _spec(hostAliases=[{"ip": "10.0.0.1", "hostnames": ["api"]}]),
    "a variable": _container(env=[{"name": "PYTHONPATH", "value": "/tmp"}]),
    "a secret": _container(env=[SECRET]),
    "all of a secret": _container(envFrom=[{"secretRef": {"name": "s"}}]),
    "a hook": _container(lifecycle={"postStart": {"exec": {"command": ["id"]}}}),
    "a probe that runs": _container(livenessProbe={"exec": {"command": ["id"]}}),
    "privileged": _secure(privileged=True, allowPrivilegeEscalation=True),
    "escalating": _secure(allowPrivilegeEscalation=True),
    "a capability": _secure(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
    "all capabilities": _without(*CAPS, "capabilities"),
    "a writable root": _secure(readOnlyRootFilesystem=False),
    "root by the container": _secure(runAsUser=0, runAsNonRoot=False),
    "root by the pod": _within(runAsUser=0, runAsNonRoot=False),
    "unconfined": _within(seccompProfile={"type": "Unconfined"}),
    "unconfined by the container": _secure(seccompProfile={"type": "Unconfined"}),
    "kernel settings": _within(sysctls=[{"name": "kernel.shm_rmid_forced", "value": "1"}]),
    "unconfined by SELinux": _within(seLinuxOptions={"type": "spc_t"}),
    "unconfined by SELinux in the container": _secure(seLinuxOptions={"type": "spc_t"}),
    "another runtime": _spec(runtimeClassName="loose"),
    "before all others": _spec(priorityClassName="system-node-critical"),
    "somebody's": lambda body: body["metadata"].update(
        ownerReferences=[{"apiVersion": "v1", "kind": "Pod", "name": "api-1", "uid": "u"}]
    ),
    "held": lambda body: body["metadata"].update(finalizers=["firebreak.dev/held"]),
    "for an hour": _spec(activeDeadlineSeconds=3600),
    "for ever": _without("spec", "activeDeadlineSeconds"),
    "again and again": _spec(restartPolicy="Always"),
    "all memory": _container(resources={"limits": {"cpu": "50m", "memory": "64Gi"}}),
    "no limits": _container(resources={}),
}


async def test_nothing_but_a_canary_can_be_created_not_even_one_that_is_a_little_otherwise(
    bot: Guarded,
) -> None:
    loose = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "loose"},
        "handler": "x",
    }
    await bot.world.create(loose)
    taken = [name for name, change in FORBIDDEN.items() if not await _refused(bot, change)]

    assert len(FORBIDDEN) > 40
    assert taken == []


async def _refused(bot: Guarded, change: Callable[[Body], None]) -> bool:
    body = json.loads(canary(bot).body.text)
    change(body)
    said = await refusal(bot.hands.create(f"{bot.path(POD)}?dryRun=All", body))
    return "Firebreak may" in said


async def test_no_pod_but_a_canary_can_be_deleted(bot: Guarded) -> None:
    disguised = objects.pod("firebreak-canary-x", bot.namespace, labels={"app": "api"})
    labelled = objects.pod("api-2", bot.namespace, labels={"firebreak.dev/canary": "outside"})
    await bot.world.create_all(disguised, labelled)
    for name in ("api-1", "api-2", "firebreak-canary-x"):
        assert "Firebreak may delete only its canaries" in await refusal(
            bot.hands.delete(bot.path(POD, name))
        )


async def test_a_canary_from_which_others_took_a_label_is_nobodys_and_hinders_nothing(bot: Guarded) -> None:
    create = canary(bot)
    await bot.clusters.apply(create)
    path, back = bot.path(POD, create.ref.name), invert(create)
    for key in ("firebreak.dev/canary", "firebreak.dev/request"):
        kept = create.body.at("metadata", "labels", key)
        await bot.world.api.patch(path, {"metadata": {"labels": {key: None}}})
        with pytest.raises(ConflictError, match="does not carry"):
            await bot.clusters.restore(back)
        await bot.world.api.patch(path, {"metadata": {"labels": {key: kept}}})
    await bot.clusters.restore(back)
    assert (await bot.clusters.observe(back)).done


async def test_a_canary_that_stands_cannot_be_made_into_anything_else(bot: Guarded) -> None:
    create = canary(bot)
    await bot.clusters.apply(create)
    path = bot.path(POD, create.ref.name)
    patches: tuple[Body, ...] = (
        {"spec": {"containers": [{"name": "canary", "image": "other"}]}},
        {"metadata": {"labels": {"app": "api"}}},
        {"metadata": {"labels": {"firebreak.dev/canary": None}}},
    )
    for patch in patches:
        assert await refusal(bot.hands.patch(path, patch)), patch
    ephemeral = {"spec": {"ephemeralContainers": [{"name": "debug", "image": IMAGE}]}}
    assert "orbidden" in await refusal(bot.hands.patch(f"{path}/ephemeralcontainers", ephemeral))


async def test_a_canary_as_the_api_server_fills_it_in_is_the_one_that_was_written(bot: Guarded) -> None:
    zone = {"topology.kubernetes.io/zone": "westeurope-1", "topology.kubernetes.io/region": "westeurope"}
    await bot.world.create(objects.node("zoned", zone))
    create = canary(bot, node="zoned")
    made = await bot.clusters.apply(create)

    stands = await _standing(bot, create)
    assert stands.at("metadata", "labels", "topology.kubernetes.io/zone") == "westeurope-1"
    assert made.uid == stands.at("metadata", "uid")
    assert unlike(create, made.uid, stands) is None
    assert unlike(create, "another", stands) == "it is another pod of that name"


async def test_what_others_make_of_a_canary_that_stands_is_seen(bot: Guarded) -> None:
    create = canary(bot, Role.INSIDE)
    made = await bot.clusters.apply(create)
    path, admin = bot.path(POD, create.ref.name), bot.world.api
    label: Body = {"metadata": {"labels": {LABEL: None}}}

    async def told(change: Awaitable[Any]) -> str | None:
        await change
        return unlike(create, made.uid, await _standing(bot, create))

    assert await told(admin.patch(path, label)) == f"its label {LABEL} is another"
    label["metadata"]["labels"] = {LABEL: "fb-7k3q-0", "app": "api"}
    assert await told(admin.patch(path, label)) == "its label app is another"
    label["metadata"]["labels"] = {"app": None}
    assert await told(admin.patch(path, label)) is None
    evil, back = ({"spec": {"containers": [{"name": "canary", "image": i}]}} for i in ("evil:1", IMAGE))
    strategic = "application/strategic-merge-patch+json"
    assert await told(admin.patch(path, evil, content_type=strategic)) == "its image is evil:1"
    assert (
        await told(admin.patch(path, back, content_type=strategic)) == "somebody changed it, and back again"
    )
    debugger = {"spec": {"ephemeralContainers": [{"name": "debugger", "image": "busybox:1"}]}}
    assert (
        await told(admin.patch(f"{path}/ephemeralcontainers", debugger, content_type=strategic))
        == "it was given ephemeralContainers"
    )
    await admin.delete(f"{path}?gracePeriodSeconds=0")
    again = await bot.clusters.apply(create)
    assert unlike(create, made.uid, await _standing(bot, create)) == "it is another pod of that name"
    assert again.uid not in {"", made.uid}


async def test_a_pod_that_stood_there_before_gives_no_identity(bot: Guarded) -> None:
    create = canary(bot)
    await bot.world.create(create.body.value)
    made = await bot.clusters.apply(create)

    assert (made.adopted, made.uid) == (True, "")


async def _standing(bot: Guarded, create: Create) -> Document:
    return Document.of(await bot.world.api.get(bot.path(POD, create.ref.name)))


async def test_without_the_choice_the_bot_creates_and_deletes_no_pod_at_all(
    control_plane: ControlPlane,
) -> None:
    async with guarded(control_plane, Width()) as bare:
        create = canary(bare)
        with pytest.raises(DeniedError, match="create"):
            await bare.clusters.apply(create)
        assert "orbidden" in await refusal(bare.hands.delete(bare.path(POD, "api-1")))
