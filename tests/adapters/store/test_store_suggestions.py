"""Rows of suggestions, looks and mutes on both databases, and notes of boards that join the one that waits."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.adapters.store import SqlStore
from bot.domain.alerts.grouping import Group, opened
from bot.domain.people import Principal
from bot.domain.suggestions import Look, Mute, Suggested, Suggestion
from bot.domain.suggestions.looks import PACE, marked
from bot.engine.boards import painted, repainted
from bot.ports import Note, Painted
from tests.adapters.alerts.made import START, alert

LEASE = timedelta(seconds=60)
WHO = Principal("T0HOST", "U0ALICE")


async def group(store: SqlStore, rule: str = "Beacon") -> Group:
    """Return a group that stands."""
    made = opened(alert(rule=rule), START)
    async with store.begin() as tx:
        await tx.alerts.add_group(made)
    return made


def suggestion(group_id: str, name: str = "s-1") -> Suggestion:
    """Return a suggestion of one step by hand."""
    step = Suggested("Look", commands=("/ir list",))
    return Suggestion(name, group_id, "beaconing", 1, "ab", "Beaconing", START, (step,))


async def test_a_look_that_is_due_is_given_to_one_until_its_lease_ends(
    store: SqlStore, other: SqlStore
) -> None:
    one = await group(store)
    async with store.begin() as tx:
        assert await tx.suggestions.claim(LEASE) is None
        await tx.suggestions.put_look(marked(Look(one.id), tx.now))

    async def claimed(by: SqlStore) -> Look | None:
        async with by.begin() as tx:
            return await tx.suggestions.claim(LEASE)

    found = [look for look in await asyncio.gather(claimed(store), claimed(other)) if look is not None]
    assert [(look.group_id, look.fence, look.taken) for look in found] == [(one.id, 1, True)]
    async with store.begin() as tx:
        stored = await tx.suggestions.look(one.id, lock=True)
        assert stored == found[0]
        await tx.suggestions.put_look(replace(stored, due_at=tx.now))  # its lease has ended
    taken_over = await claimed(other)
    assert taken_over is not None
    assert taken_over.fence == 2


async def test_suggestions_are_kept_by_group_and_by_name(store: SqlStore) -> None:
    one, two = await group(store), await group(store, "Other")
    async with store.begin() as tx:
        for each in (suggestion(one.id, "s-2"), suggestion(one.id), suggestion(two.id, "s-3")):
            await tx.suggestions.put(each)
        await tx.suggestions.put(replace(suggestion(one.id), dismissed_by=WHO, reason="no"))
    async with store.begin() as tx:
        assert [each.id for each in await tx.suggestions.of(one.id)] == ["s-1", "s-2"]
        found = await tx.suggestions.get("s-1", lock=True)
        assert found is not None
        assert (found.open, found.reason) == (False, "no")
        assert await tx.suggestions.get("s-9") is None


async def test_a_mute_is_in_force_until_its_time_and_then_told_as_ended(store: SqlStore) -> None:
    async with store.begin() as tx:
        now = tx.now
        await tx.suggestions.mute(Mute("short", now - timedelta(seconds=1), WHO, now, "why", "am", now))
        await tx.suggestions.mute(Mute("long", now + timedelta(hours=1), WHO, now, "why", "am", now))
        await tx.suggestions.mute(Mute("long", now + timedelta(hours=2), WHO, now, "longer", "am", now))
    async with store.begin() as tx:
        muted = await tx.suggestions.muted(
            (("am", "long"), ("am", "short"), ("am", "other"), ("falco", "long"))
        )
        assert {told_by: mute.reason for told_by, mute in muted.items()} == {("am", "long"): "longer"}
        assert [mute.rule for mute in await tx.suggestions.mutes()] == ["long"]
        assert [mute.source for mute in await tx.suggestions.muters("long")] == ["am"]
        assert [mute.rule for mute in await tx.suggestions.ended(10)] == ["short"]
        await tx.suggestions.unmute(("falco", "short"))
        assert len(await tx.suggestions.muters("short")) == 1, "another source's"
        await tx.suggestions.unmute(("am", "short"))
        assert await tx.suggestions.ended(10) == ()


async def test_rules_of_one_name_are_kept_apart_by_their_source_and_read_in_portions(store: SqlStore) -> None:
    ours = [opened(alert(number, rule="Shell"), START + timedelta(days=number)) for number in range(5)]
    theirs = opened(replace(alert(9, rule="Shell"), source="falco"), START)
    async with store.begin() as tx:
        for before, made in zip([None, *ours], ours, strict=False):
            await tx.alerts.add_group(made, before.id if before else "")
        await tx.alerts.add_group(theirs)
        await tx.alerts.add_group(opened(alert(rule="Other"), START))
    told_by = ours[0].told_by
    async with store.begin() as tx:
        assert await tx.alerts.sources("Shell", START, 9) == (told_by[0], "falco")
        assert await tx.alerts.sources("Shell", START + timedelta(days=1), 9) == (told_by[0],)
        first = await tx.alerts.told_by(told_by, START, 3)
        rest = await tx.alerts.told_by(told_by, START, 3, after=first[-1].id)
        late = await tx.alerts.told_by(theirs.told_by, START + timedelta(days=1), 3)
    assert sorted(each.id for each in ours) == [each.id for each in (*first, *rest)]
    assert [each.id for each in late] == [theirs.id], "the newest of its key, however old"


async def test_a_board_is_noted_once_while_it_waits_and_in_its_pace(store: SqlStore) -> None:
    one, two = await group(store), await group(store, "Other")
    for _ in range(20):
        async with store.begin() as tx:
            await repainted(tx, one.id)
    async with store.begin() as tx:
        await repainted(tx, two.id)
    first, second = await store.sending.take("me", LEASE), await store.sending.take("me", LEASE)
    assert first is not None
    assert second is not None
    assert {first.note.document, second.note.document} == {one.id, two.id}
    assert await store.sending.take("me", LEASE) is None
    async with store.begin() as tx:
        before = await tx.suggestions.look(one.id)
        await repainted(tx, one.id)
        after = await tx.suggestions.look(one.id)
    assert before is not None
    assert after is not None
    assert before.noted_at is not None
    assert after.noted_at == before.noted_at + PACE
    await store.sending.done(first)
    assert await store.sending.take("me", LEASE) is None, "not before its time"


async def test_twenty_writers_of_one_board_wait_for_each_other_and_leave_one_note(store: SqlStore) -> None:
    one = await group(store)

    async def note() -> None:
        async with store.begin() as tx:
            await painted(tx, await tx.suggestions.hold(one.id))

    await asyncio.gather(*(note() for _ in range(20)))
    assert await store.sending.take("me", LEASE) is not None
    assert await store.sending.take("me", LEASE) is None


@pytest.mark.parametrize("kind", ["notice", "card"])
async def test_notes_of_other_kinds_are_joined_as_ever(store: SqlStore, kind: str) -> None:
    async with store.begin() as tx:
        for _ in range(2):
            await tx.outbox.put(Note(topic="FB-1", kind=kind, request_id="FB-1"))
    rows = [await store.sending.take("me", LEASE)]
    await store.sending.done(rows[0]) if rows[0] else None
    rows.append(await store.sending.take("me", LEASE))
    assert (rows[1] is None) == (kind == "card")


async def test_boards_are_said_last_and_one_put_back_is_behind_those_that_are_due_for_longer(
    store: SqlStore,
) -> None:
    first, second = await group(store, "First"), await group(store, "Second")
    async with store.begin() as tx:
        for one in (first, second):
            await repainted(tx, one.id)
    row = await store.sending.take("me", LEASE)
    assert row is not None
    assert (row.note.document, await store.sending.crowd()) == (first.id, 1)
    await store.sending.later(row, row.created_at + timedelta(seconds=1))
    async with store.begin() as tx:
        await tx.outbox.put(Note(topic="answer", kind="whisper"))
    rows = [await store.sending.take("me", LEASE) for _ in range(2)]

    assert [each.note.document or each.note.kind for each in rows if each] == ["whisper", second.id]
    assert await store.sending.crowd() == 2
    await store.cards.put(first.id, Painted("C1", "1.2"))
    assert await store.sending.crowd() == 1
