"""The caps, tried by asking for much before any of it runs, and by two at the very same moment."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.digests import short
from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, POLICY
from tests.journeys.firewall import ADDRESS
from tests.journeys.stage import Stage, stage
from tests.journeys.test_block_journey import BLOCK

OTHER = BLOCK.replace(ADDRESS, "203.0.113.8")
ONE_AT_ONCE = POLICY + "caps: {active_total: 1}\n"
BOTH = pytest.mark.parametrize(
    "postgres", [False, pytest.param(True, marks=pytest.mark.postgres)], ids=["sqlite", "postgres"]
)


async def _typed(bot: Stage, user: str, request_id: str) -> str:
    """Type the approval of the newest plan."""
    return await bot.ask(user, f"approve {request_id} {short((await bot.request(request_id)).digest)}")


async def test_requests_that_waited_together_do_not_pass_the_caps_together(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=ONE_AT_ONCE) as bot:
        first, second = await bot.propose(ALICE, BLOCK), await bot.propose(ALICE, OTHER)
        assert "approved and starts now" in await _typed(bot, BOB, first)

        assert "the policy's cap is 1" in await _typed(bot, BOB, second)
        assert state_of(await bot.rows(second)) is PartState.PROPOSED
        assert "refusal:cap-reached" in await bot.story(second)


@BOTH
async def test_two_who_act_alone_at_once_do_not_pass_the_caps_together(
    tmp_path: Path, postgres: bool, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres_url")() if postgres else ""
    async with stage(tmp_path, policy=ONE_AT_ONCE + ALONE, database=database) as bot:
        bot.scene.cluster.add_namespace("crowd")
        pods = [each["metadata"]["name"] for each in bot.scene.cluster.add_deployment("crowd", "web", 12)]
        said = await asyncio.gather(
            *(bot.ask(ALICE, f"quarantine prod/crowd/{pod} solo because nobody is awake") for pod in pods[:4])
        )

        assert sum("starts now" in each for each in said) == 1, said
        assert sum("the policy's cap is 1" in each for each in said) == 3, said
