"""Alerts at the real bot: acknowledged when they are kept, counted once whatever happens, in the log and the metrics."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from pydantic import SecretStr

from bot.adapters.web.server import listening
from bot.bootstrap import serving
from bot.domain.alerts import Status
from bot.domain.alerts.grouping import Group
from bot.domain.alerts.posts import Post, key_of, kind_of
from bot.engine.alerting import Alerting
from bot.sandbox.tls import mint_mutual
from bot.settings import Settings
from bot.settings.alerts import AlertServerSettings, AlertSourceSettings
from tests.adapters.alerts.made import alert
from tests.adapters.alerts.recorded import body
from tests.alerts.senders import TOKEN, bearer
from tests.alerts.trust import trusting
from tests.journeys.stage import PATIENCE, Stage, stage, whole_log

FIRING, RESOLVED = body("alertmanager.firing"), body("alertmanager.resolved")


def with_alerts(settings: Settings) -> Settings:
    """Take alerts of Alertmanager."""
    source = AlertSourceSettings(format="alertmanager", cluster="prod", token=SecretStr(TOKEN))
    return settings.model_copy(update={"alerts": {"alertmanager": source}})


async def sent(bot: Stage, raw: bytes) -> int:
    """Post to the running bot."""
    address = bot.scene.workspace.request_url.replace("/slack/events", "/alerts/alertmanager")
    async with aiohttp.ClientSession() as web, web.post(address, data=raw, headers=bearer(TOKEN)) as got:
        return got.status


async def groups(bot: Stage) -> tuple[Group, ...]:
    """Return the groups as they stand."""
    async with bot.built.context.store.begin() as tx:
        return await tx.alerts.recent(datetime(2000, 1, 1, tzinfo=UTC), 100)


async def grouped(bot: Stage, enough: Callable[[tuple[Group, ...]], bool]) -> tuple[Group, ...]:
    """Wait until the groups are so."""
    async with asyncio.timeout(PATIENCE):
        while not enough(found := await groups(bot)):
            await asyncio.sleep(0.03)
    return found


async def test_an_alert_is_kept_grouped_recorded_and_updated_when_it_is_resolved(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=with_alerts) as bot:
        assert await sent(bot, FIRING) == 200
        (group,) = await grouped(bot, bool)
        assert await sent(bot, FIRING) == 200
        assert await sent(bot, RESOLVED) == 200
        (after,) = await grouped(bot, lambda found: bool(found) and found[0].resolved == 1)
        records = [record async for record in whole_log(bot.settings.database) if record["event"] == "alert"]
        url = bot.scene.workspace.request_url.replace("/slack/events", "/metrics")
        async with aiohttp.ClientSession() as web, web.get(url) as got:
            metrics = await got.text()

    assert (group.rule, group.cluster, group.namespace, group.total) == (
        "BeaconingPod",
        "prod",
        "payments",
        2,
    )
    assert [(named.subject.name, named.alerts) for named in group.named] == [
        ("checkout-7d9f-x2x1", 1),
        ("203.0.113.66", 2),
        ("checkout-7d9f-k4k4", 1),
    ]
    assert (after.total, after.firing, after.newest.status) == (2, 1, Status.RESOLVED)
    assert [record["details"]["received"] for record in records] == [2, 1]
    assert records[0]["details"]["groups"] == {group.id: 2}
    assert 'firebreak_alert_posts_total{outcome="accepted",source="alertmanager"} 2.0' in metrics
    assert 'firebreak_alert_posts_total{outcome="known",source="alertmanager"} 1.0' in metrics


async def test_what_was_acknowledged_before_a_kill_is_counted_after_it_and_once(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=with_alerts) as bot:
        store = bot.built.store
        first = Alerting(bot.built.context, store.doorway, "dead")
        posts = [Post((alert(number), alert(number + 1))) for number in range(20)]
        for post in posts:
            await store.doorway.accept(key_of(post.alerts), kind_of("siem"), msgspec.json.encode(post))
        await store.doorway.take("dead", timedelta(seconds=0), 5, alerts=True)  # and then it is gone
        await asyncio.gather(*(first.turn() for _ in range(4)))
        (group,) = await grouped(bot, lambda found: bool(found) and found[0].total == 21)
        await bot.restart()
        again = await groups(bot)

    assert group.total == 21
    assert again == (group,)


async def test_a_post_that_cannot_be_worked_is_put_aside_and_recorded_and_holds_up_no_other(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, outfit=with_alerts) as bot:
        doorway = bot.built.store.doorway
        await doorway.accept("alert:odd", kind_of("siem"), b"not json")
        good = Post((alert(7),))
        await doorway.accept(key_of(good.alerts), kind_of("siem"), msgspec.json.encode(good))
        (group,) = await grouped(bot, bool)
        row = await doorway.get("alert:odd")
        records = [record async for record in whole_log(bot.settings.database) if record["event"] == "alert"]

    assert group.total == 1
    assert row is not None
    assert row.done
    assert sorted(record["outcome"] for record in records) == ["put-aside", "received"]


async def test_with_a_listener_of_its_own_the_bot_takes_alerts_there_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports: list[int] = []

    @asynccontextmanager
    async def noticed(*given: Any) -> AsyncIterator[int]:
        async with listening(*given) as port:
            ports.append(port)
            yield port

    monkeypatch.setattr(serving, "listening", noticed)
    (tmp_path / "tls").mkdir()
    made = mint_mutual(tmp_path / "tls", "alerts.example")
    chain, key = tmp_path / "tls" / "server.crt", tmp_path / "tls" / "server.key"
    chain.write_bytes(made.chain)
    key.write_bytes(made.key)
    own = AlertServerSettings(port=0, cert_file=chain, key_file=key)
    async with stage(
        tmp_path, outfit=lambda given: with_alerts(given).model_copy(update={"alert_server": own})
    ) as bot:
        plain = await sent(bot, FIRING)
        address = f"https://localhost:{ports[0]}/alerts/alertmanager"
        async with (
            aiohttp.ClientSession() as web,
            web.post(address, data=FIRING, headers=bearer(TOKEN), ssl=trusting(made.ca_file)) as got,
        ):
            status = got.status
        (group,) = await grouped(bot, bool)

    assert (plain, status, group.total) == (404, 200, 2)
