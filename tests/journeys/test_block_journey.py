"""An address is blocked through Slack at the firewall, which takes its minutes; the double's clock is turned by hand."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import ALICE, BOB, FOREIGN
from tests.journeys.firewall import ADDRESS, GENEROUS, MINUTES, entries, puts, until_puts
from tests.journeys.stage import Stage, in_order, stage

AT_ONCE = Behaviour(turn_per_poll=MINUTES)
BLOCK = f"block {ADDRESS} for 24h because it is where the pod beacons to"


async def test_a_block_is_shown_accepted_while_the_firewall_works_then_applied_and_never_called_blocked(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        shown = await bot.shown(request_id)
        for words in ("not analysed", "root policy", "IP Group", "az rest --method put", "3 to 5 minutes"):
            assert words in shown, words
        assert puts(bot) == 0

        await bot.approve(BOB, request_id)
        (row,) = await bot.until_state(request_id, PartState.ACCEPTED)
        assert row.verdict is None
        shown = await bot.until_shown(request_id, "ACCEPTED", "not read back yet", "An update of")
        assert "APPLIED" not in shown

        bot.scene.arm.advance(MINUTES)
        (row,) = await bot.until_state(request_id, PartState.APPLIED)
        assert row.verdict is Verdict.INCONCLUSIVE
        await bot.until_shown(request_id, "APPLIED", "verdict \nINCONCLUSIVE", "all states are Succeeded")
        assert entries(bot) == {ADDRESS}
        assert puts(bot) == 1
        card = await bot.card(request_id)
        for picture in (*bot.pictures(card.ts), await bot.thread(request_id)):
            assert "blocked" not in picture.casefold()
            assert "contained" not in picture.casefold()


async def test_a_block_ends_with_its_lease_after_a_delivered_warning_and_leaves_what_others_put_there(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        bot.clock.turn(hours=23, minutes=50)
        await bot.until_said(request_id, "then it is rolled back")
        assert entries(bot) == {ADDRESS}

        bot.clock.turn(minutes=11)
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == set()
        assert puts(bot) == 2
        story = await bot.story(request_id)
        assert in_order(story, "command", "vote", "intent", "result:accepted", "evidence"), story
        assert in_order(story, "evidence", "lease:warned", "lease:ended", "rollback:withdrawn"), story


@pytest.mark.slow
async def test_while_slack_takes_no_warning_the_end_of_a_lease_waits_half_an_hour_at_most(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        await bot.scene.workspace.go_down()
        bot.clock.turn(hours=23, minutes=50)

        async def warned() -> bool:
            return (await bot.request(request_id)).lease_told_at is not None

        await bot.until(warned)
        bot.clock.turn(minutes=25)  # a quarter of an hour over, and nobody was told
        request = await bot.request(request_id)
        assert request.warned_at is None
        assert request.release is None
        assert state_of(await bot.rows(request_id)) is PartState.APPLIED

        bot.clock.turn(minutes=16)
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == set()
        bot.scene.workspace.come_up()


async def test_an_address_blocked_by_two_incidents_stays_until_both_are_released(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        first = await bot.contain(ALICE, BOB, BLOCK)
        second = await bot.contain(ALICE, BOB, f"block {ADDRESS}/32 for 2h because of another incident")
        assert puts(bot) == 1

        await bot.ask(ALICE, f"rollback {first}")
        (row,) = await bot.until_state(first, PartState.ROLLED_BACK)
        assert any(f"stays blocked by {second}" in proof.text for proof in row.evidence), row.evidence
        assert entries(bot) == {ADDRESS}
        assert puts(bot) == 1

        await bot.ask(ALICE, f"rollback {second}")
        await bot.until_state(second, PartState.ROLLED_BACK)
        assert entries(bot) == set()
        assert puts(bot) == 2


async def test_twenty_blocks_approved_during_one_update_need_two_more_at_most_and_each_learns_its_own_end(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, policy=GENEROUS) as bot:
        first = await bot.propose(ALICE, BLOCK)
        many = (f"block 203.0.113.{number} for 24h because it is one of many" for number in range(20, 40))
        asked = await asyncio.gather(*(bot.propose(ALICE, text) for text in many))
        await bot.approve(BOB, first)
        await bot.until_state(first, PartState.ACCEPTED)
        told = await asyncio.gather(*(bot.approve(BOB, request_id) for request_id in asked))
        assert all("approved and starts now" in said for said in told), told
        withdrawn, *kept = asked
        await bot.ask(ALICE, f"rollback {withdrawn} because it is ours")  # before anything was sent for it
        assert puts(bot) == 1

        bot.scene.arm.advance(MINUTES)
        await bot.until_state(first, PartState.APPLIED)
        await until_puts(bot, 2)
        bot.scene.arm.advance(MINUTES)
        await asyncio.gather(*(bot.until_state(each, PartState.APPLIED) for each in kept))
        bot.scene.arm.advance(MINUTES)
        rows = await bot.until_state(withdrawn, PartState.ROLLED_BACK, PartState.CANCELLED)
        assert rows[0].verdict is None

        assert puts(bot) <= 3
        assert entries(bot) == {ADDRESS, *(f"203.0.113.{number}" for number in range(21, 40))}
        for number, request_id in enumerate(kept, start=21):
            shown = await bot.until_shown(request_id, "APPLIED", "verdict \nINCONCLUSIVE")
            assert f"203.0.113.{number}" in shown
        await bot.until_shown(
            withdrawn, "ROLLED BACK" if rows[0].state is PartState.ROLLED_BACK else "CANCELLED"
        )
        await bot.story()


async def test_an_address_that_a_colleague_has_put_there_is_named_never_sent_again_and_left_behind(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        group = bot.scene.estate.cluster_group
        bot.scene.arm.stage.edit_ip_group(group, [FOREIGN, ADDRESS])
        request_id = await bot.propose(ALICE, BLOCK)
        assert "already there" in await bot.shown(request_id)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)

        assert any("it was put there by others" in proof.text for proof in row.evidence), row.evidence
        assert entries(bot) == {ADDRESS}
        assert puts(bot) == 0


async def test_a_restart_in_the_middle_of_an_update_goes_on_by_its_token_without_a_second_write(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.ACCEPTED)
        await bot.restart()
        bot.scene.arm.advance(MINUTES)

        await bot.until_state(request_id, PartState.APPLIED)
        await bot.until_shown(request_id, "APPLIED")
        assert puts(bot) == 1
        assert entries(bot) == {ADDRESS}
        story = await bot.story()
        assert in_order(story, "start", "intent", "stop", "start", "evidence:read-back"), story


async def emptied_by_hand(bot: Stage) -> str:
    """Have a block applied, its group emptied by a colleague, and the drift shown."""
    request_id = await bot.contain(ALICE, BOB, BLOCK)
    bot.scene.arm.stage.edit_ip_group(bot.scene.estate.cluster_group, [FOREIGN])
    await bot.until_rows(request_id, lambda rows: rows[0].drift)
    shown = await bot.until_shown(request_id, "Re-apply", "Adopt", ADDRESS)
    assert "APPLIED" in shown
    await bot.until_said(request_id, f"DRIFT: somebody changed what {request_id} wrote")
    assert puts(bot) == 1
    return request_id


async def test_a_group_emptied_by_hand_is_shown_as_drift_and_written_again_when_a_person_says_so(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await emptied_by_hand(bot)
        await bot.click(BOB, request_id, "ir_reapply")
        await bot.until_rows(
            request_id, lambda rows: rows[0].state is PartState.APPLIED and not rows[0].drift
        )
        await until_puts(bot, 2)
        assert entries(bot) == {ADDRESS}
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == set()


async def test_a_group_emptied_by_hand_may_be_adopted_and_nothing_is_written_for_it_again(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await emptied_by_hand(bot)
        await bot.click(BOB, request_id, "ir_adopt")
        await bot.until_rows(request_id, lambda rows: not rows[0].drift)
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)

        assert puts(bot) == 1
        assert entries(bot) == set()
        assert in_order(await bot.story(request_id), "drift", "adopted", "rollback:rollback-asked")
