"""Each source of alerts has its turn, on both databases: however much one sends, and however bad it says that it is."""

import asyncio
import itertools
import random
from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.sql import ClauseElement

from bot.adapters.store import SqlStore, rounds, suggestions
from bot.domain.alerts import Alert, Severity, posts
from bot.domain.alerts.grouping import Group
from bot.domain.suggestions import Look
from bot.engine.alerting import _count as counting
from tests.adapters.alerts.made import alert

LEASE = timedelta(minutes=3)
NOISE = 400


def told(source: str, number: int, severity: Severity = Severity.CRITICAL) -> Alert:
    """Return an alert that makes a group of its own."""
    return replace(alert(number, rule=f"{source} {number}"), source=source, severity=severity)


async def counted(store: SqlStore, *alerts: Alert) -> None:
    async with store.begin() as tx:
        await counting(tx, alerts)


async def claimed(store: SqlStore) -> Group | None:
    """Return the group that is looked at next."""
    async with store.begin() as tx:
        look = await tx.suggestions.claim(LEASE)
        return await tx.alerts.group(look.group_id, lock=False) if look else None


async def served(store: SqlStore, times: int) -> list[str]:
    """Return the sources that are looked at next, in order."""
    found = [await claimed(store) for _ in range(times)]
    return [group.source for group in found if group]


async def test_four_hundred_of_one_source_do_not_keep_another_s_only_one_waiting(store: SqlStore) -> None:
    await counted(store, *(told("noisy", number) for number in range(NOISE)))
    assert await served(store, 1) == ["noisy"], "it was alone"
    await counted(store, told("falco-prod", 0))
    assert "falco-prod" in await served(store, 2)


async def test_what_a_source_calls_worse_goes_before_its_own_and_not_before_another_s(
    store: SqlStore,
) -> None:
    await counted(store, *(told("noisy", number) for number in range(5)))
    quiet = (told("quiet", 0, Severity.INFO), told("quiet", 1, Severity.HIGH), told("quiet", 2, Severity.LOW))
    await counted(store, *quiet)
    found = [await claimed(store) for _ in range(8)]
    said = [(group.source, group.severity) for group in found if group]

    assert [source for source, _ in said[:6]] == ["noisy", "quiet"] * 3
    assert [severity for source, severity in said if source == "quiet"] == [
        Severity.HIGH,
        Severity.LOW,
        Severity.INFO,
    ]
    assert await claimed(store) is None


async def test_a_source_that_was_quiet_for_long_has_one_turn_and_not_all_that_it_missed(
    store: SqlStore,
) -> None:
    await counted(store, *(told("noisy", number) for number in range(20)))
    await served(store, 10)
    await counted(store, *(told("quiet", number) for number in range(5)))
    assert await served(store, 6) == ["quiet", "noisy"] * 3


async def test_what_is_not_due_takes_no_turn(store: SqlStore) -> None:
    await counted(store, told("first", 0), told("second", 0))
    async with store.begin() as tx:
        (one,) = [each for each in await tx.alerts.recent(tx.now - LEASE, 9) if each.source == "first"]
        await tx.suggestions.put_look(Look(one.id, due_at=tx.now + LEASE, urgency=0))
    assert await served(store, 2) == ["second"]
    assert await claimed(store) is None


@pytest.mark.parametrize("url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_source_whose_only_look_another_holds_is_passed_over(
    store: SqlStore, other: SqlStore
) -> None:
    """SQLite has one writer: there nobody else holds anything."""
    await counted(store, told("first", 0), told("second", 0))
    async with store.begin() as tx:
        (one,) = [each for each in await tx.alerts.recent(tx.now - LEASE, 9) if each.source == "first"]
        assert await tx.suggestions.look(one.id, lock=True)
        assert await served(other, 2) == ["second"]
    assert await served(other, 2) == ["first"]


async def test_two_programs_that_claim_at_once_have_different_groups_of_all_sources(
    store: SqlStore, other: SqlStore
) -> None:
    await counted(store, *(told(f"source-{n % 3}", n) for n in range(30)))
    found = await asyncio.gather(*(claimed((store, other)[turn % 2]) for turn in range(24)))
    groups = [group for group in found if group]
    rest = await served(store, 7)

    assert len({group.id for group in groups}) == 24, "each once"
    assert set(Counter(group.source for group in groups).values()) == {8}
    assert len(rest) == 6, "none lost"


@pytest.mark.parametrize("seed", range(3))
async def test_of_n_sources_with_something_due_each_is_served_within_n_takings(
    store: SqlStore, seed: int
) -> None:
    choose = random.Random(seed)
    names = [f"source-{n}" for n in range(choose.randint(2, 6))]
    waiting, since, number = Counter[str](), dict.fromkeys(names, 0), itertools.count()
    for _ in range(40):
        some = [choose.choice(names) for _ in range(choose.choice((0, 0, 1, 1, 2, 9)))]
        await counted(store, *(told(s, next(number), choose.choice(list(Severity))) for s in some))
        since |= {name: 0 for name in some if not waiting[name]}
        waiting.update(some)
        (source,) = await served(store, 1) or [""]
        assert bool(source) == bool(waiting.total())
        waiting.subtract([source] if source else [])
        since = {name: since[name] + 1 if waiting[name] and name != source else 0 for name in names}
        assert max(since.values()) < len(names), (source, since)


async def kept(store: SqlStore, source: str, *sizes: int) -> None:
    """Keep posts of a source, each of so many bytes."""
    for number, size in enumerate(sizes):
        payload = b"x" * size
        assert await store.doorway.accept(f"alert:{source}-{number}", posts.kind_of(source), payload)


async def taken(store: SqlStore, limit: int = 50) -> list[str]:
    """Return which posts are worked next, in order, each without what all keys begin with."""
    rows = await store.doorway.take("me", LEASE, limit, alerts=True)
    return [row.key.removeprefix("alert:") for row in rows]


async def test_a_thousand_posts_of_one_source_do_not_keep_another_s_only_one_waiting(store: SqlStore) -> None:
    some = [(f"alert:noisy-{n:03}", posts.kind_of("noisy"), b"{}") for n in range(1000)]
    await store.doorway.accept_all(some)
    await kept(store, "falco-prod", 2)
    found = await taken(store)

    assert "falco-prod-0" in found[:2]
    assert [name for name in found if name != "falco-prod-0"] == [f"noisy-{n:03}" for n in range(49)]
    assert await taken(store) == [f"noisy-{n:03}" for n in range(49, 99)]


async def test_of_large_posts_few_are_taken_at_once_and_the_smallest_of_a_round_goes_first(
    store: SqlStore,
) -> None:
    await kept(store, "noisy", *[rounds.AT_ONCE // 2] * 5, rounds.AT_ONCE * 2)
    assert await taken(store) == ["noisy-0", "noisy-1"]
    await kept(store, "falco-prod", 100, 100, 100)
    assert await taken(store) == ["falco-prod-0", "noisy-2", "falco-prod-1", "noisy-3", "falco-prod-2"]
    assert await taken(store) == ["noisy-4"]
    assert await taken(store) == ["noisy-5"], "one that is larger by itself is taken alone"
    assert await taken(store) == []


async def test_people_s_commands_and_alerts_are_taken_apart_whatever_the_source_s_name(
    store: SqlStore,
) -> None:
    await kept(store, "command", 1)
    await store.doorway.accept("slack:1", "command", b"{}")
    assert [row.key for row in await store.doorway.take("me", LEASE, 9)] == ["slack:1"]
    assert await taken(store) == ["command-0"]


async def test_two_programs_never_work_the_same_post(store: SqlStore, other: SqlStore) -> None:
    for source in ("first", "second", "third"):
        await kept(store, source, *[10] * 20)
    found = await asyncio.gather(*(taken((store, other)[turn % 2], 10) for turn in range(12)))
    names = [name for some in found for name in some]
    assert len(names) == len(set(names))
    while some := await taken(store, 10):
        names += some
    assert len(names) == len(set(names)) == 60


async def test_a_list_that_is_too_small_for_all_groups_has_those_of_each_source(store: SqlStore) -> None:
    await counted(store, told("falco-prod", 0), told("grafana", 0), told("grafana", 1))
    await counted(store, *(told("noisy", number) for number in range(50)))
    async with store.begin() as tx:
        since = tx.now - LEASE
        few = [group.source for group in await tx.alerts.recent(since, 10)]
        every = await tx.alerts.recent(since, 100)
        assert await tx.alerts.by_source(since) == {"falco-prod": 1, "grafana": 2, "noisy": 50}
        assert await tx.alerts.by_source(tx.now + LEASE) == {}

    assert Counter(few) == {"falco-prod": 1, "grafana": 2, "noisy": 7}
    assert few[-3:].count("noisy") == 0, "the latest first"
    assert len(every) == 53


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (suggestions._TURNS, "alert_looks_due (source>"),
        (suggestions._DUE, "alert_looks_due (source="),
        (rounds._KINDS, "inbox_waiting (kind>"),
        (rounds._OF, "inbox_waiting (kind="),
    ],
)
async def test_whose_turn_it_is_is_found_by_an_index_however_much_waits(
    store: SqlStore, statement: ClauseElement, index: str
) -> None:
    async with store.working() as work:
        spelt = str(statement.compile(dialect=work.connection.dialect))
        zeros = (0,) * spelt.count("?")
        rows = await work.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {spelt}", zeros)
        plan = [str(row["detail"]) for row in rows.mappings()]

    assert any(index in step for step in plan), plan
    assert not [step for step in plan if step.startswith(("SCAN alert_looks", "SCAN inbox"))], plan
    if "=" in index:
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan, "one is found without sorting all"
