"""What is told of alerts does not stay for ever: old groups go with all that is kept of them, but for those of a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.adapters.store import SqlStore
from bot.adapters.store.alerts import KEPT, PORTION
from bot.adapters.store.doors import Working
from bot.adapters.store.forgetting import forget_alerts
from bot.adapters.store.work import Work
from bot.domain.alerts.grouping import Group, opened
from bot.domain.requests import part_rows
from bot.domain.suggestions import Cause, Look, Suggested, Suggestion
from bot.ports import Painted
from tests.adapters.alerts.made import alert, known
from tests.adapters.store.samples import a_request

LONG = KEPT + timedelta(days=1)


async def stands(store: SqlStore, rule: str, at: datetime) -> Group:
    """Return a group, last told of then, with a look, a suggestion and a card."""
    told = alert(len(rule), rule=rule)
    group = opened(told, at)
    async with store.begin() as tx:
        await tx.alerts.add_group(group)
        await tx.alerts.put([known(told, group.id)])
        await tx.suggestions.put_look(Look(group.id))
        step = Suggested("Look", commands=("/ir list",))
        await tx.suggestions.put(Suggestion(f"s-{rule}", group.id, "p", 1, "h", "P", at, (step,)))
    await store.cards.put(group.id, Painted("C1", "1.2"))
    return group


async def left(store: SqlStore, group: Group) -> list[object]:
    """Return what is still kept of a group."""
    async with store.begin() as tx:
        rows = (
            await tx.alerts.group(group.id),
            await tx.suggestions.look(group.id),
            *await tx.suggestions.of(group.id),
        )
    return [one for one in (*rows, await store.cards.get(group.id)) if one is not None]


def months_later(store: SqlStore) -> Working:
    """Return transactions of a time when all that is kept now is old."""

    @asynccontextmanager
    async def working() -> AsyncIterator[Work]:
        async with store.working() as work:
            work.now += LONG
            yield work

    return working


async def test_old_groups_go_whole_and_those_of_a_request_or_of_late_stay(store: SqlStore) -> None:
    async with store.begin() as tx:
        now = tx.now
    old, asked, waits = [await stands(store, rule, now) for rule in ("Old", "Asked", "Waiting")]
    late = await stands(store, "Late", now + LONG)
    request = replace(a_request(), cause=Cause(asked.id, "s-Asked", 0, "p", 1, "h"))
    async with store.begin() as tx:
        await tx.requests.add(request, part_rows(request.id, request.plan, now))
        await tx.suggestions.put_look(Look(waits.id, due_at=now))

    assert await store.prune(now) == 0
    assert await forget_alerts(months_later(store)) == 4 + 1, "four alerts, and one group"
    assert await left(store, old) == []
    for group in (asked, waits, late):
        assert len(await left(store, group)) == 4, group.rule


async def test_more_than_a_portion_goes_at_one_call(store: SqlStore) -> None:
    async with store.begin() as tx:
        made = [opened(alert(rule=f"rule-{number}"), tx.now) for number in range(PORTION + 20)]
        for group in made:
            await tx.alerts.add_group(group)
        await tx.alerts.put([known(alert(number), made[0].id) for number in range(PORTION + 20)])
        now = tx.now

    assert await forget_alerts(months_later(store)) == 2 * (PORTION + 20)
    async with store.begin() as tx:
        assert await tx.alerts.recent(now - LONG, 10) == ()
