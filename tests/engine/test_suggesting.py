"""Looks at groups of alerts: taken by one, given back by whoever is stopped, bounded in a storm, and never all for one."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec

from bot.adapters.store import SqlStore
from bot.domain.alerts import Severity
from bot.engine.context import Context
from bot.engine.suggesting import FIRST_REST, LEASE, PER_MINUTE, Suggesting
from tests.adapters.alerts.made import alert
from tests.engine.looks import Clock, Cluster, InForce, due, stands, told


async def test_a_cluster_that_does_not_answer_is_said_and_each_playbook_stands_for_itself(
    context: Context, store: SqlStore
) -> None:
    await told(store, alert(1))
    assert await Suggesting(context).turn()
    (board,) = await stands(context)

    assert board.resolved[0].text == "prod did not say: no"
    assert [one.playbook for one in board.suggestions] == ["one", "two"]
    refusals = [one.steps[0].refusal for one in board.suggestions]
    assert [refusal.code for refusal in refusals if refusal] == ["cluster-unavailable", "cluster-unavailable"]
    assert not await Suggesting(context).turn(), "until it changes"


async def test_a_fault_in_one_plan_stops_no_other_and_no_later_look(
    context: Context, store: SqlStore, cluster: Cluster
) -> None:
    cluster.broken = "Discover"
    await told(store, alert(1))
    await Suggesting(context).turn()
    (board,) = await stands(context)

    assert {one.steps[0].why[:28] for one in board.suggestions} == {"it could not be planned: an "}


async def test_two_replicas_do_not_look_at_the_same_group(
    context: Context, store: SqlStore, cluster: Cluster
) -> None:
    await told(store, alert(1))
    cluster.held.clear()
    first = asyncio.create_task(Suggesting(context).turn())
    async with asyncio.timeout(10):
        await cluster.reached.wait()
    assert not await Suggesting(context).turn()
    cluster.held.set()
    assert await first


async def test_what_was_frozen_past_its_lease_stores_nothing_over_what_another_found(
    context: Context, store: SqlStore, cluster: Cluster, clock: Clock
) -> None:
    await told(store, alert(1))
    cluster.held.clear()
    frozen = asyncio.create_task(Suggesting(context).turn())
    async with asyncio.timeout(10):
        await cluster.reached.wait()
    clock.now += LEASE
    quick = replace(context, world=Cluster(), playbooks=InForce("three"))
    assert await Suggesting(quick).turn()
    cluster.held.set()
    await frozen
    (board,) = await stands(context)

    assert [one.playbook for one in board.suggestions] == ["three"]


async def test_whoever_is_stopped_gives_back_what_it_looks_at_at_once(
    context: Context, store: SqlStore, cluster: Cluster
) -> None:
    await told(store, alert(1))
    cluster.held.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(Suggesting(context).run(stop))
    async with asyncio.timeout(10):
        await cluster.reached.wait()
    stop.set()
    store.woke()
    async with asyncio.timeout(10):
        await running
    cluster.held.set()
    (board,) = await stands(context)

    assert board.looked_at is None
    assert await Suggesting(context).turn(), "another may look, without waiting for a lease"
    assert (await stands(context))[0].suggestions


async def test_a_storm_of_rules_is_looked_at_little_by_little(
    context: Context, store: SqlStore, cluster: Cluster, clock: Clock
) -> None:
    small = [alert(number, rule=f"rule-{number}") for number in range(100)]
    await told(store, *(msgspec.structs.replace(each, severity=Severity.LOW) for each in small))
    clock.now += timedelta(seconds=1)
    await told(store, alert(100, rule="worse"))
    looking = Suggesting(context)
    await looking.turn()
    first = next(board for board in await stands(context) if board.looked_at)
    looks = [True, *[await looking.turn() for _ in range(60)]]
    seen = [board.looked_at for board in await stands(context)]
    clock.now += timedelta(minutes=1)

    assert first.group.rule == "worse", "though it came last"
    assert looks.count(True) == PER_MINUTE
    assert sum(at is not None for at in seen) == PER_MINUTE, "and the cards of others say so"
    assert await looking.turn()


async def test_a_look_that_breaks_off_is_tried_again_later_and_not_for_ever(
    context: Context, store: SqlStore, cluster: Cluster, clock: Clock
) -> None:
    cluster.broken = "pods"
    await told(store, alert(1))
    waits = []
    for _ in range(20):
        if not await Suggesting(context).turn():
            break
        (board,) = await stands(context)
        at = await due(store, board.group.id)
        waits.append(at - clock.now if at else None)
        clock.now = at or clock.now
    (board,) = await stands(context)

    assert waits[0] == FIRST_REST * 2
    assert waits[-1] is None
    assert len(waits) == 6
    assert board.passed == ("it could not be looked at, see the log",)
