"""The acknowledgement of a slash command while a plan is made over 10,000 pods, beside the same when idle."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.actions.quarantine_pod import QuarantinePod
from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import migrate
from bot.bootstrap.house import House, Laboratory, house
from bot.bootstrap.serving import keep_quick
from bot.bootstrap.staging import settings_for
from bot.domain.plans import Plan
from bot.engine.planning import plan as make_plan
from bot.sandbox.scene import ALICE, CHANNEL, scene
from tests.bench.beside import beside
from tests.bench.crowd import PODS
from tests.bench.figures import Figure, figure, median, p99

ACKS = 100
TURNS = 5
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def ack(folder: Path) -> list[Figure]:
    """Time ``Front.take`` of true payloads: the row is written, nothing else; p99 of each, the median of the turns."""
    home = folder / "ack"
    home.mkdir()
    file = home / "crowd-kubeconfig"
    crowd = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.crowd", str(file), stdin=PIPE, stdout=PIPE
    )
    assert crowd.stdout is not None
    pod = (await crowd.stdout.readline()).decode().strip()
    try:
        async with scene(home) as staged:
            settings = settings_for(replace(staged, kubeconfig=file), home)
            await migrate(settings.database)
            lab = Laboratory(azure=SandboxEndpoint(staged.arm.url, staged.arm.ca_file))
            async with house(settings, lab) as built:
                idle, busy = await _both(built, pod, file)
    finally:
        assert crowd.stdin is not None
        crowd.stdin.close()
        await crowd.wait()
    return [figure(f"ack while a plan is made on {PODS} pods, p99 ms", median(busy), median(idle), 1.5)]


async def _both(built: House, pod: str, crowd: Path) -> tuple[list[float], list[float]]:
    """In turns, so that what else runs on the machine meets both alike; p99 of each turn. The cluster is busy in both."""
    await built.desk.installation.learn()
    keep_quick()  # as `serve` does
    await acks(built, "warm")
    await _plan(built, pod)  # the connection is opened once in a program's life
    idle: list[float] = []
    busy: list[float] = []
    for turn in range(TURNS):
        async with beside("onlooker", str(crowd)):  # lists the pods meanwhile
            idle.append(p99(await acks(built, f"idle{turn}")))
        planning = asyncio.create_task(_plans(built, pod))
        busy.append(p99(await acks(built, f"busy{turn}")))
        planning.cancel()
        (ended,) = await asyncio.gather(planning, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError), ended  # or nothing was planned meanwhile
    return idle, busy


async def acks(built: House, kind: str) -> list[float]:
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


async def _plans(built: House, pod: str) -> None:
    """One plan after the other, for as long as it is let."""
    while True:
        await _plan(built, pod)


async def _plan(built: House, pod: str) -> None:
    action = QuarantinePod("prod", "payments", (pod,))
    made = await make_plan(action, built.context.world, NOW, "FB-0BENCH", timedelta(seconds=30))
    assert isinstance(made, Plan), made
