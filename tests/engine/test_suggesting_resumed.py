"""Looks that break off, and programs that end in between: what came meanwhile is not lost, and what is owed is done."""

import asyncio

import pytest

from bot.adapters.store import SqlStore
from bot.domain.suggestions import Suggestion
from bot.domain.suggestions.looks import AGAIN
from bot.engine import suggesting
from bot.engine.context import Context
from bot.engine.suggesting import FIRST_REST, LEASE, Suggesting
from tests.adapters.alerts.made import alert
from tests.engine.looks import Clock, Cluster, due, stands, told


async def test_what_comes_while_looks_break_off_waits_for_the_rest_and_outlives_the_last_failure(
    context: Context, store: SqlStore, cluster: Cluster, clock: Clock
) -> None:
    cluster.broken = "pods"
    await told(store, alert(1))
    waits = []
    for number in range(2, 9):
        cluster.held.clear()
        cluster.reached.clear()
        under_way = asyncio.create_task(Suggesting(context).turn())
        async with asyncio.timeout(10):
            await cluster.reached.wait()
        await told(store, alert(number))
        cluster.held.set()
        assert await under_way
        (board,) = await stands(context)
        at = await due(store, board.group.id)
        assert at is not None, "what came is looked at some time"
        waits.append(at - clock.now)
        clock.now = at

    assert waits[:2] == [FIRST_REST * 2, FIRST_REST * 4]
    assert waits[5] == AGAIN
    assert waits[6] == FIRST_REST * 2, "counted from the beginning"


async def test_a_program_that_ends_between_what_it_stored_and_what_it_does_leaves_that_to_the_next(
    context: Context, store: SqlStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    never, reached = asyncio.Event(), asyncio.Event()

    async def killed(_: Context, suggestion: Suggestion) -> tuple[str, ...]:
        reached.set()
        await never.wait()
        return ()

    async def acts(_: Context, suggestion: Suggestion) -> tuple[str, ...]:
        done.append(suggestion.playbook)
        return ()

    monkeypatch.setattr(suggesting, "owed", lambda *_: True)
    monkeypatch.setattr(suggesting, "act", killed)
    await told(store, alert(1))
    frozen = asyncio.create_task(Suggesting(context).turn())
    async with asyncio.timeout(10):
        await reached.wait()
    monkeypatch.setattr(suggesting, "act", acts)
    early = await Suggesting(context).turn()
    clock.now += LEASE
    late = await Suggesting(context).turn()
    (board,) = await stands(context)

    assert (early, late) == (False, True)
    assert done == ["one", "two"]
    assert await due(store, board.group.id) is None
    assert not await Suggesting(context).turn(), "it is done"
    never.set()
    await frozen
