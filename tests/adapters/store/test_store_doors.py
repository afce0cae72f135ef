"""What comes in is worked once; what must be said is said in order, and once."""

import asyncio
from datetime import timedelta

import pytest

from bot.adapters.store import SqlStore
from bot.ports import Note, OutboxRow, Painted, Sums
from tests.adapters.store.samples import a_draft

MINUTE = timedelta(minutes=1)
OVER = timedelta(0)


async def test_a_duplicate_is_told_and_changes_nothing(store: SqlStore, other: SqlStore) -> None:
    first = await store.doorway.accept("k", "slash", b"\x00first\xff")
    second = await other.doorway.accept("k", "slash", b"second")
    row = await store.doorway.get("k")

    assert (first, second) == (True, False)
    assert row is not None
    assert (row.kind, row.payload, row.attempts, row.done) == ("slash", b"\x00first\xff", 0, False)
    assert await store.doorway.get("none") is None


async def test_of_many_redeliveries_at_once_one_is_accepted(store: SqlStore, other: SqlStore) -> None:
    answers = await asyncio.gather(
        *(s.doorway.accept("k", "x", b"") for _ in range(10) for s in (store, other))
    )

    assert sum(answers) == 1


async def test_rows_are_taken_oldest_first_and_by_one_worker(store: SqlStore, other: SqlStore) -> None:
    for n in range(5):
        await store.doorway.accept(f"k{n}", "slash", b"")
    first = await store.doorway.take("w1", MINUTE, 3)
    second = await other.doorway.take("w2", MINUTE, 3)

    assert [row.key for row in first] == ["k0", "k1", "k2"]
    assert [row.key for row in second] == ["k3", "k4"]
    assert await store.doorway.take("w3", MINUTE, 3) == ()


async def test_a_row_whose_worker_died_is_taken_again_until_it_is_finished(store: SqlStore) -> None:
    await store.doorway.accept("k", "slash", b"")
    await store.doorway.take("dead", OVER, 1)
    (again,) = await store.doorway.take("w2", OVER, 1)
    async with store.begin() as tx:
        finished = await tx.inbox.finish("k")
    row = await store.doorway.get("k")

    assert (again.key, again.attempts, finished) == ("k", 2, True)
    assert await store.doorway.take("w3", OVER, 1) == ()
    assert row is not None
    assert row.done


async def test_a_row_is_finished_once(store: SqlStore, other: SqlStore) -> None:
    await store.doorway.accept("k", "slash", b"")

    async def finish(at: SqlStore) -> bool:
        async with at.begin() as tx:
            return await tx.inbox.finish("k")

    assert sum(await asyncio.gather(*(finish(s) for _ in range(5) for s in (store, other)))) == 1


async def test_a_finish_that_is_rolled_back_can_be_done_again(store: SqlStore) -> None:
    await store.doorway.accept("k", "slash", b"")

    async def stumble() -> None:
        async with store.begin() as tx:
            await tx.inbox.finish("k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()
    async with store.begin() as tx:
        assert await tx.inbox.finish("k")


async def test_a_key_that_never_came_in_also_counts_once(store: SqlStore) -> None:
    async with store.begin() as tx:
        assert await tx.inbox.finish("drill")
    async with store.begin() as tx:
        assert not await tx.inbox.finish("drill")
    assert not await store.doorway.accept("drill", "slash", b"")


async def say(store: SqlStore, *notes: tuple[str, str]) -> None:
    async with store.begin() as tx:
        for topic, text in notes:
            await tx.outbox.put(Note(topic=topic, kind="notice", text=text))


async def taken(store: SqlStore, lease: timedelta = MINUTE) -> OutboxRow:
    row = await store.sending.take("sender", lease)
    assert row is not None
    return row


async def test_notes_of_one_topic_are_said_in_order(store: SqlStore) -> None:
    await say(store, ("a", "1"), ("a", "2"), ("b", "3"))
    first, beside = await taken(store), await taken(store)
    nothing = await store.sending.take("sender", MINUTE)
    await store.sending.done(first)

    assert (first.note.text, beside.note.text, nothing) == ("1", "3", None)
    assert (await taken(store)).note.text == "2"


async def test_a_note_that_waits_holds_back_its_topic_and_no_other(store: SqlStore) -> None:
    await say(store, ("a", "1"), ("a", "2"), ("b", "3"))
    row = await taken(store)
    async with store.begin() as tx:
        soon = tx.now + MINUTE
    assert await store.sending.later(row, soon)

    assert (await taken(store)).note.text == "3"
    assert await store.sending.take("sender", MINUTE) is None


async def test_a_sender_that_was_replaced_closes_nothing(store: SqlStore) -> None:
    await say(store, ("a", "1"))
    late = await taken(store, OVER)
    newest = await taken(store)

    assert newest.attempts == 2
    assert not await store.sending.done(late)
    assert not await store.sending.later(late, late.created_at)
    assert await store.sending.done(newest)
    assert not await store.sending.done(newest)


async def test_two_senders_never_get_one_note(store: SqlStore, other: SqlStore) -> None:
    await say(store, *((f"topic-{n}", str(n)) for n in range(8)))
    rows = await asyncio.gather(*(s.sending.take("s", MINUTE) for _ in range(5) for s in (store, other)))

    assert sorted(row.note.text for row in rows if row is not None) == [str(n) for n in range(8)]


async def card(store: SqlStore, request_id: str = "FB-1") -> None:
    async with store.begin() as tx:
        await tx.outbox.put(Note(topic=request_id, kind="card", request_id=request_id))


async def test_a_card_that_waits_is_not_queued_twice_but_one_that_is_being_painted_is(
    store: SqlStore,
) -> None:
    await card(store)
    await card(store)
    await card(store, "FB-2")
    painting = await taken(store)
    await card(store)
    await card(store)
    beside = await taken(store)
    nothing = await store.sending.take("sender", MINUTE)
    await store.sending.done(painting)

    assert (painting.note.request_id, beside.note.request_id, nothing) == ("FB-1", "FB-2", None)
    await store.sending.done(await taken(store))
    assert await store.sending.take("sender", MINUTE) is None


@pytest.mark.parametrize("url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_a_card_cannot_be_painted_while_what_it_shows_is_being_changed(
    store: SqlStore, other: SqlStore, url: str
) -> None:
    await card(store)
    async with store.begin() as tx:
        await tx.outbox.put(Note(topic="FB-1", kind="card", request_id="FB-1"))
        meanwhile = await other.sending.take("sender", MINUTE)

    assert meanwhile is None
    assert (await taken(other)).note.request_id == "FB-1"


async def test_where_a_card_is_is_remembered(store: SqlStore) -> None:
    assert await store.cards.get("FB-1") is None
    await store.cards.put("FB-1", Painted("C1", "1.0", "a"))
    await store.cards.put("FB-1", Painted("C1", "1.0", "b"))

    assert await store.cards.get("FB-1") == Painted("C1", "1.0", "b")


async def test_pruning_takes_what_is_finished_and_leaves_what_is_not(store: SqlStore) -> None:
    await store.doorway.accept("open", "slash", b"")
    await say(store, ("a", "1"), ("b", "2"))
    await store.sending.done(await taken(store))
    async with store.begin() as tx:
        await tx.inbox.finish("done")
    async with store.begin() as tx:
        now = tx.now

    assert await store.prune(now - MINUTE) == 0
    assert await store.prune(now) == 2
    assert await store.doorway.get("open") is not None
    assert (await taken(store)).note.text == "2"


async def test_what_is_not_finished_is_summed_and_the_log_is_as_long_as_its_records(store: SqlStore) -> None:
    for key in ("taken", "waits", "done"):
        await store.doorway.accept(key, "slash", b"")
    await store.doorway.take("w1", MINUTE, 1)
    async with store.begin() as tx:
        await tx.inbox.finish("done")
        await tx.outbox.put(Note(topic="a", kind="notice", request_id="FB-TEST"))
        await tx.outbox.put(Note(topic="b", kind="notice", request_id="FB-TEST"))
        await tx.log.append(a_draft())
    taken = await store.sending.take("s1", MINUTE)
    assert taken is not None
    await store.sending.done(taken)

    async with store.begin() as tx:
        assert await tx.counts.sums() == Sums(inbox=2, outbox=1, records=1)
