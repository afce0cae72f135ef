"""One self-test of a cluster stands at a time, and one whose program is gone is found, on both databases."""

import asyncio
from datetime import timedelta

import msgspec

from bot.adapters.store import SqlStore
from bot.domain.selftests import Outcome, SelfTest

LEASE = timedelta(minutes=1)


async def begin(store: SqlStore, test_id: str, cluster: str = "prod", lease: timedelta = LEASE) -> bool:
    async with store.begin() as tx:
        due = tx.now + lease
        about = ("firebreak-test", "node-1", "Calico", "Calico 3.28.5", "image:1", "", "owner")
        return await tx.self_tests.add(SelfTest(test_id, cluster, *about, began=tx.now, due_at=due))


async def end(store: SqlStore, test_id: str, outcome: Outcome) -> None:
    async with store.begin() as tx:
        found = await tx.self_tests.get(test_id, lock=True)
        assert found is not None
        over = msgspec.structs.replace(found, due_at=None, outcome=outcome, ended_at=tx.now)
        await tx.self_tests.put(over)


async def due(store: SqlStore) -> str:
    async with store.begin() as tx:
        found = await tx.self_tests.due()
    return found.id if found else ""


async def test_of_many_that_begin_at_once_one_stands_in_each_cluster(
    store: SqlStore, other: SqlStore
) -> None:
    tries = [
        begin(each, f"ST-{n}{i}{cluster}", cluster)
        for n in range(3)
        for i, each in enumerate((store, other))
        for cluster in ("prod", "test")
    ]
    assert sorted(await asyncio.gather(*tries)) == [False] * 10 + [True] * 2


async def test_when_one_is_over_the_next_may_begin_and_the_newest_comes_first(store: SqlStore) -> None:
    assert await begin(store, "ST-1")
    assert not await begin(store, "ST-2")
    await end(store, "ST-1", Outcome.PASSED)
    assert await begin(store, "ST-2")
    async with store.begin() as tx:
        rows = await tx.self_tests.of("prod")
        newest = await tx.self_tests.of("prod", 1)
    assert [(row.id, row.stands) for row in rows] == [("ST-2", True), ("ST-1", False)]
    assert newest == rows[:1]


async def test_only_one_whose_time_has_come_is_due(store: SqlStore) -> None:
    await begin(store, "ST-1")
    assert await due(store) == ""
    await end(store, "ST-1", Outcome.FAILED)
    await begin(store, "ST-2", lease=timedelta(0))
    assert await due(store) == "ST-2"
