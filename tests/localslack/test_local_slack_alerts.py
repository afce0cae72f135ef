"""An alert's card in an emulator of Slack that we did not write: posted, pressed, dismissed with a reason."""

from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import DISMISS, PREPARE, STEPS
from bot.adapters.slack.form import ids
from bot.sandbox.scene import ALICE, BOB, CHANNEL
from bot.sandbox.slack.messages import Message
from tests.journeys.alerting import beacon, listening, seen, send
from tests.journeys.seeing import recorded
from tests.journeys.stage import Transport
from tests.localslack.stage import LocalStage, element, stage

pytestmark = pytest.mark.slow  # so that `make test` asks no registry
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


@BOTH
async def test_an_alert_stands_opens_the_filled_form_and_is_dismissed_through_the_emulator(
    program: Path, tmp_path: Path, transport: Transport
) -> None:
    async with stage(tmp_path, program, transport=transport, outfit=listening()) as bot:
        port = bot.settings.server.port
        bot.scene.workspace.request_url = f"http://127.0.0.1:{port}/slack/events"
        assert await send(bot, beacon(bot)) == 200
        board = await seen(bot)
        card = await shown(bot, board.group.id, f"{PREPARE}2")

        assert card.blocks[0]["text"]["text"].startswith("🔥 BeaconingPod · critical · prod/payments")
        await bot.press(ALICE, card, f"{PREPARE}2")
        form = await bot.form()
        assert form["callback_id"] == ids.ASK
        assert bot.scene.incident.pod in str(form["blocks"])
        lie = {**element(card, STEPS[2]), "value": f"{board.group.id}:s-0000000000000000:2:000000000000"}
        assert "Refused" in await bot.forge(ALICE, CHANNEL, card.ts, lie)

        await bot.press(BOB, card, DISMISS)

        async def why() -> object:
            return (await bot.form())["callback_id"] == ids.DISMISS

        await bot.until(why)
        assert not await bot.fill(BOB, "our own scanner")
        after = await shown(bot, board.group.id, "Dismissed")
        assert after.ts == card.ts
        assert [one["outcome"] for one in await recorded(bot, "refusal")] == ["no-such-suggestion"]


async def shown(bot: LocalStage, group_id: str, words: str) -> Message:
    """Return the card of a group once it says so."""

    async def there() -> Message | None:
        painted = await bot.built.desk.cards.get(group_id)
        bot.clock.turn(seconds=0.2)  # cards are painted every few seconds
        standing = await bot.emulator.messages(CHANNEL)
        found = next((one for one in standing if painted and one.ts == painted.ts), None)
        return found if found and words in str(found.blocks) else None

    return await bot.until(there)
