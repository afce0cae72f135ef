"""A stolen account, found out and frozen: nothing that it said before works on, and strangers learn nothing by asking."""

from pathlib import Path

import pytest

from bot.adapters.slack.letters import DECLINE, NOT_ME
from bot.bootstrap.entropy import SystemEntropy
from bot.domain.digests import short
from bot.domain.people import Principal
from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.engine.thaw import Thaw, unfreeze
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, DAN, GUEST, POLICY
from tests.journeys.firewall import ADDRESS
from tests.journeys.gate import held, reached
from tests.journeys.mailbox import letters, press, told, until_written
from tests.journeys.stage import Stage, stage
from tests.journeys.test_block_journey import AT_ONCE, BLOCK
from tests.journeys.test_receipts import TWO

OTHER = BLOCK.replace(ADDRESS, "203.0.113.8")
GLASS = "block 203.0.113.9 for 1h break-glass because it beacons right now"
ANYBODY = POLICY.replace("request: [on-call]", "request: [on-call, security]")


async def _typed(bot: Stage, user: str, request_id: str) -> str:
    """Type the approval of the newest plan."""
    return await bot.ask(user, f"approve {request_id} {short((await bot.request(request_id)).digest)}")


async def _frozen(bot: Stage, user: str, request_id: str) -> None:
    assert "is void" in await press(bot, user, await until_written(bot, user, request_id), NOT_ME)


async def test_no_vote_of_a_frozen_account_counts_though_only_another_was_disowned(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=TWO) as bot:
        disowned, left = await bot.propose(ALICE, BLOCK), await bot.propose(ALICE, OTHER)
        await bot.approve(BOB, disowned)
        await bot.approve(BOB, left)
        await _frozen(bot, BOB, disowned)

        said = await _typed(bot, CARA, left)

        assert "1 more needed" in said, said
        assert state_of(await bot.rows(left)) is PartState.PROPOSED


async def test_what_a_frozen_account_asked_for_waits_until_the_account_is_safe(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=ANYBODY) as bot:
        disowned, asked = await bot.propose(ALICE, BLOCK), await bot.propose(BOB, OTHER)
        await bot.approve(BOB, disowned)
        await _frozen(bot, BOB, disowned)

        assert "is frozen" in await _typed(bot, CARA, asked)
        assert state_of(await bot.rows(asked)) is PartState.PROPOSED
        assert "refusal:requester-frozen" in await bot.story(asked)

        thaw = Thaw("root", Principal("T0HOST", BOB), "new password, new key")
        assert await unfreeze(bot.built.context.store, SystemEntropy(), thaw)
        assert "approved and starts now" in await _typed(bot, CARA, asked)


async def test_what_a_frozen_account_approved_and_has_not_begun_is_asked_anew(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=ANYBODY) as bot:
        where = f"prod/{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        disowned = await bot.propose(ALICE, BLOCK)
        left = await bot.propose(ALICE, f"quarantine {where} for 4h because beaconing")
        async with held(bot, "get", "pods") as gate:
            await bot.approve(BOB, left)
            await reached(gate)
            await bot.approve(BOB, disowned)
            await _frozen(bot, BOB, disowned)
        await bot.until_said(left, "the approvals are void")

        await bot.until_shown(left, "an account whose word it ran on is frozen now")
        assert state_of(await bot.rows(left)) is PartState.PROPOSED
        assert "intent" not in await bot.story(left)
        assert "approved and starts now" in await _typed(bot, CARA, left)


async def test_a_frozen_account_declines_nothing_either(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(ALICE, f"handover {BOB}")
        offer = await until_written(bot, BOB, request_id, "hand over")
        await bot.approve(BOB, request_id)
        await _frozen(bot, BOB, request_id)

        assert "is frozen" in await press(bot, BOB, offer, DECLINE)
        assert "handover:declined" not in await bot.story()


async def test_who_denies_a_break_glass_is_not_told_to_have_started_it(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY + ALONE) as bot:
        request_id = await bot.propose(ALICE, GLASS)
        await bot.ask(BOB, f"deny {request_id} because that is our own partner")

        letter = told(await until_written(bot, BOB, request_id))

        assert "denied" in letter
        assert "started" not in letter
        assert letters(bot, ALICE) == ()


@pytest.mark.parametrize("user", [GUEST, DAN])
async def test_who_may_do_nothing_learns_no_digest_and_no_state_by_guessing_ids(
    tmp_path: Path, user: str
) -> None:
    async with stage(tmp_path, policy=POLICY + ALONE) as bot:
        open_one = await bot.propose(ALICE, BLOCK)
        denied = await bot.propose(ALICE, OTHER)
        await bot.ask(BOB, f"deny {denied} because no")
        glass = await bot.propose(ALICE, GLASS)
        for request_id in (open_one, denied, glass):
            digest = short((await bot.request(request_id)).digest)
            wrong = "0" * 12
            words = (
                f"approve {request_id} {wrong}",
                f"confirm {request_id} {wrong} name x",
                f"review {request_id} because x",
            )
            for typed in (*words, f"deny {request_id} because x"):
                said = await bot.ask(user, typed)
                assert digest not in said, said
                assert user != GUEST or "guest account" in said, said


async def test_a_disowned_denial_says_that_nothing_is_contained(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.ask(BOB, f"deny {request_id} because it is ours")
        await _frozen(bot, BOB, request_id)

        await bot.until_said(request_id, "It stays denied and nothing is contained")


async def test_whose_vote_was_disowned_does_not_sign_off_what_ran_on_it_not_even_later(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        await _frozen(bot, BOB, request_id)
        thaw = Thaw("root", Principal("T0HOST", BOB), "new password, new key")
        assert await unfreeze(bot.built.context.store, SystemEntropy(), thaw)

        assert "Refused" in await bot.ask(BOB, f"review {request_id} because it was right")
        assert "refusal:own-review" in await bot.story(request_id)
        assert "is signed off" in await bot.ask(CARA, f"review {request_id} because it is right")
