"""What may go wrong in the cluster between a question and its last write: nothing is written, or nothing is left."""

from pathlib import Path

from bot.domain.states import PartState
from bot.sandbox.kubernetes.faults import Denied, Match
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, BOB, CARA
from tests.journeys.gate import held, reached
from tests.journeys.stage import Stage, in_order, stage

WEBHOOK = Denied("pods of this team may not be relabelled")


def suspect(bot: Stage) -> str:
    """Return how the suspect is named in a command."""
    return f"prod/payments/{bot.scene.incident.pod}"


def writes(bot: Stage) -> int:
    """Return how many true writes the cluster has seen."""
    return len(bot.scene.cluster.journal.writes())


async def test_a_contained_pod_is_not_quarantined_again_and_the_first_request_is_named(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        first = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} for 4h because beaconing")
        before = writes(bot)
        said = await bot.ask(BOB, f"quarantine {suspect(bot)} for 1h because beaconing")

        assert "Refused" in said
        assert first.casefold() in said.casefold()
        assert writes(bot) == before


async def test_a_pod_that_ended_before_its_approval_fails_loudly_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        bot.scene.cluster.recreate_pod("payments", bot.scene.incident.pod)
        before = bot.scene.cluster.snapshot("payments")
        await bot.approve(BOB, request_id)

        (row,) = await bot.until_state(request_id, PartState.FAILED)
        assert "there is no pod" in row.trouble
        await bot.until_shown(request_id, "FAILED", "there is no pod")
        assert writes(bot) == 0
        assert bot.scene.cluster.snapshot("payments") == before


async def test_a_recreated_pod_of_the_same_name_is_another_so_its_plan_is_shown_anew_and_the_old_one_refused(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        bot.scene.cluster.add_stateful_set("payments", "ledger", 3)
        request_id = await bot.propose(ALICE, "quarantine prod/payments/ledger-0 for 4h because beaconing")
        old = (await bot.request(request_id)).digest
        bot.scene.cluster.recreate_pod("payments", "ledger-0")
        await bot.approve(BOB, request_id)

        await bot.until_said(request_id, "the approvals are void, please look again")
        (row,) = await bot.until_state(request_id, PartState.PROPOSED)
        shown = await bot.until_shown(
            request_id, "Plan 2 · earlier approvals are void", "WAITING FOR APPROVAL"
        )
        assert row.part.target.uid in shown
        assert (await bot.request(request_id)).digest != old
        assert "The plan changed since the card" in await bot.ask(BOB, f"approve {request_id} {old[:12]}")
        assert writes(bot) == 0

        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        story = await bot.story(request_id)
        assert in_order(
            story, "decided:approve", "plan_shown:approvals-void", "refusal:outdated-plan", "decided:approve"
        ), story


async def test_when_the_target_became_the_last_ready_replica_approvals_are_void_and_one_more_is_needed(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        assert "Ready replicas left beside it: 2" in await bot.shown(request_id)
        for sibling in bot.scene.incident.siblings:
            bot.scene.cluster.set_ready(PODS, "payments", sibling, ready=False)
        await bot.approve(BOB, request_id)

        await bot.until_said(request_id, "the approvals are void, please look again")
        await bot.until_shown(request_id, "Plan 2 · earlier approvals are void", "LAST Ready replica")
        assert writes(bot) == 0

        assert "1 more needed" in await bot.approve(BOB, request_id)
        assert "approved and starts now" in await bot.approve(CARA, request_id)
        await bot.until_state(request_id, PartState.APPLIED)


async def test_a_pod_recreated_during_the_write_is_never_labelled_and_the_policy_is_taken_back(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        cluster = bot.scene.cluster
        cluster.add_stateful_set("payments", "ledger", 3)
        request_id = await bot.propose(ALICE, "quarantine prod/payments/ledger-0 for 4h because beaconing")
        async with held(bot, "create", "networkpolicies") as gate:
            await bot.approve(BOB, request_id)
            await reached(gate)
            cluster.recreate_pod("payments", "ledger-0")
            before = cluster.snapshot("payments")

        (row,) = await bot.until_state(request_id, PartState.FAILED)
        assert row.trouble
        await bot.until_shown(request_id, "FAILED")
        assert cluster.snapshot("payments") == before


async def test_a_label_that_admission_refuses_has_the_policy_undone_and_says_why(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        cluster = bot.scene.cluster
        before = cluster.snapshot("payments")
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        cluster.faults.arm(WEBHOOK, Match(verb="patch", resource="pods", dry_run=False))
        await bot.approve(BOB, request_id)

        (row,) = await bot.until_state(request_id, PartState.FAILED)
        assert WEBHOOK.message in row.trouble
        await bot.until_shown(request_id, "FAILED", WEBHOOK.message)
        assert cluster.snapshot("payments") == before
        assert "rollback:undone-after-failure" in await bot.story(request_id)


async def test_what_admission_would_refuse_is_seen_before_anyone_is_asked(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        bot.scene.cluster.faults.arm(WEBHOOK, Match(verb="patch", resource="pods", dry_run=True))
        said = await bot.ask(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")

        assert "Refused" in said
        assert WEBHOOK.message in said
        assert writes(bot) == 0


async def test_a_namespace_on_its_way_out_takes_no_quarantine_before_or_after_the_question(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        bot.scene.cluster.terminate_namespace("payments")
        await bot.approve(BOB, request_id)
        (row,) = await bot.until_state(request_id, PartState.FAILED)

        assert "is being deleted" in row.trouble
        assert "is being deleted" in await bot.ask(ALICE, f"quarantine {suspect(bot)} for 4h")
        assert writes(bot) == 0


async def test_a_rollback_asked_for_during_the_writes_leaves_nothing_behind(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} for 4h because beaconing")
        async with held(bot, "create", "networkpolicies") as gate:
            await bot.approve(BOB, request_id)
            await reached(gate)
            assert f"Rolling back {request_id}" in await bot.ask(ALICE, f"rollback {request_id}")

        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before
        await bot.story()
