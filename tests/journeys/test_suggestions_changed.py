"""What fires changes while people look: plans are about what is firing now, and old requests stand for nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.suggestions import Board
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.alerting import beacon, card, listening, seen, send, take, thing
from tests.journeys.boarding import alerted
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)

OVER = "2026-11-21T02:31:00Z"
CUT = 2  # the step that cuts pods off


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, outfit=listening()) as made:
        yield made


def pods(board: Board) -> object:
    parameters = board.suggestions[0].steps[CUT].parameters
    return parameters.text if parameters else ""


async def test_a_pod_whose_alert_is_over_is_no_longer_planned_against(bot: Stage) -> None:
    cast = bot.scene.incident
    sibling = thing("pod", cast.siblings[0], cast.namespace)
    await send(bot, beacon(bot), beacon(bot, sibling, number=1))
    both = await seen(bot)
    assert cast.pod in str(pods(both))
    await send(bot, beacon(bot, status="resolved", ended=OVER))
    bot.clock.turn(seconds=31)
    after = await seen(bot, lambda found: found.looked_at != both.looked_at)

    assert cast.siblings[0] in str(pods(after))
    assert cast.pod not in str(pods(after))
    await card(bot, after, after.suggestions[0].steps[CUT].digest)


async def test_a_request_about_one_pod_holds_back_none_about_another(bot: Stage) -> None:
    cast = bot.scene.incident
    board = await alerted(bot)
    first = await take(bot, ALICE, board, CUT)
    sibling = thing("pod", cast.siblings[0], cast.namespace)
    await send(bot, beacon(bot, sibling, number=1), beacon(bot, status="resolved", ended=OVER))
    bot.clock.turn(seconds=31)
    after = await seen(bot, lambda found: cast.pod not in str(pods(found)))
    (one,) = after.suggestions

    assert (one.id, one.steps[CUT].request_id) == (board.suggestions[0].id, "")
    assert [each.request_id for each in one.former] == [first]
    second = await take(bot, BOB, after, CUT)
    assert second != first
    await card(bot, after, "when it suggested something else", first, second)
    told = await bot.ask(ALICE, f"alerts {after.group.id}")
    assert f"before, when it suggested something else: quarantine-pod, asked for as {first}" in told


async def test_a_victim_after_fifty_others_is_planned_for_and_what_is_left_out_is_said(bot: Stage) -> None:
    cast = bot.scene.incident
    flood = [
        beacon(bot, *(thing("pod", f"noise-{n}-{each}", cast.namespace) for each in range(25)), number=n + 10)
        for n in range(3)
    ]
    await send(bot, *flood)
    before = await seen(bot)
    await send(bot, beacon(bot))
    bot.clock.turn(seconds=31)
    after = await seen(bot, lambda found: found.looked_at != before.looked_at)

    assert cast.pod in {each.subject.name for each in after.resolved}
    assert cast.pod in str(pods(after))
    assert (before.left, after.left) == (25, 27)
    assert "NOT LOOKED AT: at least 27 more" in await bot.ask(ALICE, f"alerts {after.group.id}")
    await card(bot, after, "not looked at: at least 27 more")
