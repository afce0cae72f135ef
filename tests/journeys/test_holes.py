"""A hole that is found later: what would close it stands on the card, and nobody is called for it without end."""

from pathlib import Path

from bot.domain.findings import Verdict
from bot.domain.ladder.calling import MOST
from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES
from bot.sandbox.scene import ALICE, CHANNEL
from tests.journeys.stage import PATIENCE, Stage, stage
from tests.journeys.test_misfortunes_after import contained
from tests.journeys.test_watched import DEAF, OPEN_ALL, close_namespace, measured

BEACON: Json = {
    "podSelector": {},
    "policyTypes": ["Egress"],
    "egress": [{"to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}]}],
}


async def closed(bot: Stage) -> str:
    """Have the suspect contained with nothing left open."""
    close_namespace(bot)
    request_id = await contained(bot)
    await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.INCONCLUSIVE))
    return request_id


async def test_a_hole_to_one_address_can_be_closed_by_a_button_that_prepares_the_block(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await closed(bot)
        assert "ir_close_1" not in str((await bot.card(request_id)).blocks)
        bot.scene.cluster.add_policy("payments", "beacon", BEACON)

        told = await bot.until_said(request_id, f"HOLE in {request_id}")
        assert "prepares /ir block 203.0.113.7" in told
        await bot.until_shown(request_id, "Close it: block 203.0.113.7")
        card = await bot.card(request_id)
        opened = await bot.scene.workspace.click(ALICE, CHANNEL, card.ts, "ir_close_1")
        form = await bot.scene.workspace.until(lambda: opened.view, PATIENCE)
        assert "203.0.113.7" in str(form.blocks)


async def test_a_hole_that_nothing_here_can_close_says_what_it_takes(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await closed(bot)
        bot.scene.cluster.add_policy("payments", "new", OPEN_ALL)

        told = await bot.until_said(request_id, f"HOLE in {request_id}")
        assert "change what opened it" in told
        assert f"/ir rollback {request_id}" in told


async def test_holes_without_end_are_called_for_a_few_times_and_then_counted(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await closed(bot)
        for number in range(MOST + 3):
            await flap(bot, request_id, number)

        assert said(bot, f"HOLE in {request_id}") == MOST
        assert said(bot, "nobody is called for the next ones") == 1
        assert said(bot, "CLOSED") == MOST
        await bot.until_shown(request_id, "3 more holes were found since, and nobody was called for it")
        story = await bot.story(request_id)
        assert story.count("evidence:hole") == MOST + 3

        bot.clock.turn(hours=1, minutes=1)
        bot.scene.cluster.add_policy("payments", "later", OPEN_ALL)
        await bot.until_said(request_id, "3 were found before that nobody was called for")


def said(bot: Stage, words: str) -> int:
    """Count the posts that say this."""
    return sum(words in message.text for message in bot.scene.workspace.messages(CHANNEL))


async def flap(bot: Stage, request_id: str, number: int) -> None:
    """Open a hole and close it again, each seen."""
    name = f"flap-{number}"
    bot.scene.cluster.add_policy("payments", name, OPEN_ALL)
    await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.PARTIAL))
    bot.scene.cluster.remove(NETWORK_POLICIES, "payments", name)
    await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.INCONCLUSIVE))
