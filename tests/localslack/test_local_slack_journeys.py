"""Both flagships, from the command to the rollback, against an emulator of Slack that we did not write."""

from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.domain.isolation import LABEL
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA
from tests.journeys.firewall import ADDRESS, MINUTES, entries, puts, until_puts
from tests.journeys.stage import Transport, in_order
from tests.localslack.stage import BLOCKING, LocalStage, quarantining, stage

pytestmark = pytest.mark.slow  # so that `make test` asks no registry
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


@BOTH
async def test_a_pod_is_asked_for_approved_cut_and_put_back_exactly_through_the_emulator(
    program: Path, tmp_path: Path, transport: Transport
) -> None:
    async with stage(tmp_path, program, transport=transport) as bot:
        cast, before = bot.scene.incident, bot.scene.cluster.snapshot("payments")
        request_id = await bot.propose(ALICE, quarantining(bot))
        await bot.until_shown(
            request_id, cast.pod, f"UID {cast.pod_uid}", "beaconing", "best verdict possible"
        )
        assert bot.scene.cluster.snapshot("payments") == before

        assert "approved and starts now" in await bot.approve(BOB, request_id)
        (row,) = await bot.until_state(request_id, PartState.APPLIED)
        assert row.verdict in {Verdict.INCONCLUSIVE, Verdict.PARTIAL}, (
            "what another policy allows is measured soon after"
        )
        assert LABEL in bot.scene.cluster.snapshot("payments")
        await bot.until_shown(request_id, "APPLIED")
        receipt = await bot.letter(BOB, "approved", request_id)
        assert receipt.channel == "D0U0BOB"

        assert f"Rolling back {request_id}" in await bot.click(CARA, request_id, "ir_rollback")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before
        await bot.until_shown(request_id, "ROLLED BACK")
        story = await bot.story(request_id)
        chapters = (
            "command",
            "plan_shown",
            "vote:approve",
            "intent",
            "result:accepted",
            "rollback:rolled-back",
        )
        assert in_order(story, *chapters), story
        assert story.count("intent") == story.count("vote:approve") == 1
        assert await bot.cards(request_id) == 1


@BOTH
async def test_an_address_is_denied_by_a_form_then_asked_again_blocked_and_released_through_the_emulator(
    program: Path, tmp_path: Path, transport: Transport
) -> None:
    async with stage(tmp_path, program, transport=transport) as bot:
        await _denied_with_a_reason(bot)
        request_id = await bot.propose(ALICE, BLOCKING)
        assert "approved and starts now" in await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.ACCEPTED)
        await bot.until_shown(request_id, "ACCEPTED")

        bot.scene.arm.advance(MINUTES)
        (row,) = await bot.until_state(request_id, PartState.APPLIED)
        assert row.verdict is Verdict.INCONCLUSIVE
        assert (entries(bot), puts(bot)) == ({ADDRESS}, 1)
        await bot.until_shown(request_id, "APPLIED", ADDRESS)

        await bot.ask(ALICE, f"rollback {request_id} because it is ours")
        await until_puts(bot, 2)
        bot.scene.arm.advance(MINUTES)
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert (entries(bot), puts(bot)) == (set(), 2)
        await bot.until_shown(request_id, "ROLLED BACK")


async def _denied_with_a_reason(bot: LocalStage) -> None:
    request_id = await bot.propose(ALICE, BLOCKING)
    await bot.press(BOB, await bot.card(request_id), "ir_deny")
    opened = await bot.form()
    assert opened["callback_id"] == "ir_deny_modal"
    assert "reason" in (await bot.fill(BOB, " \u200b "))
    assert not await bot.fill(BOB, "it is the partner's")
    await bot.until_state(request_id, PartState.DENIED)
    await bot.until_shown(request_id, "DENIED", "it is the partner's")
    assert puts(bot) == 0
    assert "vote:deny" in await bot.story(request_id)
