"""The acknowledgement of a slash command while a plan is made over 10,000 pods, beside the same when idle."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import migrate
from bot.bootstrap.house import House, Laboratory, house
from bot.bootstrap.staging import settings_for
from bot.domain.plans import Plan
from bot.engine.planning import plan as make_plan
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.scene import ALICE, CHANNEL, scene
from tests.bench.figures import Figure, figure, p99

PODS, ACKS = 10_000, 150
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def ack(folder: Path) -> list[Figure]:
    """Time ``Front.take`` of true payloads: the row is written, nothing else; p99 of each."""
    home = folder / "ack"
    home.mkdir()
    async with scene(home) as staged:
        _crowd(staged.cluster)
        settings = settings_for(staged, home)
        await migrate(settings.database)
        lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
        async with house(settings, lab) as built:
            await built.desk.installation.learn()
            idle = await _acks(built, "idle")
            planning = asyncio.create_task(_plan(built, staged.incident.pod))
            busy = await _acks(built, "busy")
            planning.cancel()
            await asyncio.gather(planning, return_exceptions=True)
    return [figure(f"ack while a plan is made on {PODS} pods, p99 ms", p99(busy), p99(idle), 1.5)]


def _crowd(cluster: ClusterDouble) -> None:
    cluster.add_namespace("crowd", {})
    for n in range(PODS):
        cluster.add_pod("payments", f"crowd-{n}", {"app": f"crowd-{n % 500}"}, node="aks-pool1-000001")


async def _acks(built: House, kind: str) -> list[float]:
    took: list[float] = []
    for n in range(ACKS):
        payload = {
            "command": "/ir",
            "text": "list",
            "team_id": "T0HOST",
            "api_app_id": built.desk.installation.home.app_id or "A0SANDBOX",
            "user_id": ALICE,
            "channel_id": CHANNEL,
            "response_url": "",
            "trigger_id": f"{kind}.{n}",
        }
        began = time.perf_counter()
        answer = await built.front.take(payload)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, answer.status
        await asyncio.sleep(0.01)
    return took


async def _plan(built: House, pod: str) -> None:
    """Plans one after the other, for as long as it is let."""
    while True:
        action = QuarantinePod("prod", "payments", (pod,))
        made = await make_plan(action, built.context.world, NOW, "FB-0BENCH", timedelta(seconds=30))
        assert isinstance(made, Plan), made
