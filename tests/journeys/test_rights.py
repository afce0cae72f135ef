"""Every verb of the generated rights is needed: with any one taken away, something is refused or said, never skipped."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.domain.refs import API_SERVICE, CILIUM_ENDPOINT, RULING_KINDS
from bot.domain.states import PartState
from bot.engine.rbac import manifests
from bot.sandbox.scene import ALICE, BOB
from tests.controlplane import objects
from tests.controlplane.api import Api, connect
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import eventually
from tests.journeys.outfit import CLUSTER_ROLES, Outfitted
from tests.journeys.stage import Stage, stage

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True)
class World:
    """The bot and its cluster, and the switch that takes the verb away."""

    bot: Stage
    cluster: Outfitted
    without: Callable[[], Awaitable[None]]

    @property
    def ask(self) -> str:
        """The command."""
        cast = self.cluster.incident
        return f"quarantine prod/{cast.namespace}/{cast.pod} for 4h because beaconing"


Loud = Callable[[World, str], Awaitable[None]]


async def refused(world: World, words: str) -> None:
    """No plan is made, and the person is told why."""
    await world.without()
    said = await world.bot.ask(ALICE, world.ask)
    assert "Refused" in said, said
    assert words in said
    assert "cannot" in said or "right to" in said, said


async def unseen(world: World, words: str) -> None:
    """The card says what could not be seen."""
    await world.without()
    shown = await world.bot.shown(await world.bot.propose(ALICE, world.ask))
    assert words in shown.split("Could not be seen", 1)[1], shown
    assert "forbidden" in shown.casefold()


async def unread(world: World, words: str) -> None:
    """What was accepted but can't be read back is never called applied: a person is asked."""
    request_id = await world.bot.propose(ALICE, world.ask)
    await world.without()
    await world.bot.approve(BOB, request_id)
    (row,) = await world.bot.until_state(request_id, PartState.NEEDS_HUMAN, PartState.APPLIED)
    assert row.state is PartState.NEEDS_HUMAN
    assert words in row.trouble
    assert "cannot be read back" in row.trouble
    await world.bot.until_said(request_id, "needs a person")


async def stuck(world: World, words: str) -> None:
    """The rollback asks for a person, and names what is left."""
    request_id = await world.bot.contain(ALICE, BOB, world.ask)
    await world.without()
    await world.bot.ask(ALICE, f"rollback {request_id}")
    (row,) = await world.bot.until_state(request_id, PartState.NEEDS_HUMAN)
    assert words in row.trouble
    assert f"firebreak-{request_id.lower()}-0" in row.trouble
    await world.bot.until_said(request_id, "needs a person")


async def not_restored(world: World, words: str) -> None:
    """What others opened can't be written over, and that is said."""
    request_id = await world.bot.contain(ALICE, BOB, world.ask)
    policy = world.cluster.policies_path(f"firebreak-{request_id.lower()}-0")
    await world.without()
    await world.cluster.api.patch(policy, {"spec": {"ingress": [{}]}})
    (row,) = await world.bot.until_state(request_id, PartState.NEEDS_HUMAN)
    assert words in row.trouble


async def seen_of_a_set(world: World, words: str) -> None:
    """As `unseen`, for a pod that a StatefulSet owns."""
    space = world.cluster.incident.namespace
    labels = {"app": "ledger"}
    owner = await world.cluster.world.create(objects.stateful_set("ledger", space, labels))
    body = objects.pod(
        "ledger-0", space, labels=labels, node=world.cluster.incident.node, ip="10.244.0.99", owner=owner
    )
    await world.cluster.world.create(body)
    await world.without()
    request_id = await world.bot.propose(ALICE, f"quarantine prod/{space}/ledger-0 for 4h")
    shown = await world.bot.shown(request_id)
    assert words in shown.split("Could not be seen", 1)[1], shown


async def uncaptured(world: World, words: str) -> None:
    """The evidence says what is missing and why, and the containment goes on."""
    await world.without()
    request_id = await world.bot.contain(ALICE, BOB, world.ask)
    told = await world.bot.ask(ALICE, f"evidence {request_id}")
    assert words in told, told
    assert "orbidden" in told, told


async def unheard(world: World, words: str) -> None:
    """Whoever runs the bot is told that nobody hears of changes there, and that the schedule alone looks."""
    await world.without()
    await world.bot.restart()

    async def said() -> bool:
        noted = world.bot.built.noted().items()
        return any(words in name and "orbidden" in why for name, why in noted)

    await world.bot.until(said)


def uncaptured_of(make: Callable[..., dict[str, Any]]) -> Loud:
    """As `uncaptured`, for a pod that something else owns."""

    async def loud(world: World, words: str) -> None:
        await _owned(world, make)
        await world.without()
        space = world.cluster.incident.namespace
        request_id = await world.bot.propose(ALICE, f"quarantine prod/{space}/owned for 4h because beaconing")
        await world.bot.until_shown(request_id, "Evidence", words)
        told = await world.bot.ask(ALICE, f"evidence {request_id}")
        assert words in told, told
        assert "orbidden" in told, told

    return loud


def daemon_set(name: str, space: str, labels: dict[str, str]) -> dict[str, Any]:
    """Return a DaemonSet."""
    body = objects.deployment(name, space, labels)
    spec = {key: value for key, value in body["spec"].items() if key != "replicas"}
    return {**body, "kind": "DaemonSet", "spec": spec}


def job(name: str, space: str, labels: dict[str, str]) -> dict[str, Any]:
    """Return a Job that nothing starts."""
    template = objects.deployment(name, space, labels)["spec"]["template"]
    pods = {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}
    metadata = {"name": name, "namespace": space}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"suspend": True, "template": pods},
    }


async def _owned(world: World, make: Callable[..., dict[str, Any]]) -> None:
    space, labels = world.cluster.incident.namespace, {"app": "owner"}
    owner = await world.cluster.world.create(make("owner", space, labels))
    node = world.cluster.incident.node
    body = objects.pod("owned", space, labels=labels, node=node, ip="10.244.0.98", owner=owner)
    await world.cluster.world.create(body)


POLICIES = ("networking.k8s.io", "networkpolicies")
NEEDS: dict[tuple[str, str, str], tuple[Loud, str]] = {
    ("", "pods", "get"): (refused, "could not be read"),
    ("", "pods", "list"): (unseen, "pods"),
    ("", "pods", "watch"): (unheard, "watch on pods"),
    ("", "pods", "patch"): (refused, "would not take it"),
    (*POLICIES, "get"): (unread, "forbidden"),
    (*POLICIES, "list"): (unseen, "networkpolicies"),
    (*POLICIES, "watch"): (unheard, "watch on networkpolicies"),
    (*POLICIES, "create"): (refused, "would not take it"),
    (*POLICIES, "update"): (not_restored, "forbidden"),
    (*POLICIES, "delete"): (stuck, "forbidden"),
    ("", "services", "list"): (unseen, "services"),
    ("apps", "replicasets", "get"): (unseen, "replicasets"),
    ("apps", "statefulsets", "get"): (seen_of_a_set, "statefulsets"),
    ("policy", "poddisruptionbudgets", "list"): (unseen, "poddisruptionbudgets"),
    ("", "namespaces", "get"): (refused, "the right to get namespaces"),
    ("", "namespaces", "list"): (unseen, "namespaces"),
    ("", "nodes", "get"): (unseen, "nodes"),
    ("", "nodes", "list"): (unseen, "list nodes"),
    ("apps", "daemonsets", "list"): (unseen, "daemonsets"),
    ("", "pods/log", "get"): (uncaptured, "pods/log"),
    ("", "events", "list"): (uncaptured, "events"),
    ("apps", "deployments", "get"): (uncaptured_of(objects.deployment), "deployments"),
    ("apps", "daemonsets", "get"): (uncaptured_of(daemon_set), "daemonsets"),
    ("batch", "jobs", "get"): (uncaptured_of(job), "jobs"),
}


def granted() -> set[tuple[str, str, str]]:
    """Return every verb that the generated manifests give."""
    roles = [m for m in manifests("firebreak", "firebreak") if m["kind"] == "ClusterRole"]
    return {
        (rule["apiGroups"][0], rule["resources"][0], verb)
        for role in roles
        for rule in role["rules"]
        for verb in rule["verbs"]
    }


ENGINES = {(kind.group, kind.plural, verb) for kind in RULING_KINDS for verb in ("list", "watch")} | {
    (API_SERVICE.group, API_SERVICE.plural, "get"),
    (CILIUM_ENDPOINT.group, CILIUM_ENDPOINT.plural, "get"),
}
"""Only asked for where an engine's API is served, which here none is: `tests.crds` serves them."""

HEARD = {("", "pods", "watch"), (*POLICIES, "watch")}
"""Without these all is found by the schedule, later; that they make it sooner is shown in `test_watched`."""


def test_no_verb_is_granted_without_something_that_breaks_when_it_is_taken_away() -> None:
    assert granted() == set(NEEDS) | ENGINES | HEARD


@pytest.mark.slow
@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need[2]}-{need[1]}")
async def test_with_one_verb_taken_away_something_is_refused_or_said(
    need: tuple[str, str, str], outfitted: Outfitted, control_plane: ControlPlane, tmp_path: Path
) -> None:
    loud, words = NEEDS[need]
    async with _switch(control_plane, outfitted, need) as without, stage(tmp_path, cluster=outfitted) as bot:
        await loud(World(bot, outfitted, without), words)
        await bot.story()


@asynccontextmanager
async def _switch(
    plane: ControlPlane, outfitted: Outfitted, need: tuple[str, str, str]
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Yield what takes the verb out of the applied roles and waits until that is so; all is put back at the end."""
    api = outfitted.api
    names = ("firebreak-cluster", "firebreak-contain")
    before = {name: (await api.get(f"{CLUSTER_ROLES}/{name}"))["rules"] for name in names}
    async with connect(plane, "bot") as bot:

        async def allowed() -> bool:
            return await _allowed(bot, need)

        async def without() -> None:
            for name, rules in before.items():
                await api.patch(f"{CLUSTER_ROLES}/{name}", {"rules": [_less(rule, need) for rule in rules]})
            await eventually(lambda: _denied(bot, need))

        try:
            yield without
        finally:
            for name, rules in before.items():
                await api.patch(f"{CLUSTER_ROLES}/{name}", {"rules": rules})
            await eventually(allowed)


def _less(rule: dict[str, Any], need: tuple[str, str, str]) -> dict[str, Any]:
    group, resource, verb = need
    if rule["apiGroups"] != [group] or rule["resources"] != [resource]:
        return rule
    return {**rule, "verbs": [each for each in rule["verbs"] if each != verb] or ["none"]}


async def _allowed(bot: Api, need: tuple[str, str, str]) -> bool:
    group, resource, verb = need
    resource, _, part = resource.partition("/")
    asked = {"group": group, "resource": resource, "subresource": part, "verb": verb}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    return bool((await bot.create(REVIEWS, body))["status"]["allowed"])


async def _denied(bot: Api, need: tuple[str, str, str]) -> bool:
    return not await _allowed(bot, need)
