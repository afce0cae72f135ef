"""A lane has one worker at a time, and a worker that was frozen past its lease can write nothing."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from bot.adapters.store import SqlStore
from bot.domain.errors import FencedError
from bot.domain.lanes import Lane
from tests.domain.values import LANE as FULL

MINUTE = timedelta(minutes=1)
OVER = timedelta(0)  # a lease that has ended when the next transaction begins


async def claim(store: SqlStore, owner: str, lease: timedelta = MINUTE) -> Lane | None:
    async with store.begin() as tx:
        return await tx.lanes.claim(owner, lease)


async def claimed(store: SqlStore, owner: str, lease: timedelta = MINUTE) -> Lane:
    lane = await claim(store, owner, lease)
    assert lane is not None
    return lane


async def wake(store: SqlStore, *keys: str, late: timedelta = timedelta(0)) -> None:
    async with store.begin() as tx:
        for key in keys:
            await tx.lanes.wake(key, tx.now + late)


async def test_two_claimers_never_get_one_lane(store: SqlStore, other: SqlStore) -> None:
    await wake(store, *(f"lane-{n}" for n in range(8)))
    found = await asyncio.gather(*(claim(s, f"w{n}") for n in range(10) for s in (store, other)))

    keys = sorted(lane.key for lane in found if lane is not None)
    assert keys == [f"lane-{n}" for n in range(8)]


async def test_a_claim_waits_for_no_other(store: SqlStore, other: SqlStore, url: str) -> None:
    await wake(store, "first", "second")
    if url.startswith("sqlite"):  # one writer: the second claim comes after the first's commit
        assert {(await claimed(store, "w1")).key, (await claimed(other, "w2")).key} == {"first", "second"}
        return
    async with store.begin() as tx:
        held = await tx.lanes.claim("w1", MINUTE)
        passing = await asyncio.wait_for(claimed(other, "w2"), 5)

    assert held is not None
    assert {held.key, passing.key} == {"first", "second"}


async def test_a_claim_sets_lease_and_fence_and_takes_the_longest_due(store: SqlStore) -> None:
    await wake(store, "late", late=MINUTE)
    await wake(store, "sooner")
    lane = await claimed(store, "w1")

    async with store.begin() as tx:
        assert (lane.key, lane.owner, lane.fence, lane.due_at) == ("sooner", "w1", 1, None)
        assert lane.lease_until is not None
        assert lane.lease_until > tx.now
        assert await tx.lanes.get("sooner") == lane
    assert await claim(store, "w2") is None


async def test_a_worker_whose_lease_is_over_is_fenced(store: SqlStore) -> None:
    await wake(store, "lane")
    frozen = await claimed(store, "frozen", OVER)
    heir = await claimed(store, "heir")

    assert (heir.key, heir.fence) == (frozen.key, frozen.fence + 1)
    with pytest.raises(FencedError):
        async with store.begin() as tx:
            await tx.lanes.hold(frozen)
    with pytest.raises(FencedError):
        async with store.begin() as tx:
            await tx.lanes.put(frozen)
    async with store.begin() as tx:
        assert (await tx.lanes.hold(heir)).owner == "heir"


async def test_a_worker_that_is_late_but_was_not_replaced_goes_on(store: SqlStore) -> None:
    await wake(store, "lane")
    late = await claimed(store, "w1", OVER)
    async with store.begin() as tx:
        assert (await tx.lanes.hold(late)).fence == late.fence


async def test_the_same_worker_after_a_new_claim_is_fenced_by_its_own_old_turn(store: SqlStore) -> None:
    await wake(store, "lane")
    before = await claimed(store, "w1", OVER)
    await claimed(store, "w1")
    with pytest.raises(FencedError):
        async with store.begin() as tx:
            await tx.lanes.hold(before)


async def test_holding_renews_the_lease_to_the_length_of_the_claim(store: SqlStore) -> None:
    await wake(store, "lane")
    lane = await claimed(store, "w1", MINUTE)
    async with store.begin() as tx:
        held = await tx.lanes.hold(lane)
        assert held.lease_until == tx.now + MINUTE


async def test_a_wake_during_a_turn_is_kept(store: SqlStore) -> None:
    await wake(store, "lane")
    lane = await claimed(store, "w1")
    await wake(store, "lane")
    async with store.begin() as tx:
        held = await tx.lanes.hold(lane)
        await tx.lanes.put(msgspec.structs.replace(held, owner="", lease_until=None))

    assert held.due_at is not None
    assert (await claimed(store, "w2")).fence == 2


async def test_waking_takes_the_earlier_time_and_never_a_later_one(store: SqlStore) -> None:
    await wake(store, "lane", late=MINUTE)
    await wake(store, "lane", late=MINUTE * 2)
    async with store.begin() as tx:
        far = await tx.lanes.get("lane")
        assert far is not None
        assert far.due_at is not None
        assert tx.now < far.due_at < tx.now + MINUTE * 1.5
    await wake(store, "lane")
    assert (await claimed(store, "w1")).key == "lane"


async def test_what_a_lane_knows_is_saved(store: SqlStore) -> None:
    await wake(store, FULL.key)
    lane = await claimed(store, "w1")
    full = msgspec.structs.replace(FULL, owner=lane.owner, fence=lane.fence)
    async with store.begin() as tx:
        await tx.lanes.hold(lane)
        await tx.lanes.put(full)
    async with store.begin() as tx:
        assert await tx.lanes.get(FULL.key) == full


async def test_a_lane_that_nobody_owns_cannot_be_held(store: SqlStore) -> None:
    await wake(store, "lane")
    async with store.begin() as tx:
        free = await tx.lanes.get("lane")
        assert free is not None
        with pytest.raises(FencedError):
            await tx.lanes.hold(free)


async def test_ten_thousand_waiting_lanes_are_not_looked_at(store: SqlStore, url: str) -> None:
    from sqlalchemy import insert, text

    from bot.adapters.store import tables

    waiting = [
        {"key": f"w{n}", "owner": "", "lease": 0, "fence": 0, "due_at": 2**52, "schema": 1, "doc": "{}"}
        for n in range(10_000)
    ]
    async with store.working() as work:
        await work.run(insert(tables.lanes), *waiting)
        if work.postgres:
            await work.connection.execute(text("ANALYZE lanes"))
        explain = "EXPLAIN " if work.postgres else "EXPLAIN QUERY PLAN "
        query = "SELECT key FROM lanes WHERE free_at <= 5 AND schema <= 1 ORDER BY free_at LIMIT 1"
        plan = str(await work.rows(text(explain + query)))
    await wake(store, "lane")

    assert "lanes_free" in plan
    assert (await claimed(store, "w1")).key == "lane"
