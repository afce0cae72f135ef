"""Detaching under the wider admission policy, with the real controllers reacting: released, replaced, taken back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest

from bot.domain import isolation
from bot.domain.changes import OwnChange, undo
from bot.domain.errors import BusyError, DeniedError
from bot.domain.isolation import Options, StrategyName
from bot.domain.isolation.detach import Escape, escape
from bot.domain.isolation.detaching import DELETION_COST, DETACHED
from bot.domain.lanes import Lane
from bot.domain.queries import DryRun, Each, Listing, Welcome
from bot.domain.refs import NETWORK_POLICY, POD, Kind
from bot.domain.views import NetworkPolicyView, PodView
from bot.engine.context import Context, Limits
from bot.engine.rbac import Width
from bot.engine.steps import Turn
from bot.engine.waits import met
from tests.controlplane import objects
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import eventually
from tests.crds.guarded import Guarded, guarded, refusal

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LABELS = {"app": "api", "tier": "web"}


@pytest.fixture
async def wide(control_plane: ControlPlane) -> AsyncIterator[Guarded]:
    async with guarded(control_plane, Width(detach=True)) as ready:
        yield ready


class Outside:
    """As much of a turn's surroundings as a wait needs."""

    def __init__(self, bot: Guarded) -> None:
        self.world = self.objects = bot.clusters
        self.limits = Limits()


def turn_of(bot: Guarded) -> Turn:
    return Turn(cast("Context", Outside(bot)), cast("Lane", None))


async def listed(bot: Guarded, kind: Kind) -> tuple[Any, ...]:
    answer = await bot.clusters.answer(Each("prod", kind, bot.namespace))
    assert isinstance(answer, Listing), answer
    return answer.items


async def replicas(bot: Guarded) -> dict[str, PodView]:
    pods: tuple[PodView, ...] = await listed(bot, POD)
    return {p.metadata.name: p for p in pods if p.metadata.controller is not None}


async def run(bot: Guarded, *, ready: bool = True, only: str = "") -> None:
    """Do the scheduler's and the kubelet's work."""
    for name, pod in (await replicas(bot)).items():
        if only in {"", name}:
            if not pod.spec.node_name:
                target = {"apiVersion": "v1", "kind": "Node", "name": "node-1"}
                binding = {"metadata": {"name": name}, "target": target}
                await bot.world.api.create(f"{bot.path(POD, name)}/binding", binding)
            status = objects.pod_status("10.0.0.9", ready=ready)
            await bot.world.api.patch(f"{bot.path(POD, name)}/status", {"status": status})


async def deployed(bot: Guarded) -> PodView:
    """Return one pod of a Deployment of three that runs."""
    await bot.world.create(objects.deployment("api", bot.namespace, LABELS, replicas=3))

    async def three() -> bool:
        return len(await replicas(bot)) == 3

    await eventually(three)
    await run(bot)
    return min((await replicas(bot)).values(), key=lambda p: p.metadata.name)


async def escaped(bot: Guarded, pod: PodView) -> Escape:
    for name, selector in (("front", {"tier": "web"}), ("api", {"app": "api"})):
        await bot.world.create(objects.network_policy(name, bot.namespace, selector, egress=[{}]))
    policies: tuple[NetworkPolicyView, ...] = await listed(bot, NETWORK_POLICY)
    return escape(pod.metadata.labels, policies, (), "fb-7k3q-0")


def changes(bot: Guarded, pod: PodView, found: Escape) -> tuple[OwnChange, ...]:
    options = Options(StrategyName.DETACH, moved=found.moved)
    made = isolation.steps(pod, bot.ref(pod.metadata.name), "FB-7K3Q", 0, options)
    return tuple(step.change for step in made)


async def stands(bot: Guarded, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (await bot.world.api.get(bot.path(POD, name)))["metadata"]
    return found


async def undone(bot: Guarded, made: tuple[OwnChange, ...]) -> list[str]:
    """Undo as the engine does: a change that must wait is tried again."""
    told = []
    for change in undo(made):

        async def waited(change: OwnChange = change) -> list[str]:
            try:
                return [await met(turn_of(bot), change)]
            except BusyError:
                return []

        told += await eventually(waited)
        await bot.clusters.apply(change)
    return [text for text in told if text]


async def test_a_replicaset_lets_go_replaces_and_on_rollback_takes_back_and_deletes_another(
    wide: Guarded, controller_manager: None
) -> None:
    pod = await deployed(wide)
    name, before = pod.metadata.name, await stands(wide, pod.metadata.name)
    found = await escaped(wide, pod)
    made = changes(wide, pod, found)
    tried = [await wide.clusters.answer(DryRun(change)) for change in made]
    assert tried == [Welcome()] * len(made)

    for change in made:
        await wide.clusters.apply(change)

    async def replaced() -> bool:
        return name not in await replicas(wide) and len(await replicas(wide)) == 3

    await eventually(replaced)
    assert found.left == ()
    assert {one.key for one in found.moved} == {"app", "tier"}
    assert "ownerReferences" not in await stands(wide, name)
    await run(wide)

    told = await undone(wide, made)

    after = await stands(wide, name)
    assert {key: after.get(key) for key in ("labels", "annotations", "uid")} == {
        key: before.get(key) for key in ("labels", "annotations", "uid")
    }
    assert after["ownerReferences"][0]["uid"] == before["ownerReferences"][0]["uid"]
    assert "deletionTimestamp" not in after
    (text,) = told
    going = [n for n, p in (await replicas(wide)).items() if p.metadata.deletion_timestamp is not None]
    assert len(going) == 1
    assert text.endswith(f"has taken {name} back, and takes away {going[0]}")


async def test_a_pod_that_is_not_ready_does_not_get_its_labels_back_yet(
    wide: Guarded, controller_manager: None
) -> None:
    pod = await deployed(wide)
    made = changes(wide, pod, await escaped(wide, pod))
    await run(wide, ready=False, only=pod.metadata.name)
    for change in made:
        await wide.clusters.apply(change)

    *first, labels, _ = undo(made)
    for change in first:
        await wide.clusters.apply(change)

    with pytest.raises(BusyError, match="not Ready yet") as told:
        await met(turn_of(wide), labels)
    assert told.value.retry_after == 60


async def test_labels_of_others_move_only_in_a_write_that_marks_the_pod_or_finds_it_marked(
    wide: Guarded,
) -> None:
    path = wide.path(POD, "api-1")
    for labels in ({"app": None}, {"app": "x"}, {"new": "x"}):
        assert "its own labels" in await refusal(wide.hands.patch(path, {"metadata": {"labels": labels}}))

    marked = {"labels": {"app": None}, "annotations": {DETACHED: "fb-7k3q-0", DELETION_COST: "1"}}
    await wide.hands.patch(path, {"metadata": marked})
    back = {"labels": {"app": "api"}, "annotations": {DETACHED: None}}
    await wide.hands.patch(path, {"metadata": back})

    assert "its own labels" in await refusal(wide.hands.patch(path, {"metadata": {"labels": {"app": None}}}))
    other = {"annotations": {"team": "x"}}
    assert "its own annotations" in await refusal(wide.hands.patch(path, {"metadata": other}))


async def test_without_the_wider_policy_detaching_is_refused_before_anything_moves(
    bot_alone: Guarded,
) -> None:
    pod = msgspec.convert(await bot_alone.world.api.get(bot_alone.path(POD, "api-1")), PodView)
    policies = tuple(
        [
            msgspec.json.decode(msgspec.json.encode(body), type=NetworkPolicyView)
            for body in (objects.network_policy("api", bot_alone.namespace, {"app": "api"}, egress=[{}]),)
        ]
    )
    made = changes(bot_alone, pod, escape(pod.metadata.labels, policies, (), "fb-7k3q-0"))

    for change in made[:2]:
        with pytest.raises(DeniedError, match=r"its own (annotations|labels)"):
            await bot_alone.clusters.apply(change)


@pytest.fixture
async def bot_alone(control_plane: ControlPlane) -> AsyncIterator[Guarded]:
    async with guarded(control_plane, Width()) as ready:
        yield ready


async def test_a_statefulset_lets_go_of_its_pod_and_cannot_replace_it_until_it_comes_back(
    wide: Guarded, controller_manager: None
) -> None:
    await wide.world.create(objects.stateful_set("db", wide.namespace, LABELS, replicas=1))

    async def running() -> bool:
        return "db-0" in await replicas(wide)

    await eventually(running)
    await run(wide)
    pod = (await replicas(wide))["db-0"]
    made = changes(wide, pod, await escaped(wide, pod))
    for change in made:
        await wide.clusters.apply(change)

    async def released() -> bool:
        return "ownerReferences" not in await stands(wide, "db-0")

    await eventually(released)
    assert await replicas(wide) == {}

    told = await undone(wide, made)

    assert (await stands(wide, "db-0"))["uid"] == pod.metadata.uid
    assert told == [f"StatefulSet {wide.namespace}/db has taken db-0 back"]
