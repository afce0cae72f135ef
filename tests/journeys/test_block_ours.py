"""What a write of ours may have put at the firewall stays ours, whatever becomes of that write or of the next one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.domain.errors import BusyError, DeniedError, OutsideError, UnknownOutcomeError
from bot.domain.refs import ArmRef
from bot.domain.states import PartState
from bot.ports import SharedSight
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import ALICE, BOB, FOREIGN
from tests.journeys.firewall import ADDRESS, MINUTES, entries
from tests.journeys.stage import QUICK, Stage, stage

OTHER, THEIRS = "203.0.113.77", "198.51.100.77"
IMPATIENT = replace(QUICK, operation=timedelta(seconds=1), watch=timedelta(seconds=60))
BUSY = BusyError("AnotherOperationInProgress", "another operation is in progress")
LOST = UnknownOutcomeError("NoAnswer", "the answer was lost")
DENIED = DeniedError("AuthorizationFailed", "the role assignment is gone")


async def unseen(bot: Stage, monkeypatch: pytest.MonkeyPatch) -> str:
    """Block the address with a write that takes effect and is never seen to end; return the request's id."""
    shared = bot.built.context.shared
    seen = shared.settled

    async def settled(thing: ArmRef) -> SharedSight:
        return msgspec.structs.replace(await seen(thing), ready=False)

    with monkeypatch.context() as patched:
        patched.setattr(shared, "settled", settled)
        request_id = await bot.propose(ALICE, f"block {ADDRESS} for 24h because c2")
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.NEEDS_HUMAN)
    assert entries(bot) == {ADDRESS}
    return request_id


def refusing(bot: Stage, monkeypatch: pytest.MonkeyPatch, *refusals: OutsideError) -> None:
    """Have the next writes end so, in this order, before they reach anything."""
    shared, left = bot.built.context.shared, list(refusals)
    begin = shared.start

    async def start(thing: ArmRef, wanted: Sequence[str], version: str, request_id: str) -> str:
        if left:
            raise left.pop(0)
        return await begin(thing, wanted, version, request_id)

    monkeypatch.setattr(shared, "start", start)


async def foreign(bot: Stage, request_id: str) -> set[str]:
    """Return what the lane takes for entries of others."""
    async with bot.built.context.store.begin() as tx:
        lane = await tx.lanes.get((await tx.parts.of(request_id))[0].part.lane)
    assert lane is not None
    return {entry for ledger in lane.ledgers for entry in ledger.foreign}


async def rolled_back(bot: Stage, request_id: str) -> None:
    """Undo a request, to its end."""
    await bot.ask(ALICE, f"rollback {request_id}")
    await bot.until_state(request_id, PartState.ROLLED_BACK)


async def test_what_stands_unseen_is_still_ours_after_the_next_write_was_refused_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = Behaviour(turn_per_poll=MINUTES)
    async with stage(tmp_path, behaviour=behaviour, limits=IMPATIENT) as bot:
        first = await unseen(bot, monkeypatch)
        refusing(bot, monkeypatch, BUSY)
        second = await bot.contain(ALICE, BOB, f"block {OTHER} for 24h because the same c2")

        assert entries(bot) == {ADDRESS, OTHER}
        assert await foreign(bot, first) == {FOREIGN}
        await rolled_back(bot, first)
        assert entries(bot) == {OTHER}
        await rolled_back(bot, second)
        assert entries(bot) == set()


async def test_looked_at_again_what_stands_unseen_is_not_taken_for_undone_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = Behaviour(turn_per_poll=MINUTES)
    async with stage(tmp_path, behaviour=behaviour, limits=IMPATIENT) as bot:
        first = await unseen(bot, monkeypatch)
        refusing(bot, monkeypatch, BUSY, DENIED)
        second = await bot.propose(ALICE, f"block {OTHER} for 24h because the same c2")
        await bot.approve(BOB, second)
        (row,) = await bot.until_state(second, PartState.FAILED)  # it was never written, for certain
        assert "AuthorizationFailed" in row.trouble

        assert await foreign(bot, first) == {FOREIGN}
        assert "stands as written" in await bot.ask(ALICE, f"recheck {first}")
        await bot.until_state(first, PartState.APPLIED)
        await rolled_back(bot, first)
        assert entries(bot) == set()


async def test_a_write_whose_answer_was_lost_has_not_failed_only_because_nothing_can_be_read_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES)) as bot:
        with monkeypatch.context() as patched:
            answer_lost_then_unreadable(bot, patched)
            request_id = await bot.propose(ALICE, f"block {ADDRESS} for 24h because c2")
            await bot.approve(BOB, request_id)
            (row,) = await bot.until_state(request_id, PartState.FAILED, PartState.NEEDS_HUMAN)

        assert row.state is PartState.NEEDS_HUMAN
        assert f"{ADDRESS} may stand in" in row.trouble
        assert "does not stand" not in await bot.until_shown(
            request_id, "AuthorizationFailed", "may stand in"
        )
        assert entries(bot) == {ADDRESS, THEIRS}
        await rolled_back(bot, request_id)
        assert entries(bot) == {THEIRS}


def answer_lost_then_unreadable(bot: Stage, patched: pytest.MonkeyPatch) -> None:
    """Have a write taken and its answer lost, a colleague write meanwhile, and only one more read answered."""
    arm, group = bot.scene.arm, bot.scene.estate.cluster_group
    shared = bot.built.context.shared
    begin, look = shared.start, shared.read
    reads: list[ArmRef] = []

    async def start(thing: ArmRef, wanted: Sequence[str], version: str, request_id: str) -> str:
        await begin(thing, wanted, version, request_id)
        arm.advance(MINUTES)
        arm.stage.edit_ip_group(group, [*arm.addresses(group), THEIRS])
        patched.setattr(shared, "read", read)
        raise LOST

    async def read(thing: ArmRef) -> SharedSight:
        reads.append(thing)
        if len(reads) > 1:
            raise DENIED
        return await look(thing)

    patched.setattr(shared, "start", start)


async def test_a_write_that_was_lost_on_its_way_has_failed_where_the_next_is_refused_and_it_is_seen_not_to_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES)) as bot:
        refusing(bot, monkeypatch, LOST, DENIED)
        request_id = await bot.propose(ALICE, f"block {ADDRESS} for 24h because c2")
        await bot.approve(BOB, request_id)
        (row,) = await bot.until_state(request_id, PartState.FAILED, PartState.NEEDS_HUMAN)

        assert row.state is PartState.FAILED, row.trouble
        assert entries(bot) == set()
        async with bot.built.context.store.begin() as tx:
            assert await tx.contributions.in_lane(row.part.lane) == ()
