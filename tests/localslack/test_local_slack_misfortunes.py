"""What goes wrong between Slack and the bot: everything delivered twice, Slack gone in the middle, Slack saying too little."""

import logging
from collections import Counter
from pathlib import Path

import pytest

from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CHANNEL
from tests.journeys.firewall import ADDRESS, MINUTES, entries, puts, until_puts
from tests.journeys.gate import held, reached
from tests.journeys.log import records
from tests.journeys.stage import Transport
from tests.localslack.stage import BLOCKING, LocalStage, quarantining, stage

pytestmark = pytest.mark.slow  # so that `make test` asks no registry
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])
ONCE = ("command", "vote:approve", "intent", "result:accepted", "rollback:rolled-back")


async def test_what_both_connections_deliver_happens_once(
    program: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "firebreak.slack.front")
    async with stage(tmp_path, program) as bot:
        assert bot.built.sockets is not None
        assert bot.built.sockets.connected() == 2

        request_id = await bot.propose(ALICE, quarantining(bot))
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.until_shown(request_id, "APPLIED")
        await bot.click(BOB, request_id, "ir_rollback")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await bot.until_shown(request_id, "ROLLED BACK")

        again = [r for r in caplog.records if r.getMessage() == "slack_delivered_again"]
        assert len(again) == 3  # the command and both clicks: each came by each connection
        assert {name: (await bot.story(request_id)).count(name) for name in ONCE} == dict.fromkeys(ONCE, 1)
        assert await bot.cards(request_id) == 1
        assert len([m for m in await bot.emulator.messages(CHANNEL) if m.only_for]) == 3


@BOTH
async def test_slack_is_killed_while_the_firewall_works_and_the_card_stands_again_in_its_end_state(
    program: Path, tmp_path: Path, transport: Transport
) -> None:
    async with stage(tmp_path, program, transport=transport) as bot:
        request_id = await bot.propose(ALICE, BLOCKING)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.ACCEPTED)
        await bot.until_shown(request_id, "ACCEPTED")

        bot.emulator.kill()
        bot.scene.arm.advance(MINUTES)
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.emulator.start()
        await bot.until_connected()

        await bot.until_shown(request_id, "APPLIED", ADDRESS)  # a fresh card: it forgot the old one
        await bot.click(BOB, request_id, "ir_rollback")
        await until_puts(bot, 2)
        bot.scene.arm.advance(MINUTES)
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await bot.until_shown(request_id, "ROLLED BACK")
        await _nothing_lost_or_doubled(bot, request_id)
        assert (entries(bot), puts(bot)) == (set(), 2)


@BOTH
async def test_slack_is_killed_after_it_handed_over_a_command_and_a_vote_which_are_carried_out_and_shown(
    program: Path, tmp_path: Path, transport: Transport
) -> None:
    async with stage(tmp_path, program, transport=transport) as bot:
        request_id = await _asked_while_slack_dies(bot)
        before = bot.scene.cluster.snapshot("payments")
        async with held(bot, "patch", "pods") as gate:
            assert "approved and starts now" in await bot.approve(BOB, request_id)
            await reached(gate)
            bot.emulator.kill()
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.emulator.start()
        await bot.until_connected()

        await bot.until_shown(request_id, "APPLIED")
        await bot.click(BOB, request_id, "ir_rollback")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await bot.until_shown(request_id, "ROLLED BACK")
        assert bot.scene.cluster.snapshot("payments") == before
        once = ("intent", "result:accepted", "rollback:rolled-back")
        await _nothing_lost_or_doubled(bot, request_id, *once)


async def _asked_while_slack_dies(bot: LocalStage) -> str:
    """Have the cluster's answer wait until Slack is gone; the card stands, and who asked is told, when it is back."""
    async with held(bot, "get", "pods") as gate:
        await bot.emulator.command(ALICE, CHANNEL, quarantining(bot))
        await reached(gate)
        bot.emulator.kill()
    (record,) = await bot.until(lambda: _of(bot, "command"))
    await bot.emulator.start()
    await bot.until_connected()
    request_id = str(record["request"])
    await bot.until_shown(request_id, "WAITING FOR APPROVAL")
    assert request_id in await bot.told(ALICE, frozenset())
    return request_id


async def test_where_slack_does_not_say_that_somebody_is_no_guest_nobody_may_do_anything(
    program: Path, tmp_path: Path
) -> None:
    async with stage(tmp_path, program, vouched=False) as bot:  # the emulator as it is, nothing added
        for user, text in ((ALICE, BLOCKING), (BOB, "list"), (ALICE, quarantining(bot))):
            assert "Slack did not say whether" in await bot.ask(user, text)

        assert Counter(r["outcome"] for r in await records(bot) if r["event"] == "refusal") == {
            "person-unknown": 3
        }
        assert not await _of(bot, "command")
        assert puts(bot) == 0


async def _nothing_lost_or_doubled(bot: LocalStage, request_id: str, *also: str) -> None:
    story = await bot.story(request_id)
    once = ("command", "vote:approve", *also)
    assert {name: story.count(name) for name in once} == dict.fromkeys(once, 1), story
    assert await bot.cards(request_id) == 1


async def _of(bot: LocalStage, event: str) -> list[dict[str, object]]:
    return [record for record in await records(bot) if record["event"] == event]
