"""What comes once more, on both databases: an alert that grew, one that fires again, and a post that is tried again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.adapters.store import SqlStore
from bot.adapters.store.store import SqlTransaction
from bot.adapters.store.work import Work
from bot.domain.alerts import Alert, Status
from bot.domain.alerts.grouping import CALM, SILENCE, Group
from bot.domain.alerts.posts import AGAIN, kind_of
from bot.engine.alerting import _count as counting
from tests.adapters.alerts.made import alert, pod

EVER = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FROM = kind_of("am-prod")
FIRE, OVER = alert(1), alert(1, status=Status.RESOLVED)


class Teller:
    """Has alerts counted as time goes on."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.tx: Any = SqlTransaction(work, lambda: work.now)

    async def tell(self, *alerts: Alert, after: timedelta = timedelta()) -> int:
        """Return how many told more, so long after what was told before."""
        self.work.now += after
        return (await counting(self.tx, alerts)).total()

    async def groups(self) -> list[Group]:
        """Return all, in the order in which they began."""
        return sorted(await self.tx.alerts.recent(EVER, 100), key=lambda group: group.opened_at)


@asynccontextmanager
async def telling(store: SqlStore) -> AsyncIterator[Teller]:
    async with store.working() as work:
        yield Teller(work)


@pytest.mark.parametrize("later", [MINUTE, 60 * MINUTE, 300 * MINUTE, 24 * 60 * MINUTE])
async def test_what_fires_again_with_the_start_that_it_had_is_shown_again(
    store: SqlStore, later: timedelta
) -> None:
    async with telling(store) as bot:
        counts = [
            await bot.tell(FIRE),
            await bot.tell(OVER, after=5 * MINUTE),
            await bot.tell(FIRE, after=later),
        ]
        groups = await bot.groups()
        over = groups[-1].over(bot.work.now)
        latest = await bot.tx.alerts.of(groups[-1].id, 10, firing=True)

    assert counts == [1, 1, 1]
    assert (groups[-1].firing, groups[-1].total, over) == (1, 1, False)
    assert [each.id for each in latest] == [FIRE.id], "what playbooks are asked about"
    assert len(groups) == (1 if later < CALM else 2), (
        "a group that is over is followed by another, with its own card"
    )
    assert all(group.firing == 0 for group in groups[:-1])


async def test_a_late_try_of_a_post_neither_ends_nor_begins_anything(store: SqlStore) -> None:
    async with telling(store) as bot:
        await bot.tell(OVER)
        late = [await bot.tell(FIRE, after=MINUTE), await bot.tell(FIRE, after=3 * MINUTE)]
        (group,) = await bot.groups()

    assert late == [0, 0]
    assert (group.total, group.resolved) == (1, 1)


async def test_an_older_post_that_is_worked_last_changes_nothing_of_what_was_said_since(
    store: SqlStore,
) -> None:
    async with telling(store) as bot:
        start = bot.work.now
        said = [replace(FIRE, said=start), replace(FIRE, said=start + 60 * MINUTE)]
        await bot.tell(*said, after=61 * MINUTE)
        await bot.tell(replace(OVER, said=start + 20 * MINUTE), after=MINUTE)
        (group,) = await bot.groups()

    assert (group.total, group.resolved) == (1, 0)


async def test_what_is_added_to_an_alert_is_counted_and_looked_at(store: SqlStore) -> None:
    grown = replace(alert(1), subjects=(pod(1), pod(77)))
    async with telling(store) as bot:
        await bot.tell(FIRE)
        (before,) = await bot.groups()
        await bot.tx.suggestions.claim(MINUTE)
        counts = [await bot.tell(grown, after=MINUTE), await bot.tell(grown, after=MINUTE)]
        (group,) = await bot.groups()
        look = await bot.tx.suggestions.look(before.id)
        (told,) = await bot.tx.alerts.of(before.id, 10)

    assert counts == [1, 0]
    assert (group.total, [each.subject for each in group.named]) == (1, [pod(1), pod(77)])
    assert set(told.subjects) == {pod(1), pod(77)}
    assert look.marked, "what is suggested is made anew"


async def test_what_grows_after_its_group_is_over_goes_on_in_another(store: SqlStore) -> None:
    grown = replace(alert(1), subjects=(pod(1), pod(77)))
    async with telling(store) as bot:
        await bot.tell(FIRE)
        await bot.tell(grown, after=SILENCE)
        first, second = await bot.groups()
        await bot.tell(OVER, after=MINUTE)
        ended = await bot.groups()

    assert (first.total, first.firing) == (1, 0), "it offers nothing more"
    assert (second.total, second.firing, len(second.named)) == (1, 1, 2)
    assert [(group.total, group.firing) for group in ended] == [(1, 0), (1, 0)]


async def test_what_a_sender_left_out_is_told_whether_or_not_anything_else_is_new(store: SqlStore) -> None:
    short = [replace(each, left_out=17) for each in (alert(1), alert(2, rule="Other"))]
    async with telling(store) as bot:
        await bot.tell(FIRE)
        known = await bot.tell(*short)
        again = await bot.tell(*(replace(each, left_out=3) for each in short))
        groups = await bot.groups()

    assert (known, again) == (1, 0)
    assert {group.rule: group.left_out for group in groups} == {"Beacon": 17, "Other": 17}


async def test_an_unreadable_name_stays_told_when_a_good_alert_comes_after_it(store: SqlStore) -> None:
    async with telling(store) as bot:
        await bot.tell(replace(FIRE, unread=("'no name' cannot be the name of a pod",)))
        await bot.tell(alert(2), after=MINUTE)
        (group,) = await bot.groups()

    assert group.unread == ("'no name' cannot be the name of a pod",)


async def test_a_post_is_known_while_it_waits_and_for_a_while_after_and_is_worked_again_later(
    store: SqlStore,
) -> None:
    async def sent(*keys: str, kind: str = FROM) -> tuple[bool, ...]:
        return await store.doorway.accept_all([(key, kind, b"later") for key in keys])

    first = await sent("a", "b"), await sent("c", kind="command")
    await _aged(store, "received_at")
    waiting = await sent("a", "b", "c")
    async with store.begin() as tx:
        assert all([await tx.inbox.finish(key) for key in "abc"])
    soon = await sent("a", "b", "c")
    await _aged(store, "done_at")
    later = await sent("b", "d", "a", "b"), await sent("c", kind="command")
    rows = await store.doorway.take("me", MINUTE, 10, alerts=True)
    async with store.begin() as tx:
        finished = [await tx.inbox.finish(key) for key in ("a", "a", "b", "c")]

    assert first == ((True, True), (True,))
    assert (waiting, soon) == ((False,) * 3, (False,) * 3)
    assert later == ((True, True, True, False), (False,)), "what a person typed never comes twice"
    assert sorted((row.key, row.attempts, row.done) for row in rows) == [
        ("a", 1, False),
        ("b", 1, False),
        ("d", 1, False),
    ]
    assert finished == [True, False, True, False]


async def _aged(store: SqlStore, column: str) -> None:
    """Let so much time have passed since then."""
    past = AGAIN // timedelta(microseconds=1) * 2
    async with store.working() as work:
        await work.connection.exec_driver_sql(f"UPDATE inbox SET {column} = {column} - {past}")
