"""Incidents, and what a report reads of the log, come back as they went in, in both databases."""

import hashlib
from datetime import timedelta

import msgspec
import pytest

from bot.adapters.store import SqlStore
from bot.adapters.store.history import SqlHistory
from bot.domain.audit.disclosure import conceal
from bot.domain.errors import NewerVersionError
from bot.domain.incidents import Incident, IncidentState, of_place
from bot.domain.people import Principal
from bot.domain.requests import Release, Request
from bot.domain.roots import Kind, Root
from bot.domain.states import PartState
from bot.domain.suggestions import Cause
from tests.adapters.store.samples import ASKER, a_draft, a_request, rows_of
from tests.domain.values import NOW


def an_incident(name: str = "IN-TEST1", minutes: int = 0, channel: str = "C0ONE") -> Incident:
    return Incident(name, "tïtle \u0000 of it", channel, ASKER, NOW + timedelta(minutes=minutes))


async def test_an_incident_is_kept_found_by_its_state_and_closed_once(store: SqlStore) -> None:
    first, second = an_incident(), an_incident("IN-TEST2", 1)
    async with store.begin() as tx:
        await tx.incidents.gather()
        assert await tx.incidents.add(first)
        assert await tx.incidents.add(second)
        assert not await tx.incidents.add(first)
        assert await tx.incidents.in_state(IncidentState.OPEN) == (second, first)
        assert await tx.incidents.in_state(IncidentState.OPEN, 1) == (second,)
    closed = msgspec.structs.replace(first, state=IncidentState.CLOSED, closed_by=ASKER, closed_at=NOW)
    async with store.begin() as tx:
        assert await tx.incidents.get("IN-TEST1", lock=True) == first
        assert await tx.incidents.get("IN-NONE") is None
        await tx.incidents.put(closed)
        assert await tx.incidents.in_state(IncidentState.CLOSED) == (closed,)
        with pytest.raises(LookupError):
            await tx.incidents.put(an_incident("IN-NONE"))


async def test_an_incident_that_a_newer_program_wrote_is_left_alone(store: SqlStore) -> None:
    async with store.begin() as tx:
        await tx.incidents.add(msgspec.structs.replace(an_incident(), schema=99))
        assert await tx.incidents.in_state(IncidentState.OPEN) == ()
        with pytest.raises(NewerVersionError):
            await tx.incidents.get("IN-TEST1")


async def test_the_requests_of_an_incident_come_by_id(store: SqlStore) -> None:
    mine = [msgspec.structs.replace(a_request(name), incident="IN-TEST1") for name in ("FB-B", "FB-A")]
    other = msgspec.structs.replace(a_request("FB-C"), incident="IN-TEST2")
    async with store.begin() as tx:
        for request in (*mine, other):
            assert await tx.requests.add(request, rows_of(request))
        assert [r.id for r in await tx.requests.of_incident("IN-TEST1")] == ["FB-A", "FB-B"]


async def test_what_came_of_alerts_or_of_a_playbook_is_found_while_it_is_not_over(store: SqlStore) -> None:
    def of(name: str, group: str, playbook: str, version: int = 1) -> Request:
        cause = Cause(group, "s-1", 0, playbook, version, "ab" * 32)
        return msgspec.structs.replace(a_request(name), cause=cause)

    made = [of("FB-B", "g-1", "miner", 2), of("FB-A", "g-1", "beaconing"), of("FB-C", "g-2", "miner")]
    over = of("FB-D", "g-1", "miner")
    async with store.begin() as tx:
        for request in (*made, a_request("FB-E")):
            await tx.requests.add(request, rows_of(request, PartState.APPLIED))
        await tx.requests.add(over, rows_of(over, PartState.ROLLED_BACK))

        async def found(kind: Kind, name: str) -> list[str]:
            return [request.id for request in await tx.requests.of_root(Root(kind, name))]

        assert await found(Kind.ALERT, "g-1") == ["FB-A", "FB-B"]
        assert await found(Kind.PLAYBOOK, "miner") == ["FB-B", "FB-C"]
        assert await found(Kind.PLAYBOOK, "min%") == await found(Kind.ALERT, "") == []


async def test_what_playbooks_did_by_themselves_is_counted_whatever_became_of_it(store: SqlStore) -> None:
    cause = Cause("g-1", "s-1", 0, "miner", 1, "ab" * 32, auto=True)
    async with store.begin() as tx:
        for minutes in (0, 30):
            done = msgspec.structs.replace(a_request(f"FB-{minutes}", minutes), cause=cause, requester=None)
            await tx.requests.add(done, rows_of(done, PartState.ROLLED_BACK))
        asked = msgspec.structs.replace(a_request("FB-X", 40), cause=cause)
        await tx.requests.add(asked, rows_of(asked))

        assert [each.id for each in await tx.requests.automatic("miner", NOW)] == ["FB-0", "FB-30"]
        assert [each.id for each in await tx.requests.automatic("miner", NOW + timedelta(minutes=1))] == [
            "FB-30"
        ]
        assert await tx.requests.automatic("other", NOW) == ()
        assert await tx.counts.automatic(NOW) == 2
        assert await tx.counts.automatic(NOW + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    "stopped", [False, True], ids=["under way", "stopped, so that its lease counts again"]
)
async def test_what_a_person_undid_counts_from_when_it_was_undone_and_the_end_of_a_lease_does_not(
    store: SqlStore, stopped: bool
) -> None:
    cause = Cause("g-1", "s-1", 0, "miner", 1, "ab" * 32, auto=True)
    later = NOW + timedelta(hours=25)

    async def has(name: str, by: Principal | None, **changed: object) -> None:
        done = msgspec.structs.replace(a_request(name), cause=cause, requester=None)
        async with store.begin() as tx:
            await tx.requests.add(done, rows_of(done, PartState.APPLIED))
            released = {"release": Release(by, later), **changed}
            await tx.requests.put(msgspec.structs.replace(done, **released))

    await has("FB-END", None)
    await has("FB-ASKED", ASKER, requester=ASKER)
    async with store.begin() as tx:
        assert not await tx.requests.undone("miner", NOW)
    await has("FB-1", ASKER, **({"release": None, "let_go_at": later} if stopped else {}))
    async with store.begin() as tx:
        assert await tx.requests.undone("miner", later)
        assert not await tx.requests.undone("miner", later + timedelta(seconds=1))
        assert not await tx.requests.undone("miner", NOW, besides="FB-1")
        assert not await tx.requests.undone("other", NOW)


async def test_what_stands_in_a_place_is_found_and_what_waits_or_is_over_is_not(store: SqlStore) -> None:
    states = (PartState.APPLIED, PartState.EXECUTING, PartState.APPROVED, PartState.ROLLED_BACK)
    async with store.begin() as tx:
        for state in states:
            request = a_request(f"FB-{state.value}")
            await tx.requests.add(request, rows_of(request, state))
        target = request.plan.parts[0].target
        found = await tx.parts.standing(target.cluster, target.namespace)
        assert {row.state for row in found} == {PartState.APPLIED, PartState.EXECUTING}
        assert await tx.parts.standing(target.cluster, "elsewhere") == ()


async def test_records_are_found_by_what_they_hold_with_their_words_and_what_is_kept(store: SqlStore) -> None:
    digest, word = conceal("reason", "because 100%_of it", bytes(16))
    blob = b'{"plan":1}'
    name = "6f7fc2b2b4bf0c0b1f2b1c7c5b9ecf6ee94e60a0a57a9a0ac2c4b7ac1fd1f6e4"
    async with store.begin() as tx:
        await tx.log.append(a_draft(request="FB-1", sd=(digest,)), (word,), (blob,))
        await tx.log.append(a_draft(request="FB-10"))
        await tx.log.append(a_draft(request="FB-2", incident="IN-1", details={"note": '"request":"FB-1"'}))
    history = SqlHistory(store.working)
    assert await history.about(['"request":"FB-1"'], 0, 3) == [0]
    assert await history.about(['"incident":"IN-1"', '"request":"FB-10"'], 0, 3) == [1, 2]
    assert await history.about(['"request":"FB-%"', '"request":"fb-1"'], 0, 3) == []
    assert await history.about(['"request":"FB-1"'], 1, 3) == []
    rows = await history.rows(0, 3)
    assert [seq for seq, _, _ in rows] == [0, 1, 2]
    assert [body for _, body, _ in rows] == list(await history.bodies(0, 3))
    assert [leaf for _, _, leaf in rows] == list(await history.leaves(0, 3))
    assert await history.words(0, 3) == [(0, word.encoded)]
    assert await history.words(1, 3) == []
    assert list((await history.blobs([name, *_names(blob)])).values()) == [blob]
    assert await history.blobs([]) == {}
    assert await history.notes() == []
    await history.add(3, "three")
    await history.add(2, "two")
    assert await history.notes() == ["two", "three"]


def _names(blob: bytes) -> list[str]:
    return [hashlib.sha256(blob).hexdigest()]


def test_which_incident_a_place_means_is_never_guessed() -> None:
    one, two = an_incident(), an_incident("IN-TEST2")
    roomed = msgspec.structs.replace(an_incident("IN-TEST3"), room="G0ROOM")
    assert of_place((one,), "C0ONE") == one
    assert of_place((one, two), "C0ONE") is None
    assert of_place((one, two, roomed), "G0ROOM", "C0ONE") == roomed
    assert of_place((one,), "C0ELSE", "C0ONE") == one
    assert of_place((one,), "", "") is None
    assert of_place((msgspec.structs.replace(one, state=IncidentState.CLOSED),), "C0ONE") is None
