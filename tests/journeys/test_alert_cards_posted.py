"""One card for one group, whatever is lost on the way to Slack, and few updates of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import PREPARE
from bot.sandbox.scene import ALICE, CHANNEL
from bot.sandbox.slack import AnswerLost, RateLimited, Refused
from bot.sandbox.slack.messages import Message
from tests.journeys.alerting import (
    beacon,
    card,
    item,
    listening,
    seen,
    send,
    thing,
)
from tests.journeys.boarding import alerted, cards
from tests.journeys.mailbox import forge, value
from tests.journeys.stage import PATIENCE, Stage, stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", outfit=listening()) as made:
        yield made


async def test_a_storm_is_one_card_with_few_updates(bot: Stage) -> None:
    for start in range(0, 300, 20):
        some = (
            beacon(bot, thing("pod", f"api-{n % 50:05x}", "payments"), number=n)
            for n in range(start, start + 20)
        )
        assert await send(bot, *some) == 200
    board = await seen(bot, lambda found: found.group.total == 300)
    message = await card(bot, board, "300 alerts")

    assert len(cards(bot)) == 1
    states = bot.scene.workspace.states(CHANNEL, message.ts)
    assert len(states) < 40, len(states)
    assert "50 pods" in message.blocks[0]["text"]["text"]


async def test_a_lost_answer_makes_no_second_card_and_neither_does_a_new_program(bot: Stage) -> None:
    bot.scene.workspace.faults.stage("chat.postMessage", AnswerLost())
    assert await send(bot, beacon(bot)) == 200
    board = await seen(bot)
    await bot.scene.workspace.until(lambda: cards(bot), PATIENCE)
    await bot.restart()
    bot.clock.turn(minutes=3)
    await card(bot, board, f"{PREPARE}2")

    assert len(cards(bot)) == 1


async def test_a_card_that_cannot_be_reached_any_more_is_posted_afresh(bot: Stage) -> None:
    board = await alerted(bot)
    old = await card(bot, board, f"{PREPARE}2")
    bot.scene.workspace.faults.stage("chat.update", Refused("edit_window_closed"))
    await send(bot, beacon(bot, thing("pod", "gone-1", "payments"), number=1))
    await seen(bot, lambda found: found.group.total == 2)

    async def moved() -> Message | None:
        found = await card(bot, board, "2 alerts")
        return found if found.ts != old.ts else None

    await bot.until(moved)
    assert "not what the card" in await forge(bot, ALICE, old, f"{PREPARE}2", value(old, f"{PREPARE}2"))


async def test_slack_asking_for_quiet_delays_a_card_and_loses_none(bot: Stage) -> None:
    bot.scene.workspace.faults.stage("chat.postMessage", RateLimited(2))
    board = await alerted(bot)
    await card(bot, board, f"{PREPARE}2")

    assert len(cards(bot)) == 1


async def test_an_alert_of_no_cluster_that_we_know_stands_in_the_channel_of_all(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening(cluster="")) as bot:
        await send(bot, item("Odd", thing("pod", "x", "payments"), cluster="elsewhere"))
        board = await seen(bot)
        await card(bot, board)

        assert len(cards(bot)) == 1


async def test_a_lost_post_that_is_found_while_its_rule_is_muted_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        faults = bot.scene.workspace.faults
        faults.stage("chat.postMessage", AnswerLost())
        faults.stage("conversations.history", AnswerLost(), times=3)
        assert await send(bot, beacon(bot)) == 200
        board = await seen(bot)
        await bot.scene.workspace.until(lambda: cards(bot), PATIENCE)
        assert "BeaconingPod" in await bot.ask(ALICE, "mute BeaconingPod for 2h because the red team")
        assert await bot.built.desk.cards.get(board.group.id) is None, "it is not found yet"
        bot.clock.turn(minutes=3)
        await card(bot, board, "Muted")

        assert len(cards(bot)) == 1
