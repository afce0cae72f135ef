"""Whoever waits is woken by the bell, here and over PostgreSQL in the other replicas."""

import asyncio

import pytest

from bot.adapters.store import SqlStore
from bot.adapters.store.bell import Bell
from bot.ports import Note

LONG = 3600.0
POSTGRES = pytest.mark.parametrize(
    "url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


async def _soon(waiting: "asyncio.Task[None]") -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=10)
    return bool(done)


async def test_everybody_who_waits_is_woken() -> None:
    bell = Bell()
    waiting = [asyncio.create_task(bell.wait(LONG)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.ring()

    assert all([await _soon(task) for task in waiting])


async def test_a_ring_between_two_waits_is_not_lost() -> None:
    bell = Bell()
    first, proceed = asyncio.Event(), asyncio.Event()

    async def worker() -> None:
        await bell.wait(0)
        first.set()
        await proceed.wait()
        await bell.wait(LONG)

    working = asyncio.create_task(worker())
    await first.wait()
    bell.ring()
    proceed.set()

    assert await _soon(working)


async def test_a_ring_before_the_first_wait_is_not_lost() -> None:
    bell = Bell()
    bell.ring()

    assert await _soon(asyncio.create_task(bell.wait(LONG)))


async def test_a_wait_ends_by_itself() -> None:
    await Bell().wait(0.001)


@pytest.mark.parametrize("change", ["wake", "say", "accept"])
async def test_what_makes_work_rings_after_its_commit(store: SqlStore, change: str) -> None:
    waiting = asyncio.create_task(store.wait(LONG))
    await asyncio.sleep(0)
    if change == "accept":
        await store.doorway.accept("k", "slash", b"")
    else:
        async with store.begin() as tx:
            if change == "wake":
                await tx.lanes.wake("lane", tx.now)
            else:
                await tx.outbox.put(Note(topic="t", kind="notice"))
            assert not waiting.done()

    assert await _soon(waiting)


@POSTGRES
async def test_another_replica_is_woken_too(store: SqlStore, other: SqlStore, url: str) -> None:
    assert store._network is not None
    assert other._network is not None
    store.listen()
    other.listen()
    await asyncio.gather(store._network.listening(), other._network.listening())
    waiting = asyncio.create_task(other.wait(LONG))
    await asyncio.sleep(0)
    store.woke()

    assert await _soon(waiting)


@POSTGRES
async def test_a_lost_connection_is_listened_to_again(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import text

    monkeypatch.setattr("bot.adapters.store.bell.RETRY", 0.0)
    network = store._network
    assert network is not None
    store.listen()
    await network.listening()
    async with store.working() as work:
        await work.connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database() AND query LIKE 'LISTEN%'"
            )
        )
    await asyncio.wait_for(network.lost(), 10)
    await asyncio.wait_for(network.listening(), 10)
    waiting = asyncio.create_task(store.wait(LONG))
    await asyncio.sleep(0)
    async with store.working() as work:
        await work.connection.execute(text("NOTIFY firebreak"))

    assert await _soon(waiting)
