"""Requests, parts, votes and contributions come back as they went in, in both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest
from sqlalchemy import update

from bot.adapters.store import SqlStore, StoreError, open_store, read_log, tables
from bot.domain.errors import NewerVersionError
from bot.domain.people import Principal
from bot.domain.requests import Decision, Vote
from bot.domain.states import PartState
from bot.ports import Tally
from tests.adapters.store.samples import ASKER, LANE, a_request, rows_of
from tests.domain.values import CONTRIBUTION, NOW


async def test_a_request_and_its_parts_come_back_equal(store: SqlStore) -> None:
    request = a_request()
    async with store.begin() as tx:
        added = await tx.requests.add(request, rows_of(request))

    async with store.begin() as tx:
        assert added
        assert await tx.requests.get(request.id, lock=True) == request
        assert await tx.parts.of(request.id) == rows_of(request)
        assert await tx.requests.get("FB-NONE") is None


async def test_an_id_that_is_taken_is_not_added_again(store: SqlStore) -> None:
    request = a_request()
    async with store.begin() as tx:
        await tx.requests.add(request, rows_of(request))
    async with store.begin() as tx:
        again = await tx.requests.add(msgspec.structs.replace(request, channel="C2"), rows_of(request))
        stored = await tx.requests.get(request.id)

    assert (again, stored) == (False, request)


async def test_what_is_put_replaces_what_stood_there(store: SqlStore) -> None:
    request, due = a_request(), NOW + timedelta(microseconds=1)
    changed = msgspec.structs.replace(request, revision=2, due_at=due)
    async with store.begin() as tx:
        await tx.requests.add(request, rows_of(request))
        first = msgspec.structs.replace(rows_of(request)[0], trouble="waiting", due_at=due)
        await tx.requests.put(changed)
        await tx.parts.put(first)

    async with store.begin() as tx:
        assert await tx.requests.get(request.id) == changed
        assert (await tx.parts.of(request.id))[0] == first


async def test_a_row_that_does_not_exist_cannot_be_saved(store: SqlStore) -> None:
    with pytest.raises(LookupError):
        async with store.begin() as tx:
            await tx.requests.put(a_request())
    with pytest.raises(LookupError):
        async with store.begin() as tx:
            await tx.parts.put(rows_of(a_request())[0])


async def test_an_exception_undoes_the_whole_transaction(store: SqlStore) -> None:
    async def stumble() -> None:
        async with store.begin() as tx:
            await tx.requests.add(a_request(), rows_of(a_request()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stumble()

    async with store.begin() as tx:
        assert await tx.requests.get("FB-TEST") is None


@pytest.mark.parametrize(
    "own", [ConnectionResetError("mine"), TimeoutError("mine"), FileNotFoundError("mine")]
)
async def test_a_callers_own_error_is_not_taken_for_the_databases(
    store: SqlStore, url: str, own: OSError
) -> None:
    async def stumble() -> None:
        async with store.begin() as tx:
            await tx.requests.add(a_request(), ())
            raise own

    async def stumble_reading() -> None:
        async with read_log(url):
            raise own

    for stumbling in (stumble, stumble_reading):
        with pytest.raises(type(own), match="mine"):
            await stumbling()
    async with store.begin() as tx:
        assert await tx.requests.get("FB-TEST") is None


async def test_without_its_tables_every_door_says_that_the_database_failed(
    url: str, clock: Callable[[], datetime]
) -> None:
    async with open_store(url, clock=clock) as bare:
        for knocking in (
            bare.doorway.accept("k", "slash", b""),
            bare.sending.take("s", timedelta(1)),
            bare.newer(),
        ):
            with pytest.raises(StoreError, match=r"no such table|does not exist"):
                await knocking


async def test_a_transaction_inside_a_transaction_is_refused_instead_of_waiting_for_itself(
    store: SqlStore,
) -> None:
    async def nested() -> None:
        async with store.begin(), store.begin():
            pass

    with pytest.raises(RuntimeError, match="transaction open already"):
        await nested()
    async with store.begin() as tx:
        assert await tx.requests.due(1) == ()


async def test_due_names_the_oldest_first_and_leaves_out_what_is_not_due(store: SqlStore) -> None:
    async with store.begin() as tx:
        for name, due in (("FB-B", -1), ("FB-A", -2), ("FB-LATER", 60), ("FB-NEVER", None)):
            request = a_request(name)
            at = None if due is None else tx.now + timedelta(seconds=due)
            await tx.requests.add(msgspec.structs.replace(request, due_at=at), ())
    async with store.begin() as tx:
        assert await tx.requests.due(10) == ("FB-A", "FB-B")
        assert await tx.requests.due(1) == ("FB-A",)


async def test_recent_is_newest_first_and_open_only_leaves_out_what_is_over(store: SqlStore) -> None:
    async with store.begin() as tx:
        for minute, state in enumerate((PartState.APPLIED, PartState.DENIED, PartState.PROPOSED)):
            request = a_request(f"FB-{minute}", minute)
            await tx.requests.add(request, rows_of(request, state))
    async with store.begin() as tx:
        assert [r.id for r in await tx.requests.recent(open_only=False, limit=10)] == ["FB-2", "FB-1", "FB-0"]
        assert [r.id for r in await tx.requests.recent(open_only=True, limit=10)] == ["FB-2", "FB-0"]
        assert [r.id for r in await tx.requests.recent(open_only=True, limit=1)] == ["FB-2"]


@pytest.mark.parametrize(
    ("state", "works", "active"),
    [
        (PartState.PROPOSED, False, False),
        (PartState.APPROVED, True, True),
        (PartState.ROLLING_BACK, True, True),
        (PartState.APPLIED, False, True),
        (PartState.NEEDS_HUMAN, False, True),
        (PartState.ROLLED_BACK, False, False),
    ],
)
async def test_a_parts_state_decides_where_it_is_found(
    store: SqlStore, state: PartState, works: bool, active: bool
) -> None:
    request = a_request()
    rows = rows_of(request, state)
    async with store.begin() as tx:
        await tx.requests.add(request, rows)
    async with store.begin() as tx:
        assert await tx.parts.in_lane(LANE) == (rows[:1] if works else ())
        assert await tx.counts.tally() == ((Tally("prod", "payments", 2),) if active else ())
        assert await tx.counts.states() == {state: 2}


async def test_the_parts_of_a_lane_come_oldest_first(store: SqlStore) -> None:
    async with store.begin() as tx:
        for name, minute in (("FB-A", 2), ("FB-B", 1)):
            request = a_request(name, minute)
            await tx.requests.add(request, rows_of(request, PartState.APPROVED))
    async with store.begin() as tx:
        assert [row.request_id for row in await tx.parts.in_lane(LANE)] == ["FB-B", "FB-A"]


async def test_applied_parts_are_paged_by_the_beginning_of_their_lane(store: SqlStore) -> None:
    for minute, state in enumerate((PartState.APPLIED, PartState.ACCEPTED, PartState.APPLIED)):
        request = a_request(f"FB-{minute}", minute)
        async with store.begin() as tx:
            await tx.requests.add(request, rows_of(request, state))
    async with store.begin() as tx:
        first = await tx.parts.page("kubernetes:prod:", "", 1)
        second = await tx.parts.page("kubernetes:prod:", first[0].id, 1)

        assert [row.id for row in (*first, *second)] == ["FB-0.0", "FB-2.0"]
        assert await tx.parts.page("kubernetes:prod:", second[0].id, 1) == ()
        assert await tx.parts.page("kubernetes:p%", "", 9) == ()


async def test_requests_of_one_person_are_counted_from_a_time_on(store: SqlStore) -> None:
    async with store.begin() as tx:
        for minute in range(3):
            await tx.requests.add(a_request(f"FB-{minute}", minute), ())
    async with store.begin() as tx:
        assert await tx.counts.asked_since(ASKER.key, NOW + timedelta(minutes=1)) == 2
        assert await tx.counts.asked_since("T0SANDBOX:U0BEN", NOW) == 0
        assert await tx.counts.asked_since("T0OTHER:U0ASKER", NOW + timedelta(minutes=1)) == 2, "one human"


async def test_lanes_are_listed_by_the_beginning_of_their_key(store: SqlStore) -> None:
    async with store.begin() as tx:
        for key in ("azure:/b", "azure:/a", "kubernetes:prod"):
            await tx.lanes.wake(key, tx.now)
        assert await tx.counts.lanes("azure:") == ("azure:/a", "azure:/b")


async def test_a_person_votes_once_on_one_digest(store: SqlStore) -> None:
    request = a_request()
    ben, ann = Principal("T0SANDBOX", "U0BEN"), Principal("T0SANDBOX", "U0ANN")
    votes = [Vote(request.id, request.digest, voter, Decision.APPROVE, NOW, ("g",)) for voter in (ben, ann)]
    async with store.begin() as tx:
        await tx.requests.add(request, ())
        first = [await tx.votes.add(vote) for vote in votes]
        again = await tx.votes.add(msgspec.structs.replace(votes[0], decision=Decision.DENY))
        other = await tx.votes.add(msgspec.structs.replace(votes[0], digest="f" * 64))

    async with store.begin() as tx:
        assert (first, again, other) == ([True, True], False, True)
        assert await tx.votes.of(request.id, request.digest) == tuple(votes)


async def test_contributions_are_saved_and_dropped_and_what_is_settled_out_is_left_out(
    store: SqlStore,
) -> None:
    wanted = msgspec.structs.replace(CONTRIBUTION, id="c2", wanted=True, settled=False)
    async with store.begin() as tx:
        for contribution in (CONTRIBUTION, wanted, msgspec.structs.replace(wanted, id="c3", lane="azure:/y")):
            await tx.contributions.put(contribution)
        await tx.contributions.put(msgspec.structs.replace(wanted, sent=False))
    async with store.begin() as tx:
        found = await tx.contributions.in_lane("azure:/x")
        await tx.contributions.drop("c2")
        left = await tx.contributions.in_lane("azure:/x")

    assert (found, left) == ((msgspec.structs.replace(wanted, sent=False),), ())


async def test_rows_of_a_newer_program_are_left_alone_and_counted(store: SqlStore) -> None:
    async with store.begin() as tx:
        request = msgspec.structs.replace(a_request(), due_at=tx.now)
        await tx.requests.add(request, rows_of(request, PartState.APPROVED))
        await tx.lanes.wake(LANE, tx.now)
    async with store.working() as work:
        for table in (tables.requests, tables.parts, tables.lanes):
            await work.run(update(table).values(schema=99), {})

    async with store.begin() as tx:
        passed_over = await tx.requests.due(9), await tx.parts.in_lane(LANE), await tx.parts.page("", "", 9)
        assert passed_over == ((), (), ())
        assert await tx.requests.recent(open_only=False, limit=9) == ()
        assert await tx.lanes.claim("w1", timedelta(seconds=60)) is None
        for reading in (tx.requests.get(request.id), tx.parts.of(request.id), tx.lanes.get(LANE)):
            with pytest.raises(NewerVersionError, match="newer Firebreak"):
                await reading
        with pytest.raises(LookupError):
            await tx.requests.put(request)
    assert await store.newer() == {"requests": 1, "parts": 2, "lanes": 1}


async def test_the_databases_own_words_reach_the_caller_without_values(store: SqlStore) -> None:
    orphan = Vote("FB-NOBODY", "d", Principal("T0SANDBOX", "U0BEN"), Decision.DENY, NOW, reason="my-secret")
    with pytest.raises(StoreError) as refused:
        async with store.begin() as tx:
            await tx.votes.add(orphan)

    assert "my-secret" not in str(refused.value)
