"""Somebody makes a pod look quarantined, label and policy and all, so that it is left alone: it is cut all the same."""

from pathlib import Path

from bot.domain.isolation import LABEL
from bot.domain.states import PartState
from bot.sandbox.kubernetes.objects import Json, labels_of, name_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.stage import Stage, stage
from tests.journeys.test_misfortunes_after import contained
from tests.journeys.test_misfortunes_before import suspect

FORGED = "fb-7zzz-0"


def label(bot: Stage, pod: str, value: str) -> None:
    """Write our label as somebody else."""
    patch: Json = {"metadata": {"labels": {LABEL: value}}}
    bot.scene.cluster.edit_by_someone_else(PODS, "payments", pod, patch)


def forge(bot: Stage, value: str = FORGED) -> None:
    """Make the suspect look quarantined."""
    request = value.rpartition("-")[0].upper()
    metadata: Json = {
        "name": f"firebreak-{value}",
        "namespace": "payments",
        "labels": {"app.kubernetes.io/managed-by": "firebreak", "firebreak.dev/request": request},
    }
    spec: Json = {
        "podSelector": {"matchLabels": {LABEL: value}},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [{}],
    }
    bot.scene.cluster.add_object(NETWORK_POLICIES, {"metadata": metadata, "spec": spec})
    label(bot, bot.scene.incident.pod, value)


def carried(bot: Stage, pod: str = "") -> str:
    """Return what our label says on a pod."""
    standing = bot.scene.cluster.registry.store.each(PODS, "payments")
    (found,) = (p for p in standing if name_of(p) == (pod or bot.scene.incident.pod))
    return labels_of(found).get(LABEL, "")


async def test_a_forged_quarantine_is_named_and_overwritten_and_put_back_by_the_rollback(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        forge(bot)
        before = bot.scene.cluster.snapshot("payments")

        request_id = await contained(bot)

        shown = await bot.shown(request_id)
        assert f"firebreak-{FORGED} looks like ours" in shown
        assert carried(bot) == f"{request_id.lower()}-0"
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before


async def test_the_mark_of_a_pod_that_is_contained_protects_no_other_pod(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        first = await contained(bot)
        standing = bot.scene.cluster.registry.store.each(PODS, "payments")
        other = next(name_of(p) for p in standing if "api" in name_of(p) and LABEL not in labels_of(p))
        label(bot, other, f"{first.lower()}-0")

        second = await bot.propose(
            ALICE, f"quarantine prod/payments/{other} for 4h because beaconing as well"
        )

        assert "looks like ours" in await bot.shown(second)


async def test_a_quarantine_that_is_over_is_believed_no_more(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        first = await contained(bot)
        said = await bot.ask(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        assert f"already quarantined by {first}" in said
        await bot.ask(ALICE, f"rollback {first}")
        await bot.until_state(first, PartState.ROLLED_BACK)
        forge(bot, f"{first.lower()}-0")

        assert await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} for 4h because beaconing again")


async def test_a_mark_that_is_forged_after_the_approval_holds_nothing_up_and_is_put_back(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        forge(bot)
        held: Json = {"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "false"}}}
        bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, held)
        before = bot.scene.cluster.snapshot("payments")

        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)

        assert carried(bot) == f"{request_id.lower()}-0"
        assert "plan_shown:approvals-void" not in await bot.story(request_id)
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before
