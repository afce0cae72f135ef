"""A whole Deployment is cut through Slack under one approval, and comes back exactly; no pod is touched."""

from pathlib import Path

from bot.domain.states import PartState
from bot.sandbox.kubernetes.objects import Json, name_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.journeys.stage import Stage, stage


def ours(bot: Stage) -> list[Json]:
    standing = bot.scene.cluster.registry.store.each(NETWORK_POLICIES, "payments")
    return [each for each in standing if name_of(each).startswith("firebreak-")]


async def test_a_deployment_is_cut_under_one_approval_and_let_go_exactly(tmp_path: Path) -> None:
    policy = POLICY.replace("quarantine-pod", "quarantine-workload")
    async with stage(tmp_path, policy=policy) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await bot.propose(
            ALICE, "quarantine deployment:prod/payments/api for 4h because every replica beacons"
        )
        shown = await bot.until_shown(request_id, "WAITING FOR APPROVAL")
        assert "all that it starts later" in shown
        await bot.approve(BOB, request_id)
        await bot.approve(CARA, request_id)  # no Ready replica is left: one more is asked
        await bot.until_state(request_id, PartState.APPLIED)

        (made,) = ours(bot)
        assert made["spec"]["podSelector"] == {"matchLabels": {"app": "api", "tier": "backend"}}

        await bot.ask(ALICE, f"rollback {request_id} because it was the wrong one")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert ours(bot) == []
        assert bot.scene.cluster.snapshot("payments") == before
