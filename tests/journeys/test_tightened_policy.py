"""A policy that became stricter with a restart binds what waits, and what was approved and has not begun."""

from pathlib import Path

from bot.domain.requests import state_of
from bot.domain.states import PartState
from bot.sandbox.kubernetes.faults import Broken, Match
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.journeys.firewall import entries
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_block_journey import AT_ONCE, BLOCK
from tests.journeys.test_receipts import TWO


async def under(bot: Stage, policy: str) -> None:
    """Have the bot started again under another policy."""
    await bot.stop()
    bot.scene.policy_file.write_text(policy, encoding="utf-8")
    await bot.start()


async def test_one_approval_is_no_longer_enough_for_what_waits_and_the_card_says_why(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        before = await bot.request(request_id)
        await under(bot, TWO)

        said = await bot.approve(BOB, request_id)
        assert "the policy was changed and now asks for 2 of security" in said
        assert "asked anew" in said
        await bot.until_shown(request_id, "now asks for 2 of security", "2 more of")
        after = await bot.request(request_id)
        assert (before.terms.quorum, after.terms.quorum, after.revision) == (1, 2, 2)
        assert after.digest != before.digest
        assert after.policy_hash != before.policy_hash

        await bot.approve(BOB, request_id)
        assert state_of(await bot.rows(request_id)) is PartState.PROPOSED
        assert entries(bot) == set()
        await bot.approve(CARA, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        assert in_order(
            await bot.story(request_id),
            "plan_shown:approvals-void",
            "refusal:policy",
            "vote:approve",
            "vote:approve",
        )


async def test_a_policy_that_became_looser_voids_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=TWO, behaviour=AT_ONCE) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await bot.approve(BOB, request_id)
        await under(bot, POLICY)

        assert "approved and starts now" in await bot.approve(CARA, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        assert (await bot.request(request_id)).revision == 1


async def test_what_was_approved_and_had_not_begun_is_asked_anew_before_its_first_write(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        pod = f"{bot.scene.incident.namespace}/{bot.scene.incident.pod}"
        request_id = await bot.propose(ALICE, f"quarantine {pod} for 4h because it beacons")
        bot.scene.cluster.faults.arm(Broken(503), Match(verb="get", resource="pods"), times=None)
        assert "approved and starts now" in await bot.approve(BOB, request_id)
        assert state_of(await bot.rows(request_id)) is PartState.APPROVED
        await bot.stop()
        bot.scene.cluster.faults.clear()
        bot.scene.policy_file.write_text(TWO, encoding="utf-8")
        await bot.start()

        await bot.until_said(request_id, "The policy changed since the approval and asks for more now")
        await bot.until_shown(request_id, "Plan 2", "now asks for 2 of security", "2 more of")
        assert state_of(await bot.rows(request_id)) is PartState.PROPOSED
        assert bot.scene.cluster.journal.writes() == []

        await bot.approve(CARA, request_id)
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)


async def test_what_no_rule_allows_any_more_ends_and_touches_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        request_id = await bot.propose(ALICE, BLOCK)
        await under(bot, POLICY.replace("actions: [block-address]", "actions: [quarantine-pod]"))

        assert "no rule allows block-address" in await bot.approve(BOB, request_id)
        assert entries(bot) == set()
