"""A capture has one worker at a time, and its contents come back piece by piece, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from bot.adapters.store import SqlStore
from bot.adapters.store.captures import ROW, SqlShelf
from bot.adapters.store.work import Work
from bot.domain.errors import VaultError
from bot.domain.evidence import Capture, CaptureState
from bot.domain.refs import POD, KubeRef
from bot.domain.states import PartState
from tests.adapters.store.samples import a_request, rows_of

MINUTE = timedelta(minutes=1)
OVER = timedelta(0)  # a lease that has ended when the next transaction begins


async def begun(store: SqlStore, state: PartState = PartState.PROPOSED, parts: int = 1) -> list[Capture]:
    request = a_request()
    target = KubeRef("prod", POD, "payments", "api-1")
    async with store.begin() as tx:
        await tx.requests.add(request, rows_of(request, state))
        made = [
            Capture(f"{request.id}.{n}", request.id, n, target, "u", tx.now, due_at=tx.now)
            for n in range(parts)
        ]
        for each in made:
            await tx.captures.add(each)
    return made


async def claim(store: SqlStore, lease: timedelta = MINUTE) -> Capture | None:
    async with store.begin() as tx:
        return await tx.captures.claim(lease)


async def test_two_workers_never_take_one_capture(store: SqlStore, other: SqlStore) -> None:
    made = await begun(store, parts=6)
    found = await asyncio.gather(*(claim(each) for _ in range(6) for each in (store, other)))
    assert sorted(taken.id for taken in found if taken) == [each.id for each in made]


async def test_a_worker_that_died_is_followed_by_another_whose_attempt_is_counted(store: SqlStore) -> None:
    await begun(store)
    first, second = await claim(store, OVER), await claim(store)
    assert first is not None
    assert second is not None
    assert (first.attempts, second.attempts) == (1, 2)
    assert await claim(store) is None


async def test_one_that_is_there_already_stays_as_it_is(store: SqlStore) -> None:
    (made,) = await begun(store)
    async with store.begin() as tx:
        await tx.captures.put(msgspec.structs.replace(made, state=CaptureState.COMPLETE, due_at=None))
        await tx.captures.add(made)
        (stored,) = await tx.captures.of(made.request_id)
        assert stored.state is CaptureState.COMPLETE
        assert await tx.captures.get("FB-NONE.0") is None


@pytest.mark.parametrize(("state", "over"), [(PartState.DENIED, True), (PartState.APPLIED, False)])
async def test_only_what_is_over_is_old_enough_to_go(store: SqlStore, state: PartState, over: bool) -> None:
    (made,) = await begun(store, state)
    async with store.begin() as tx:
        assert not await tx.captures.stale(tx.now + MINUTE, 5)
        await tx.captures.put(msgspec.structs.replace(made, state=CaptureState.PARTIAL, due_at=None))
        assert bool(await tx.captures.stale(tx.now + MINUTE, 5)) is over
        assert not await tx.captures.stale(tx.now - MINUTE, 5)


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


@pytest.mark.parametrize("size", [0, 10, ROW, 2 * ROW + 5])
async def test_a_content_comes_back_whole_and_goes_for_good(store: SqlStore, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    await store.shelf.put("FB-7K3Q.0/1/01", pieces(body))
    await store.shelf.put("FB-7K3Q.01/1/01", pieces(b"another"))
    assert b"".join([piece async for piece in store.shelf.get("FB-7K3Q.0/1/01")]) == body
    await store.shelf.drop("FB-7K3Q.0")
    with pytest.raises(VaultError, match="nothing is kept"):
        _ = [piece async for piece in store.shelf.get("FB-7K3Q.0/1/01")]
    assert [piece async for piece in store.shelf.get("FB-7K3Q.01/1/01")] == [b"another"]


async def test_many_captures_at_once_leave_the_database_free_for_whoever_contains(store: SqlStore) -> None:
    inside, most = 0, 0

    @asynccontextmanager
    async def watched() -> AsyncIterator[Work]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            async with store.working() as work:
                yield work
        finally:
            inside -= 1

    shelf = SqlShelf(watched)
    await asyncio.gather(*(shelf.put(f"FB-7K3Q.{n}/1/01", pieces(b"x" * (2 * ROW))) for n in range(12)))

    assert most <= 2
