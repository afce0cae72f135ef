"""An extension beyond the policy's maximum says what may be typed instead; and what it says works."""

import re
from pathlib import Path

from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.firewall import ADDRESS, MINUTES, entries
from tests.journeys.stage import stage
from tests.journeys.test_block_journey import BLOCK
from tests.journeys.test_misfortunes_after import contained

TYPED = re.compile(r"/ir (extend [^\n.]+|block [^\n]+|quarantine [^\n]+)")
ONE_BY_ONE = re.compile(r"/ir ((?:block|quarantine|rollback) .+?)(?= The others| and then |\n|$)")


async def test_a_block_that_must_go_on_longer_is_asked_for_beside_itself_and_approved_anew(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES, speed=600)) as bot:
        request_id = await bot.contain(ALICE, BOB, BLOCK)
        said = await bot.ask(ALICE, f"extend {request_id} 30d")
        assert "Refused" in said
        rest, anew = TYPED.findall(said)[:2]

        assert "now lasts until" in await bot.ask(ALICE, rest)
        second = await bot.contain(ALICE, BOB, anew)
        assert second != request_id
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == {"203.0.113.7"}


async def test_a_quarantine_at_its_maximum_says_how_to_have_it_approved_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        assert "now lasts until" in await bot.ask(ALICE, f"extend {request_id} 20h")
        said = await bot.ask(ALICE, f"extend {request_id} 1m")

        assert "Up to that" not in said
        assert f"/ir rollback {request_id} and then /ir quarantine " in said
        (anew,) = set(TYPED.findall(said))
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert await bot.contain(ALICE, BOB, anew) != request_id


async def test_of_pods_and_addresses_the_addresses_go_on_beside_it_and_the_pods_after_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES, speed=600)) as bot:
        pod = f"prod/payments/{bot.scene.incident.pod}"
        request_id = await bot.contain(ALICE, BOB, f"contain {pod} {ADDRESS} for 2h because it beacons")
        said = await bot.ask(ALICE, f"extend {request_id} 30d")
        beside, over, anew = dict.fromkeys(ONE_BY_ONE.findall(said))
        assert (beside.split()[0], over, anew.split()[0]) == ("block", f"rollback {request_id}", "quarantine")
        assert bot.scene.incident.pod not in beside
        assert ADDRESS not in anew

        await bot.contain(ALICE, BOB, beside)
        await bot.ask(ALICE, over)
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == {ADDRESS}
        await bot.contain(ALICE, BOB, anew)
