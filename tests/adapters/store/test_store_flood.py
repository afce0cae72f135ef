"""Pods that take room, counted by namespace and time; and one who counts while the others wait."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from bot.adapters.store import SqlStore
from bot.domain.requests import PartRow, Review
from bot.domain.states import Event
from tests.adapters.store.samples import a_request, rows_of

HOUR = timedelta(hours=1)


def _approved(rows: tuple[PartRow, ...], at: datetime) -> tuple[PartRow, ...]:
    return tuple(row.moved(Event.APPROVE, at) for row in rows)


async def _add(store: SqlStore, name: str, at: datetime | None) -> None:
    async with store.begin() as tx:
        asked = a_request(name)
        rows = rows_of(asked)
        assert await tx.requests.add(asked, rows if at is None else _approved(rows, at))


async def test_what_is_approved_counts_and_what_only_waits_does_not(
    store: SqlStore, clock: Callable[[], datetime]
) -> None:
    now = clock()
    await _add(store, "FB-0001", now)
    await _add(store, "FB-0002", now - HOUR)
    await _add(store, "FB-0003", None)

    async with store.begin() as tx:
        (found,) = await tx.counts.crowd(now - timedelta(minutes=10), "FB-NONE")
        (besides,) = await tx.counts.crowd(now - timedelta(minutes=10), "FB-0001")

    assert found.pods == 2 * besides.pods
    assert (found.lately, besides.lately) == (besides.pods, 0)


async def test_a_part_counts_as_all_the_pods_that_its_selector_caught_standing_or_let_go(
    store: SqlStore, clock: Callable[[], datetime]
) -> None:
    now, asked = clock(), a_request("FB-0001")
    wide = tuple(
        msgspec.structs.replace(row, part=msgspec.structs.replace(row.part, pods=20))
        for row in rows_of(asked)
    )
    spaced = sum(bool(row.part.target.namespace) for row in wide)
    async with store.begin() as tx:
        assert await tx.requests.add(asked, _approved(wide, now))
        (standing,) = await tx.counts.crowd(now - timedelta(minutes=10), "FB-NONE")
        for row in await tx.parts.of("FB-0001"):
            moved = row
            for event in (Event.START, Event.ACCEPT, Event.APPLY, Event.RELEASE, Event.RELEASED):
                moved = moved.moved(event, now)
            await tx.parts.put(moved)
        (gone,) = await tx.counts.crowd(now - timedelta(minutes=10), "FB-NONE")

    assert spaced
    assert (standing.pods, standing.lately) == (20 * spaced, 20 * spaced)
    assert (gone.pods, gone.lately) == (0, 20 * spaced)


async def test_what_was_cut_lately_counts_though_it_was_let_go_at_once(
    store: SqlStore, clock: Callable[[], datetime]
) -> None:
    now = clock()
    for name, at in (("FB-0001", now), ("FB-0002", now - HOUR)):
        await _add(store, name, at)
        async with store.begin() as tx:
            for row in await tx.parts.of(name):
                moved = row
                for event in (Event.START, Event.ACCEPT, Event.APPLY, Event.RELEASE, Event.RELEASED):
                    moved = moved.moved(event, now)
                await tx.parts.put(moved)
            pods = len(await tx.parts.of(name))

    async with store.begin() as tx:
        (found,) = await tx.counts.crowd(now - timedelta(minutes=10), "FB-NONE")
        besides = await tx.counts.crowd(now - timedelta(minutes=10), "FB-0001")

    assert (found.pods, found.lately) == (0, pods)
    assert besides == ()


async def test_who_counts_to_approve_waits_for_the_other_who_does(store: SqlStore, other: SqlStore) -> None:
    order: list[str] = []
    inside = asyncio.Event()

    async def first() -> None:
        async with store.begin() as tx:
            await tx.counts.floodgate()
            inside.set()
            for _ in range(5):
                await tx.counts.crowd(tx.now, "")
                await asyncio.sleep(0)
            order.append("first")

    async def second() -> None:
        await inside.wait()
        async with other.begin() as tx:
            await tx.counts.floodgate()
            order.append("second")

    await asyncio.gather(first(), second())

    assert order == ["first", "second"]


async def test_what_is_not_reviewed_is_found_until_it_is(store: SqlStore) -> None:
    await _add(store, "FB-0001", None)
    await _add(store, "FB-0002", None)
    async with store.begin() as tx:
        found = await tx.requests.get("FB-0001", lock=True)
        assert found is not None
        await tx.requests.put(msgspec.structs.replace(found, review=Review()))
    async with store.begin() as tx:
        (waiting,) = await tx.requests.unreviewed(10)
        assert waiting.id == "FB-0001"
        signed = msgspec.structs.replace(waiting, review=Review(by=waiting.requester, at=tx.now))
        await tx.requests.put(signed)
    async with store.begin() as tx:
        assert await tx.requests.unreviewed(10) == ()
