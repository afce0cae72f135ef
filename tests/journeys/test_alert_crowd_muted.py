"""What nobody is shown waits for nothing: a channel's room belongs to the cards that come."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.pace import Line
from bot.domain.suggestions.looks import urgency
from bot.sandbox.scene import ALICE, CHANNEL
from tests.journeys.alerting import card, counted, item, listening, seen, send, thing
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)

LOUD = "Loud"
MUTED = 12


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, outfit=listening()) as made:
        yield made


def loud(number: int) -> dict[str, object]:
    """Return an alert of the loud rule, which makes a group of its own."""
    return item(LOUD, thing("pod", "gone", f"ns-{number}"), number=number)


async def test_groups_of_a_muted_rule_stand_in_no_line_and_are_not_among_those_that_wait(bot: Stage) -> None:
    assert await send(bot, loud(0)) == 200
    await card(bot, await seen(bot))
    assert "are muted until" in await bot.ask(ALICE, f"mute {LOUD} for 2h because the red team tests it")
    bot.built.sender._poster.hold(CHANNEL, 3600.0)
    assert await send(bot, *(loud(number) for number in range(1, MUTED))) == 200
    assert await send(bot, item("Shown", thing("pod", "gone", "payments"))) == 200
    found = await counted(bot, MUTED + 1)
    (shown,) = (one for one in found if one.group.rule == "Shown")

    looks: list[int] = []

    async def settled() -> bool:
        bot.clock.turn(seconds=0.2)
        looks.append(await bot.built.desk.sending.crowd())  # those that are being painted are among them
        return looks[-10:] == [1] * 10

    async def instead() -> list[int]:
        return looks[-10:]

    await bot.until(settled, instead)
    soonest = bot.built.sender._poster.line(
        Line(CHANNEL, shown.group.source, urgency(shown.group.severity)), 0.0
    )
    assert soonest <= 3600.0 + 3, "no place in the line was given to what is not shown"
