"""A whole Deployment is cut through Slack under one approval, and comes back exactly; no pod is touched."""

from pathlib import Path

from bot.domain.evidence import Capture
from bot.domain.requests import PartRow
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


async def test_what_is_known_of_its_pods_is_kept_and_a_hole_that_comes_later_is_called_out(
    tmp_path: Path,
) -> None:
    policy = POLICY.replace("quarantine-pod", "quarantine-workload")
    async with stage(tmp_path, policy=policy) as bot:
        request_id = await bot.propose(
            ALICE, "quarantine deployment:prod/payments/api for 4h because every replica beacons"
        )
        captures = await bot.until(lambda: captured(bot, request_id))
        assert [capture.id for capture in captures] == [f"{request_id}.0{more}" for more in ("", ".1", ".2")]
        assert len({capture.target.name for capture in captures}) == 3

        await bot.approve(BOB, request_id)
        await bot.approve(CARA, request_id)
        (row,) = await bot.until_rows(request_id, measured)
        assert row.part.target.kind == "Deployment"

        spec: Json = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}
        body: Json = {"metadata": {"name": "later", "namespace": "payments"}, "spec": spec}
        bot.scene.cluster.add_object(NETWORK_POLICIES, body)
        said = await bot.until_said(request_id, f"HOLE in {request_id}")
        assert "can reach payments/api" in said
        assert "payments/later" in said


async def captured(bot: Stage, request_id: str) -> tuple[Capture, ...]:
    """Return the captures of a request, once all are over."""
    async with bot.built.context.store.begin() as tx:
        found = await tx.captures.of(request_id)
    return found if found and not any(capture.running for capture in found) else ()


def measured(rows: tuple[PartRow, ...]) -> bool:
    """Whether what policies leave open was looked at, and is over."""
    return rows[0].due_at is None and any(e.rung == "L1" and e.outcome for e in rows[0].evidence)
