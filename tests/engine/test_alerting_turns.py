"""Alerts of several sources are counted by turns: large posts of one do not keep another's only alert waiting."""

from collections import Counter
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from bot.adapters.store import SqlStore
from bot.domain.alerts import Alert
from bot.domain.alerts.posts import Post, key_of, kind_of
from bot.engine.alerting import Alerting
from bot.engine.context import Context
from tests.adapters.alerts.made import alert
from tests.engine.looks import Clock

POSTS, ALERTS = 20, 200
DAY = timedelta(days=1)


async def post(store: SqlStore, *alerts: Alert) -> None:
    """Keep a post, as the door does."""
    payload = msgspec.json.encode(Post(alerts))
    assert await store.doorway.accept(key_of(alerts), kind_of(alerts[0].source), payload)


async def counted(store: SqlStore) -> Counter[str]:
    """Return how many alerts of each source are counted."""
    async with store.begin() as tx:
        groups = await tx.alerts.recent(tx.now - DAY, 1000)
    return Counter({group.source: group.total for group in groups})


async def test_an_alert_is_counted_in_the_next_turn_whatever_another_source_has_sent_before(
    store: SqlStore, context: Context, clock: Clock
) -> None:
    worker = Alerting(context, store.doorway, "worker")
    for number in range(POSTS):
        some = (replace(alert(number * ALERTS + each), source="noisy") for each in range(ALERTS))
        await post(store, *some)
    clock.now += timedelta(seconds=1)
    await post(store, replace(alert(rule="CryptoMiner"), source="falco-prod"))

    assert 1 < await worker.turn() < POSTS, "no more than is soon worked"
    assert (await counted(store))["falco-prod"] == 1
    assert (await counted(store))["noisy"] < POSTS * ALERTS / 2
    while await worker.turn():
        pass
    assert await counted(store) == {"falco-prod": 1, "noisy": POSTS * ALERTS}
