"""Evidence of several steps: each pod has its own, whatever stands before it, and no part goes by another's."""

import argparse
import asyncio
import re
from hashlib import sha256
from pathlib import Path

import pytest

from bot.bootstrap.evidence import get
from bot.domain.evidence import CaptureState
from bot.domain.states import PartState
from bot.engine.patience import held_until
from bot.sandbox.kubernetes.faults import Match, Slow
from bot.sandbox.kubernetes.objects import name_of
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.journeys.firewall import ADDRESS
from tests.journeys.stage import Stage, stage
from tests.journeys.test_workload_journey import captured

pytestmark = pytest.mark.timeout(120)

BOTH = (
    POLICY.replace("actions: [quarantine-pod]", "actions: [quarantine-pod, quarantine-workload]")
    .replace("flood: {namespace_percent: 60", "flood: {pods: 100, namespace_percent: 100")
    .replace("last_ready_replica: 1", "last_ready_replica: 0")
)


def staged(bot: Stage, replicas: int = 7) -> tuple[str, list[str]]:
    """Add two Deployments to the world; return what is asked for, and all pods that it cuts."""
    cluster = bot.scene.cluster
    cluster.add_namespace("shop")
    web = [name_of(pod) for pod in cluster.add_deployment("shop", "web", replicas)]
    db = [name_of(pod) for pod in cluster.add_deployment("shop", "db", 2)]
    cast = bot.scene.incident
    pods = [cast.pod, cast.siblings[0]]
    asked = f"contain deployment:prod/shop/web deployment:shop/db prod/{cast.namespace}/{','.join(pods)} {ADDRESS}"
    return f"{asked} for 2h because they beacon", [*web, *db, *pods]


async def test_every_pod_of_every_step_is_captured_and_none_goes_by_the_evidence_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, policy=BOTH) as bot:
        asked, pods = staged(bot)
        request_id = await bot.propose(ALICE, asked)
        rows = await bot.rows(request_id)
        found = await bot.until(lambda: captured(bot, request_id))

        of = {part: [one.target.name for one in found if one.part == part] for part in range(4)}
        assert len(of[0]) == 5, "of seven pods of a Deployment five are captured"
        assert set(of[0]) < set(pods[:7])
        assert [set(of[1]), of[2], of[3]] == [set(pods[7:9]), pods[9:10], pods[10:]]
        assert all(rows[part].id in {one.id for one in found if one.part == part} for part in range(4))
        assert all(one.state is CaptureState.COMPLETE for one in found)

        told = await bot.ask(ALICE, f"evidence {request_id}")
        assert [f"{n}: " in told for n in range(1, 10)] == [True] * 9
        assert "9.1" in told
        await bot.stop()
        monkeypatch.setattr("bot.bootstrap.evidence.load_settings", lambda _: bot.settings)
        out = tmp_path / "case"
        assert await get(argparse.Namespace(settings=None, request=request_id, out=out)) == 0
        written = await asyncio.to_thread(_hashes, out)
        assert written == sorted(item.sha256 for one in found for item in one.kept)
        await bot.start()


def _hashes(folder: Path) -> list[str]:
    return sorted(sha256(path.read_bytes()).hexdigest() for path in folder.iterdir())


async def test_a_pod_behind_a_deployment_waits_for_its_own_evidence_and_for_no_others(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=BOTH) as bot:
        asked, pods = staged(bot, 3)
        slow = Match(verb="get", resource="pods", subresource="log", name=pods[-2])
        bot.scene.cluster.faults.arm(Slow(3600), slow, times=None)
        request_id = await bot.propose(ALICE, asked)

        async def others_captured() -> bool:
            async with bot.built.context.store.begin() as tx:
                return [c.target.name for c in await tx.captures.of(request_id) if c.running] == [pods[-2]]

        await bot.until(others_captured)
        rows = await bot.rows(request_id)
        await approved(bot, request_id)
        held = [await held_until(bot.built.context, row) for row in rows[:4]]
        assert [until is not None for until in held] == [False, False, True, False]
        bot.clock.turn(seconds=11)
        await bot.until_rows(request_id, lambda rows: rows[2].state is PartState.APPLIED)
        said = await bot.until_said(request_id, "Evidence incomplete")
        assert set(re.findall(r"Evidence incomplete for (\S+):", said)) == {f"prod/payments/{pods[-2]}"}


async def approved(bot: Stage, request_id: str) -> None:
    """Have all say yes whom it takes."""
    await bot.approve(BOB, request_id)
    if (await bot.request(request_id)).approved_at is None:
        await bot.approve(CARA, request_id)
    assert (await bot.request(request_id)).approved_at is not None
