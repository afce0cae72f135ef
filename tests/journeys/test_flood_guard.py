"""Too much at once asks for a second group: counted when it is asked, and again when a word is given."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.domain.digests import short
from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, POLICY
from tests.journeys.stage import Stage, stage

GUARD = "flood: {namespace_percent: 60, approve: [network-owners]}"
PERCENT = POLICY.replace(GUARD, "flood: {approve: [network-owners]}")
NOBODY = POLICY.replace(GUARD, "flood: {}")
BOTH = pytest.mark.parametrize(
    "postgres", [False, pytest.param(True, marks=pytest.mark.postgres)], ids=["sqlite", "postgres"]
)


def _crowded(bot: Stage, count: int) -> list[str]:
    """Stage a namespace of so many pods, and return their names."""
    cluster = bot.scene.cluster
    cluster.add_namespace("crowd")
    made: list[dict[str, Any]] = cluster.add_deployment("crowd", "web", count)
    return [pod["metadata"]["name"] for pod in made]


async def _asked(bot: Stage, *pods: str, how: str = "") -> str:
    return await bot.propose(
        ALICE, f"quarantine prod/crowd/{','.join(pods)} {how} because they beacon to 203.0.113.7"
    )


async def _approve(bot: Stage, user: str, request_id: str) -> str:
    """Type the approval of the newest plan: what a click says, without waiting for the card."""
    found = await bot.request(request_id)
    return await bot.ask(user, f"approve {request_id} {short(found.digest)}")


@pytest.mark.slow
async def test_the_sixth_pod_within_ten_minutes_takes_one_of_a_second_group(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY) as bot:
        pods = _crowded(bot, 60)
        first = await _asked(bot, *pods[:5])
        assert "approved and starts now" in await _approve(bot, BOB, first)

        sixth = await _asked(bot, pods[5])
        shown = await bot.until_shown(sixth, "More than usual because")
        assert "with it 6 pods are cut within 10 minutes, more than 5" in shown
        assert "at least 2 more needed" not in await _approve(bot, BOB, sixth)
        assert state_of(await bot.rows(sixth)) is PartState.PROPOSED
        assert "approved and starts now" in await _approve(bot, CARA, sixth)

        bot.clock.turn(minutes=11)
        seventh = await _asked(bot, pods[6])
        assert "approved and starts now" in await _approve(bot, BOB, seventh)


async def test_a_deployment_counts_as_all_its_pods_when_it_is_asked_and_while_it_is_held(
    tmp_path: Path,
) -> None:
    policy = POLICY.replace("actions: [quarantine-pod]", "actions: [quarantine-pod, quarantine-workload]")
    async with stage(tmp_path, policy=policy) as bot:
        pods = _crowded(bot, 20)
        bot.scene.cluster.add_deployment("crowd", "few", 2)
        whole = await bot.propose(ALICE, "quarantine deployment:prod/crowd/web because it beacons")
        shown = await bot.until_shown(whole, "More than usual because")
        assert "with it 20 pods are cut within 10 minutes, more than 5" in shown
        await _approve(bot, BOB, whole)
        assert state_of(await bot.rows(whole)) is PartState.PROPOSED
        await bot.ask(ALICE, f"cancel {whole}")

        few = await bot.propose(ALICE, "quarantine deployment:prod/crowd/few because it beacons")
        await _approve(bot, BOB, few)
        await _approve(bot, CARA, few)
        await bot.until_state(few, PartState.APPLIED)
        later = await _asked(bot, *pods[:4])
        shown = await bot.until_shown(later, "More than usual because")
        assert "with it 6 pods are cut within 10 minutes, more than 5" in shown


@pytest.mark.slow
async def test_a_member_of_both_groups_is_one_person(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY) as bot:
        pods = _crowded(bot, 60)
        request_id = await _asked(bot, *pods[:6])

        assert "more needed" in await _approve(bot, CARA, request_id)
        assert "approved and starts now" in await _approve(bot, BOB, request_id)


async def test_a_tenth_of_a_namespace_is_enough(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=PERCENT) as bot:
        pods = _crowded(bot, 20)
        first = await _asked(bot, *pods[:2])
        assert "approved and starts now" in await _approve(bot, BOB, first)

        third = await _asked(bot, pods[2])
        await bot.until_shown(third, "with it 3 of 20 pods of prod/crowd are cut, more than 10 %")
        assert "more needed" in await _approve(bot, BOB, third)


async def test_without_a_second_group_a_flood_is_refused_and_one_pod_of_few_is_none(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=NOBODY) as bot:
        pods = _crowded(bot, 5)
        said = await bot.ask(ALICE, f"quarantine prod/crowd/{pods[0]},{pods[1]} because it beacons")
        assert "with it 2 of 5 pods of prod/crowd are cut" in said
        assert "name a second group under" in said
        assert "flood" in said

        alone = await _asked(bot, pods[0])
        assert "approved and starts now" in await _approve(bot, BOB, alone)


async def test_a_flood_that_built_up_meanwhile_voids_what_was_said_and_asks_anew(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY) as bot:
        pods = _crowded(bot, 60)
        one, other = await _asked(bot, *pods[:3]), await _asked(bot, *pods[3:6])
        assert "approved and starts now" in await _approve(bot, BOB, one)

        assert "it is asked anew" in await _approve(bot, BOB, other)
        found = await bot.request(other)
        assert (found.revision, state_of(await bot.rows(other))) == (2, PartState.PROPOSED)
        shown = await bot.until_shown(other, "More than usual because")
        assert "with it 6 pods are cut" in shown
        await bot.until_said(other, "Asked anew, with a second group")
        assert f"<@{CARA}>" in await bot.thread(other)
        assert "more needed" in await _approve(bot, BOB, other)
        assert "approved and starts now" in await _approve(bot, CARA, other)
        await bot.until_state(other, PartState.APPLIED)


@BOTH
async def test_two_that_are_approved_at_once_do_not_both_slip_through(
    tmp_path: Path, postgres: bool, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres_url")() if postgres else ""
    async with stage(tmp_path, policy=POLICY, database=database) as bot:
        pods = _crowded(bot, 60)
        ids = [await _asked(bot, *pods[n : n + 3]) for n in (0, 3, 6, 9)]

        said = await asyncio.gather(*(_approve(bot, BOB, request_id) for request_id in ids))

        assert sorted("approved and starts now" in each for each in said) == [False, False, False, True], said
        found = [await bot.request(each) for each in ids]
        assert sorted(each.revision for each in found) == [1, 2, 2, 2]


@BOTH
async def test_two_solos_at_once_are_counted_one_after_the_other(
    tmp_path: Path, postgres: bool, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres_url")() if postgres else ""
    policy = POLICY.replace(GUARD, "flood: {pods: 1, approve: [network-owners]}") + ALONE
    async with stage(tmp_path, policy=policy, database=database) as bot:
        pods = _crowded(bot, 60)
        typed = [f"quarantine prod/crowd/{pod} solo because it beacons" for pod in pods[:4]]

        said = await asyncio.gather(*(bot.ask(ALICE, line) for line in typed))

        assert sorted("starts now, solo" in each for each in said) == [False, False, False, True], said
        assert sum("it asks for more than one person: with it 2 pods" in each for each in said) == 3


@pytest.mark.slow
async def test_break_glass_goes_past_the_flood_guard_and_counts_for_others(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY + ALONE) as bot:
        pods = _crowded(bot, 60)
        glass = await _asked(bot, *pods[:6], how="break-glass")
        found = await bot.request(glass)
        said = await bot.ask(ALICE, f"confirm {glass} {short(found.digest)} name {pods[0]}")
        assert "starts now" in said

        after = await _asked(bot, pods[6])
        await bot.until_shown(after, "with it 7 pods are cut within 10 minutes")
