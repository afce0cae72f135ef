"""The quarantine of a pod, planned and made through this adapter, as the identity that admins give the bot."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.actions.quarantine_pod import QuarantinePod
from bot.domain.changes import Contribute, undo
from bot.domain.findings import Refusal
from bot.domain.plans import Plan
from bot.engine.planning import plan
from tests.adapters.kubernetes.stage import NAME, NOW, Stage, on_the_double, on_the_real_server
from tests.controlplane import objects
from tests.controlplane.server import ControlPlane

LIMIT = timedelta(seconds=20)


async def planned(stage: Stage, *pods: str) -> Plan | Refusal:
    return await plan(QuarantinePod(NAME, stage.namespace, pods), stage.clusters, NOW, "FB-7K3Q", LIMIT)


class QuarantineContract:
    async def test_a_pod_is_quarantined_and_everything_is_put_back_byte_for_byte(self, stage: Stage) -> None:
        for name in ("api-1", "api-2"):
            await stage.pod(name, labels={"app": "api"})
        service = objects.service("api", stage.namespace, {"app": "api"})
        await stage.api.create(f"/api/v1/namespaces/{stage.namespace}/services", service)
        before = await stage.photograph()

        made = await planned(stage, "api-1")

        assert isinstance(made, Plan), made
        assert not made.unseen
        assert await stage.photograph() == before
        changes = [c for part in made.parts for c in part.changes if not isinstance(c, Contribute)]
        for change in changes:
            assert not (await stage.clusters.apply(change)).adopted
            assert (await stage.clusters.observe(change)).done
        for change in undo(tuple(changes)):
            assert (await stage.clusters.observe(change)).undone
            await stage.clusters.apply(change)
            assert (await stage.clusters.observe(change)).done
        assert await stage.photograph() == before

    async def test_the_same_world_gives_the_same_plan(self, stage: Stage) -> None:
        await stage.pod("api-1", annotations={"karpenter.sh/do-not-disrupt": "false"})

        first, second = await planned(stage, "api-1"), await planned(stage, "api-1")

        assert isinstance(first, Plan)
        assert msgspec.json.encode(first) == msgspec.json.encode(second)

    async def test_a_pod_that_is_quarantined_already_is_refused(self, stage: Stage) -> None:
        await stage.pod("api-1")
        made = await planned(stage, "api-1")
        assert isinstance(made, Plan)
        for change in made.parts[0].changes:
            assert not isinstance(change, Contribute)
            await stage.clusters.apply(change)

        again = await planned(stage, "api-1")

        assert isinstance(again, Refusal)
        assert again.code == "already-quarantined"

    async def test_a_pod_that_does_not_exist_is_refused_with_the_closest_names(self, stage: Stage) -> None:
        await stage.pod("payments-api")

        refusal = await planned(stage, "payment-api")

        assert isinstance(refusal, Refusal)
        assert "payments-api" in refusal.remedy

    async def test_who_may_not_look_gets_a_refusal_that_names_the_right(self, stage: Stage) -> None:
        action = QuarantinePod(NAME, stage.namespace, ("api-1",))

        refusal = await plan(action, stage.stranger, NOW, "FB-7K3Q", LIMIT)

        assert isinstance(refusal, Refusal)
        assert "the right to get namespaces in the whole cluster is missing" in refusal.text


class TestOnTheDouble(QuarantineContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncIterator[Stage]:
        async with on_the_double(tmp_path) as stage:
            yield stage


@pytest.mark.controlplane
class TestOnTheRealServer(QuarantineContract):
    @pytest.fixture
    async def stage(self, control_plane: ControlPlane) -> AsyncIterator[Stage]:
        async with on_the_real_server(control_plane) as stage:
            yield stage
