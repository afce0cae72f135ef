"""The acknowledgement of a slash command while a plan is made over 10,000 pods, beside the same when idle."""

import asyncio
import time
from pathlib import Path

from bot.adapters.azure.client import SandboxEndpoint
from bot.adapters.store import migrate
from bot.bootstrap.house import House, Laboratory, house
from bot.bootstrap.staging import settings_for
from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.scene import ALICE, CHANNEL, scene
from tests.bench.figures import Figure, figure, p99

PODS, ACKS = 10_000, 150


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
