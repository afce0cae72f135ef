"""Hundreds of rules fire at once, and a channel takes one message a second: people are answered, and told how many wait."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.board.crowding import CROWD, MARK
from bot.adapters.slack.pace import Pace
from bot.sandbox.scene import ALICE, CHANNEL
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.messages import Message
from tests.journeys.alerting import item, listening, send, thing
from tests.journeys.boarding import cards
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(180)

RULES = 200  # what `every` reads; some of them at once are the worst


@pytest.fixture
async def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr("bot.bootstrap.house.Pace", lambda seconds, _: Pace(seconds))  # as in production
    async with stage(tmp_path, outfit=listening()) as made:
        yield made


async def storm(bot: Stage, rules: int, severity: str) -> None:
    """Have so many rules fire, each of which is a group of its own."""
    for start in range(0, rules, 50):
        some = [
            item(f"Rule{n}", thing("pod", "gone", "payments"), severity=severity)
            for n in range(start, start + 50)
        ]
        assert await send(bot, *some) == 200


async def summary(bot: Stage, words: str) -> Message:
    """Return the message that says how many wait, once it says this."""

    async def says() -> Message | None:
        standing = bot.scene.workspace.messages(CHANNEL)
        found = [one for one in standing if (one.metadata or {}).get("event_type") == MARK]
        assert len(found) <= 1
        return found[0] if found and words in "".join(texts(list(found[0].blocks))) else None

    return await bot.until(says)


async def test_hundreds_of_groups_keep_nobody_from_an_answer_or_a_card(bot: Stage) -> None:
    await storm(bot, RULES, "info")

    async def crowded() -> bool:
        return await bot.built.desk.sending.crowd() > RULES // 2

    await bot.until(crowded)
    answers = [await bot.ask(ALICE, "list") for _ in range(3)]
    cast = bot.scene.incident
    await bot.propose(ALICE, f"quarantine prod/{cast.namespace}/{cast.pod} for 1h because a drill")
    said = await summary(bot, "more wait for their card")

    assert all(answers)
    assert "/ir alerts" in "".join(texts(list(said.blocks)))
    assert len(cards(bot)) < RULES // 2, "all of this while they wait"
    assert await bot.built.desk.sending.crowd() > RULES // 4


async def test_the_worst_come_first_and_once_none_waits_that_is_said(bot: Stage) -> None:
    await storm(bot, 50, "info")

    async def crowded() -> bool:
        return await bot.built.desk.sending.crowd() > 30

    await bot.until(crowded)
    assert await send(bot, item("Worst", thing("pod", "gone", "payments"))) == 200

    async def stands() -> bool:
        return any("Worst" in str(one.blocks) for one in cards(bot))

    await bot.until(stands)
    assert await bot.built.desk.sending.crowd() > 10, "the others wait"
    await summary(bot, "more wait for their card")
    bot.built.sender._poster._pace = Pace(bot.built.desk.names._seconds, burst=1000)

    async def painted() -> bool:
        bot.clock.turn(seconds=2)
        return len(cards(bot)) == 51

    await bot.until(painted)
    bot.clock.turn(seconds=20)
    await summary(bot, "Each has its card now")
    assert (await bot.built.desk.cards.get(f"{CROWD}{CHANNEL}")) is not None
