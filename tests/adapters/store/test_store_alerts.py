"""Rows of alerts and groups, on both databases, and inbox rows of alerts that hold up nobody else's."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters.store import SqlStore, StoreError
from bot.adapters.store.alerts import prune
from bot.adapters.store.store import SqlTransaction
from bot.domain.alerts import Status
from bot.domain.alerts.grouping import opened
from bot.domain.alerts.posts import Misfit
from bot.engine.alerting import _count as counting
from tests.adapters.alerts.made import START, alert, known


async def test_alerts_are_known_by_their_names_with_status_and_group(store: SqlStore) -> None:
    many = [alert(number) for number in range(1100)]
    group = opened(many[0], START)
    async with store.begin() as tx:
        await tx.alerts.add_group(group)
        first = [known(each, group.id) for each in many]
        over = known(alert(3, status=Status.RESOLVED), group.id, first[3])
        await tx.alerts.put(first)
        await tx.alerts.put([over])
    async with store.begin() as tx:
        found = await tx.alerts.known(alert(number).id for number in range(1200))
        newest = await tx.alerts.of(group.id, 2)

    assert len(found) == 1100
    assert found[alert(3).id] == over
    assert found[alert(4).id] == first[4]
    assert (over.status, first[4].status) == (Status.RESOLVED, Status.FIRING)
    assert len(newest) == 2


async def test_a_key_has_one_newest_group_and_the_former_stay(store: SqlStore) -> None:
    first, second = opened(alert(), START), opened(alert(), START + timedelta(hours=9))
    async with store.begin() as tx:
        assert await tx.alerts.newest(first.key) is None
        await tx.alerts.add_group(first)
        assert await tx.alerts.newest(first.key) == first
        await tx.alerts.add_group(second, first.id)
        assert await tx.alerts.newest(first.key) == second
        assert await tx.alerts.group(first.id) == first
        assert await tx.alerts.group("g-none") is None
    async with store.begin() as tx:
        assert await tx.alerts.recent(START, 10) == (second, first)


async def test_a_storm_of_alerts_does_not_hold_up_a_person(store: SqlStore) -> None:
    for number in range(40):
        await store.doorway.accept(f"alert:{number}", "alert:am", b"{}")
    await store.doorway.accept("slack:1", "command", b"{}")
    people = await store.doorway.take("me", timedelta(seconds=60), 10)
    alerts = await store.doorway.take("me", timedelta(seconds=60), 100, alerts=True)

    assert [row.key for row in people] == ["slack:1"]
    assert len(alerts) == 40


async def test_of_what_did_not_fit_the_newest_of_each_source_are_kept(store: SqlStore) -> None:
    for number in range(25):
        await store.misfits.put(Misfit("falco", "$", "no", f"head {number}", START))
    await store.misfits.put(Misfit("grafana", "$", "no", "head", START))
    kept = await store.misfits.recent(100)

    assert [each.source for each in kept] == ["grafana", *["falco"] * 20]
    assert kept[1].head == "head 24"


async def test_an_alert_that_told_nothing_for_a_month_is_forgotten_apart_from_its_group(
    store: SqlStore,
) -> None:
    group = opened(alert(), START)
    async with store.begin() as tx:
        await tx.alerts.add_group(group)
        await tx.alerts.put([known(alert(), group.id)])
        now = tx.now
    assert await store.prune(now) == 0
    async with store.working() as work:
        work.now += timedelta(days=31)
        assert await prune(work) == 1
    async with store.begin() as tx:
        assert await tx.alerts.known([alert().id]) == {}
        assert await tx.alerts.newest(group.key) == group


async def test_two_programs_that_count_the_same_alerts_at_once_count_them_once(
    store: SqlStore, other: SqlStore
) -> None:
    async def count(program: SqlStore, first: int) -> int:
        async with program.begin() as tx:
            told = [
                alert(number * 3 + kind, rule="ABC"[kind])
                for number in range(first, first + 10)
                for kind in range(3)
            ]
            return sum((await counting(tx, told)).values())

    told = await asyncio.gather(*(count((store, other)[turn % 2], turn // 2 * 5) for turn in range(12)))
    async with store.begin() as tx:
        groups = await tx.alerts.recent(START - timedelta(days=1000), 100)

    assert sorted((group.rule, group.total) for group in groups) == [("A", 35), ("B", 35), ("C", 35)]
    assert sum(told) == 105


async def test_an_alert_stays_in_its_group_whatever_it_names_later(store: SqlStore) -> None:
    first = replace(alert(1), subjects=())
    async with store.begin() as tx:
        await counting(tx, [first])
        await counting(tx, [alert(1), alert(1, status=Status.RESOLVED)])
    async with store.begin() as tx:
        groups = await tx.alerts.recent(START - timedelta(days=1000), 100)

    assert [(group.total, group.resolved, group.namespace) for group in groups] == [(1, 1, "")]


async def test_what_comes_after_a_group_is_over_is_another_and_the_former_s_alerts_stay_its_own(
    store: SqlStore,
) -> None:
    async with store.working() as work:
        tx: Any = SqlTransaction(work, lambda: work.now)
        await counting(tx, [alert(1)])
        work.now += timedelta(hours=7)
        await counting(tx, [alert(2), alert(1, status=Status.RESOLVED)])
        groups = await tx.alerts.recent(START - timedelta(days=1000), 100)

    assert sorted((group.total, group.resolved) for group in groups) == [(1, 0), (1, 1)]


async def test_several_are_kept_at_once_each_told_whether_it_was_new(store: SqlStore) -> None:
    first = await store.doorway.accept_all(
        [("a", "alert:am", b"1"), ("b", "alert:am", b"2"), ("a", "alert:am", b"3")]
    )
    again = await store.doorway.accept_all([("b", "alert:am", b"4"), ("c", "command", b"5")])
    rows = await store.doorway.take("me", timedelta(seconds=60), 10, alerts=True)

    assert (first, again) == ((True, True, False), (False, True))
    assert [(row.key, row.payload) for row in rows] == [("a", b"1"), ("b", b"2")]


async def test_several_are_kept_or_none(store: SqlStore) -> None:
    broken: Any = [("a", "alert:am", b"1"), ("b", None, b"2")]
    with pytest.raises(StoreError):
        await store.doorway.accept_all(broken)

    assert await store.doorway.get("a") is None
    assert await store.doorway.accept_all([("a", "alert:am", b"1")]) == (True,)
