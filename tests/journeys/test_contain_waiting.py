"""One step of a request stands, another waits for its turn: what changed meanwhile is judged before the other begins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.slack.letters import NOT_ME
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.journeys.firewall import ADDRESS, MINUTES, entries, puts
from tests.journeys.mailbox import press, until_written
from tests.journeys.stage import QUICK, Stage, in_order, stage
from tests.journeys.test_contain_journey import AT_ONCE, asking, mark, path
from tests.journeys.test_tightened_policy import under

pytestmark = pytest.mark.timeout(120)

OTHER, THIRD = "203.0.113.77", "203.0.113.78"
TWICE = POLICY.replace("scopes: [cluster, estate]", "quorum: 2\n    scopes: [cluster, estate]")
WAITING = (PartState.APPROVED, PartState.EXECUTING)
BEFORE = (*WAITING, PartState.PROPOSED, PartState.ACCEPTED)
GUARDED = POLICY + f'protected: {{addresses: ["{ADDRESS}/32"]}}\n'


@asynccontextmanager
async def half_begun(folder: Path) -> AsyncIterator[tuple[Stage, str]]:
    """Have a request whose pod is cut, and whose block waits behind an update of the firewall that others asked for."""
    async with stage(folder) as bot:
        busy = await bot.propose(ALICE, f"block {OTHER} for 24h because it is known")
        await bot.approve(BOB, busy)
        await bot.until_state(busy, PartState.ACCEPTED)
        request_id = await bot.propose(ALICE, asking(bot))
        assert "approved and starts now" in await bot.approve(BOB, request_id)
        await bot.until_rows(
            request_id, lambda rows: [r.state for r in rows] == [PartState.APPLIED, PartState.APPROVED]
        )
        bot.clock.turn(minutes=5)
        yield bot, request_id


async def left_out(bot: Stage, request_id: str, *why: str) -> None:
    """See that the block never went out, that the pod stays cut, and that people were called."""
    bot.scene.arm.advance(MINUTES)
    rows = await bot.until_rows(request_id, lambda rows: rows[1].state not in WAITING)
    assert rows[1].state is PartState.FAILED, rows[1].trouble
    assert rows[0].state is PartState.APPLIED
    assert (mark(bot) is not None, entries(bot), puts(bot)) == (True, {OTHER}, 1)
    shown = await bot.until_shown(request_id, "Trouble", f"Step 2 ({ADDRESS}) was not done", *why)
    assert "(1 of 2 parts, 1 FAILED)" in shown
    said = await bot.until_said(request_id, f"Step 2 ({ADDRESS}) was not done")
    assert "What other steps did stays" in said
    assert f"<@{ALICE}>" in said, "whoever asked is called"
    assert "<!subteam^S0SECURITY>" in said, "and so are those who approve"
    assert (await bot.request(request_id)).revision == 1, "nobody is asked anew of what stands"
    assert in_order(await bot.story(request_id), "decided", "intent", "result")
    await bot.ask(ALICE, f"rollback {request_id}")
    await bot.until_rows(request_id, lambda rows: rows[0].state is PartState.ROLLED_BACK)
    assert mark(bot) is None


async def test_what_did_not_change_goes_out_though_it_waited_for_minutes(tmp_path: Path) -> None:
    async with half_begun(tmp_path) as (bot, request_id):
        bot.scene.arm.advance(MINUTES)
        await bot.until_rows(request_id, lambda rows: rows[1].state is PartState.ACCEPTED)
        bot.scene.arm.advance(MINUTES)
        await bot.until_state(request_id, PartState.APPLIED)
        assert entries(bot) == {ADDRESS, OTHER}


async def test_a_policy_that_asks_for_more_by_now_leaves_the_waiting_step_out(tmp_path: Path) -> None:
    async with half_begun(tmp_path) as (bot, request_id):
        await under(bot, TWICE)
        await left_out(bot, request_id, "the policy was changed and now asks for 2 of security")


async def test_an_address_that_became_protected_is_not_blocked_after_all(tmp_path: Path) -> None:
    async with half_begun(tmp_path) as (bot, request_id):
        await under(bot, GUARDED)
        await left_out(bot, request_id)


async def test_what_the_policy_says_of_a_step_that_stands_holds_up_no_other(tmp_path: Path) -> None:
    async with half_begun(tmp_path) as (bot, request_id):
        await under(bot, POLICY.replace("approve: [security]", "quorum: 2\n    approve: [security]", 1))
        bot.scene.arm.advance(MINUTES)
        await bot.until_rows(request_id, lambda rows: rows[1].state is PartState.ACCEPTED)


@pytest.mark.slow
async def test_a_voter_whose_account_was_frozen_meanwhile_lets_nothing_more_begin(tmp_path: Path) -> None:
    async with half_begun(tmp_path) as (bot, request_id):
        third = await bot.propose(ALICE, f"block {THIRD} for 24h because it is known")
        await bot.approve(BOB, third)
        await press(bot, BOB, await until_written(bot, BOB, third), NOT_ME)
        await left_out(bot, request_id, "an account whose word it ran on is frozen now")


async def test_a_step_that_still_waits_when_the_lease_ends_never_begins(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=POLICY.replace("on_expiry: hold", "on_expiry: release")) as bot:
        busy = await bot.propose(ALICE, f"block {OTHER} for 24h because it is known")
        await bot.approve(BOB, busy)
        await bot.until_state(busy, PartState.ACCEPTED)
        request_id = await bot.propose(ALICE, asking(bot).replace("for 2h", "for 10m"))
        await bot.approve(BOB, request_id)
        await bot.until_rows(
            request_id, lambda rows: [r.state for r in rows] == [PartState.APPLIED, PartState.APPROVED]
        )
        await bot.until_said(request_id, "then it is rolled back")
        bot.clock.turn(minutes=11)
        rows = await bot.until_rows(request_id, lambda rows: rows[0].state is PartState.ROLLED_BACK)
        assert rows[1].state is PartState.CANCELLED

        bot.scene.arm.advance(MINUTES)
        await bot.until_state(busy, PartState.APPLIED)
        last = await bot.propose(ALICE, f"block {THIRD} for 24h because it is known")
        await bot.approve(BOB, last)  # the lane goes on, and what was taken out of it does not
        await bot.until_state(last, PartState.ACCEPTED)
        assert (entries(bot), puts(bot)) == ({OTHER, THIRD}, 2)
        assert [row.state for row in await bot.rows(request_id)] == [
            PartState.ROLLED_BACK,
            PartState.CANCELLED,
        ]
        assert in_order(await bot.story(request_id), "lease:ended", "rollback:rolled-back")


async def test_what_other_steps_wrote_beside_it_makes_no_step_worse(tmp_path: Path) -> None:
    at_once = replace(QUICK, fresh=timedelta())
    policy = POLICY.replace("actions: [quarantine-pod]", "actions: [quarantine-pod, quarantine-workload]")
    policy = policy.replace("flood: {namespace_percent: 60", "flood: {namespace_percent: 100")
    policy = policy.replace("last_ready_replica: 1", "last_ready_replica: 0")
    async with stage(tmp_path, policy=policy, limits=at_once, behaviour=AT_ONCE) as bot:
        bot.scene.cluster.add_deployment("payments", "web", 2)
        asked = f"contain {path(bot)} deployment:prod/payments/web {ADDRESS} for 2h because it beacons"
        request_id = await bot.propose(ALICE, asked)
        await bot.approve(BOB, request_id)
        await bot.approve(CARA, request_id)
        rows = await bot.until_rows(request_id, lambda rows: all(row.state not in BEFORE for row in rows))
        assert [(row.state, row.trouble) for row in rows] == [(PartState.APPLIED, "")] * 3
        assert (await bot.request(request_id)).revision == 1
