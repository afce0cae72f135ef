"""Receipts, frozen accounts, offers and what somebody holds come back as they went in, in both databases."""

from datetime import timedelta

import msgspec
import pytest

from bot.adapters.store import SqlStore
from bot.domain.handovers import OFFER_LASTS, Handover, HandoverState
from bot.domain.people import Frozen, Principal
from bot.domain.requests import Decision, Review, Vote
from bot.domain.states import PartState
from tests.adapters.store.samples import ASKER, a_request, rows_of
from tests.domain.values import NOW

BOB, CARA = Principal("T0SANDBOX", "U0BOB"), Principal("T0SANDBOX", "U0CARA")


def a_vote(receipt: str = "r-1", voter: Principal = BOB) -> Vote:
    return Vote("FB-TEST", "d" * 64, voter, Decision.APPROVE, NOW, ("leads",), way="click", receipt=receipt)


async def test_a_vote_is_found_by_its_receipt_and_kept_when_it_is_void(store: SqlStore) -> None:
    request, vote = a_request(), a_vote()
    void = msgspec.structs.replace(vote, voided_at=NOW)
    async with store.begin() as tx:
        await tx.requests.add(request, rows_of(request))
        assert await tx.votes.add(vote)
        assert await tx.votes.add(a_vote("", CARA))
    async with store.begin() as tx:
        assert await tx.votes.by_receipt("r-1") == vote
        assert await tx.votes.by_receipt("r-2") is None
        assert await tx.votes.by_receipt("") is None
        await tx.votes.put(void)
    async with store.begin() as tx:
        assert await tx.votes.of("FB-TEST", "d" * 64) == (void, a_vote("", CARA))
        assert not await tx.votes.add(vote)
        with pytest.raises(LookupError):
            await tx.votes.put(msgspec.structs.replace(vote, digest="e" * 64))


async def test_a_frozen_human_is_frozen_under_every_team_and_only_they(store: SqlStore) -> None:
    frozen = Frozen(BOB, NOW, "FB-TEST")
    async with store.begin() as tx:
        assert await tx.frozen.add(frozen)
        assert not await tx.frozen.add(msgspec.structs.replace(frozen, at=NOW + timedelta(hours=1)))
    async with store.begin() as tx:
        assert await tx.frozen.of(BOB) == await tx.frozen.of(Principal("T0OTHER", BOB.user)) == frozen
        for other in ("U0BO", "U0BOBB", "UU0BOB", "U0CARA", "UBOB"):
            assert await tx.frozen.of(Principal("T0SANDBOX", other)) is None, other
        assert await tx.frozen.every() == (frozen,)
        assert await tx.frozen.drop(BOB)
        assert not await tx.frozen.drop(BOB)
        assert await tx.frozen.of(BOB) is None


async def test_an_offer_comes_back_and_answered_ones_are_not_open_any_more(store: SqlStore) -> None:
    first = Handover("h-1", BOB, CARA, NOW)
    second = Handover("h-2", BOB, ASKER, NOW + timedelta(minutes=1))
    async with store.begin() as tx:
        await tx.handovers.add(second)
        await tx.handovers.add(first)
        assert await tx.handovers.offered_by(BOB) == (first, second)
        assert await tx.handovers.offered_by(CARA) == ()
        declined = msgspec.structs.replace(first, state=HandoverState.DECLINED)
        await tx.handovers.put(declined)
    async with store.begin() as tx:
        assert await tx.handovers.get("h-1", lock=True) == declined
        assert await tx.handovers.get("h-3") is None
        assert await tx.handovers.offered_by(BOB) == (second,)
        with pytest.raises(LookupError):
            await tx.handovers.put(msgspec.structs.replace(first, id="h-3"))
    assert first.open(NOW + OFFER_LASTS - timedelta(seconds=1))
    assert not first.open(NOW + OFFER_LASTS)
    assert not declined.open(NOW)


async def test_what_somebody_holds_is_what_is_open_or_not_reviewed_oldest_first(store: SqlStore) -> None:
    newer, older, over, owed, given = (
        a_request(f"FB-{name}", minutes)
        for name, minutes in (("NEW", 5), ("OLD", 1), ("OVER", 2), ("OWED", 3), ("GIVEN", 4))
    )
    owed = msgspec.structs.replace(owed, review=Review(due_at=NOW))
    given = msgspec.structs.replace(given, holder=BOB)
    states = {over.id: PartState.ROLLED_BACK, owed.id: PartState.ROLLED_BACK}
    async with store.begin() as tx:
        for request in (newer, older, over, owed, given):
            await tx.requests.add(request, rows_of(request, states.get(request.id, PartState.APPLIED)))
    async with store.begin() as tx:
        assert await tx.requests.held(ASKER, 9) == (older, owed, newer)
        assert await tx.requests.held(ASKER, 1) == (older,)
        assert await tx.requests.held(BOB, 9) == (given,)
        await tx.requests.put(msgspec.structs.replace(given, holder=ASKER))
        assert await tx.requests.held(BOB, 9) == ()
