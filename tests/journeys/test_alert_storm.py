"""Ten thousand alerts: one group, no backlog in memory, and people are answered meanwhile."""

import asyncio
import json
import resource
import time
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from bot.sandbox.scene import ALICE
from bot.settings import Settings
from bot.settings.alerts import AlertSourceSettings
from tests.adapters.alerts.recorded import body
from tests.alerts.senders import TOKEN, bearer
from tests.journeys.stage import Stage, stage
from tests.journeys.test_alerts_received import grouped, groups

POSTS, IN_EACH, PODS = 500, 20, 50
GROWN = 40_000_000  # bytes, of both sides: the posts, the sandbox that keeps what it was asked, and the bot


def open_wide(settings: Settings) -> Settings:
    """Take as many as come."""
    source = AlertSourceSettings(
        format="alertmanager", cluster="prod", token=SecretStr(TOKEN), per_second=1000, burst=10_000
    )
    return settings.model_copy(update={"alerts": {"alertmanager": source}})


def resident() -> int:
    """Return the bytes of this program that are in memory (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def storm(number: int) -> bytes:
    """Return one post of twenty alerts that nobody sent before."""
    sent = json.loads(body("alertmanager.firing"))
    first = sent["alerts"][0]
    sent["alerts"] = [
        {
            **first,
            "fingerprint": f"{number}-{each}",
            "labels": {**first["labels"], "pod": f"checkout-{(number * IN_EACH + each) % PODS}"},
        }
        for each in range(IN_EACH)
    ]
    return json.dumps(sent).encode()


@pytest.mark.slow
async def test_a_storm_is_one_group_and_people_are_answered_meanwhile(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=open_wide) as bot:
        before = resident()
        storming = asyncio.create_task(_storm(bot))
        waits = await _asked_meanwhile(bot, storming)
        (group,) = await grouped(bot, lambda found: bool(found) and found[0].total == POSTS * IN_EACH)
        grown = resident() - before
        waiting = await bot.built.store.doorway.take("test", timedelta(seconds=1), 10, alerts=True)
        again = await groups(bot)

    assert waits
    assert len(group.named) == PODS
    assert (
        sum(named.alerts for named in group.named) + group.others == 2 * POSTS * IN_EACH
    )  # a pod and an address each
    assert again == (group,)
    assert waiting == ()
    assert grown < GROWN


async def _storm(bot: Stage) -> None:
    address = bot.scene.workspace.request_url.replace("/slack/events", "/alerts/alertmanager")
    gate = asyncio.Semaphore(16)

    async def one(web: aiohttp.ClientSession, number: int) -> None:
        async with gate, web.post(address, data=storm(number), headers=bearer(TOKEN)) as got:
            assert got.status == 200

    async with aiohttp.ClientSession() as web, asyncio.TaskGroup() as group:
        for number in range(POSTS):
            group.create_task(one(web, number))


async def _asked_meanwhile(bot: Stage, storming: asyncio.Task[None]) -> list[float]:
    """Ask again and again until the storm is over; each question must be answered."""
    waits: list[float] = []
    while not storming.done():
        began = time.perf_counter()
        assert await bot.ask(ALICE, "list")
        waits.append(time.perf_counter() - began)
    await storming
    return waits
