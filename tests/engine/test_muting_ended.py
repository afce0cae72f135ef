"""A mute that ends: all that it held back is shown, portion by portion, also what is old by then and what is much."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.adapters.store import SqlStore
from bot.domain.alerts import Alert
from bot.domain.people import Principal
from bot.domain.suggestions import Mute
from bot.engine import muting
from bot.engine.context import Context
from bot.engine.muting import end_mutes
from tests.adapters.alerts.made import alert, pod
from tests.engine.looks import Clock, told

ALICE = Principal("T0HOST", "U0ALICE")
LEASE = timedelta(seconds=60)


def placed(number: int, rule: str = "Beacon") -> Alert:
    """Return an alert that is a group of its own."""
    return alert(number, pod(number, f"team-{number}"), rule=rule)


async def muted(store: SqlStore, lasting: timedelta, one: Alert) -> None:
    """Mute the rule of an alert."""
    async with store.begin() as tx:
        until = tx.now + lasting
        await tx.suggestions.mute(Mute(one.rule, until, ALICE, tx.now, "a test", one.source, tx.now))


async def noted(store: SqlStore) -> list[str]:
    """Take all notes about boards that are due, and return which groups those are."""
    found = []
    while (row := await store.sending.take("me", LEASE)) is not None:
        found.append(row.note.document)
        await store.sending.done(row)
    return found


async def groups(store: SqlStore, one: Alert) -> list[str]:
    async with store.begin() as tx:
        return [each.id for each in await tx.alerts.told_by((one.source, one.rule), tx.now, 1000)]


async def test_what_came_ten_hours_before_the_end_is_shown_however_much_came_since(
    context: Context, store: SqlStore, clock: Clock
) -> None:
    await muted(store, timedelta(hours=10), placed(0))
    await told(store, *(placed(number) for number in range(3)))
    clock.now += timedelta(hours=9, minutes=59)
    await told(store, *(placed(number, "Noise") for number in range(600)))
    await noted(store)
    clock.now += timedelta(minutes=2)

    assert await end_mutes(context) == 1
    clock.now += timedelta(seconds=5)
    assert sorted(await noted(store)) == await groups(store, placed(0))
    assert await end_mutes(context) == 0, "it is over"


async def test_a_mute_that_was_renewed_shows_what_the_first_one_held_back(
    context: Context, store: SqlStore, clock: Clock
) -> None:
    await muted(store, timedelta(hours=20), placed(0))
    async with store.begin() as tx:
        (first,) = await tx.suggestions.muters("Beacon")
    await told(store, placed(0), replace(placed(0), status=alert().status.RESOLVED))
    clock.now += timedelta(hours=19)
    await told(store, replace(placed(0), started=clock.now))  # another group takes its place
    async with store.begin() as tx:
        await tx.suggestions.mute(replace(first, at=tx.now, until=tx.now + timedelta(hours=20)))
    clock.now += timedelta(hours=20, seconds=1)
    await noted(store)
    await end_mutes(context)
    clock.now += timedelta(seconds=5)

    assert len(await noted(store)) == 2


async def test_many_groups_are_painted_in_portions_and_none_is_left_out_by_a_death_in_between(
    context: Context, store: SqlStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(muting, "PORTION", 10)
    monkeypatch.setattr(muting, "PORTIONS", 2)
    await muted(store, timedelta(hours=1), placed(0))
    await told(store, *(placed(number) for number in range(35)))
    clock.now += timedelta(hours=1, seconds=1)
    await noted(store)

    assert await end_mutes(context) == 2, "others have their turn"
    clock.now += timedelta(seconds=5)
    first = await noted(store)
    assert len(first) == 20
    assert await end_mutes(context) == 2
    clock.now += timedelta(seconds=5)
    assert sorted([*first, *await noted(store)]) == await groups(store, placed(0))
    assert await end_mutes(context) == 0


async def test_rules_of_the_same_name_of_another_source_are_not_muted_with_it(
    context: Context, store: SqlStore
) -> None:
    ours, falco = placed(0), replace(placed(1), source="falco")
    await told(store, ours, falco)
    await muted(store, timedelta(hours=1), ours)
    async with store.begin() as tx:
        found = await tx.suggestions.muted(((ours.source, ours.rule), (falco.source, falco.rule)))

    assert list(found) == [(ours.source, ours.rule)]
