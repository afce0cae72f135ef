"""What others do to a containment that stands: told loudly with the difference, never undone without a person."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.isolation import LABEL
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.kubernetes.objects import Json, labels_of, name_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.log import records
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_misfortunes_before import suspect


async def contained(bot: Stage) -> str:
    """Have the suspect quarantined."""
    return await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} for 4h because beaconing")


def policy_of(request_id: str) -> str:
    """Return the name of the policy of the request's first part."""
    return f"firebreak-{request_id.lower()}-0"


def delete_policy(bot: Stage, request_id: str) -> str:
    """Delete our policy as somebody else, and return what the card must name."""
    bot.scene.cluster.remove(NETWORK_POLICIES, "payments", policy_of(request_id))
    return policy_of(request_id)


def remove_label(bot: Stage, _request_id: str) -> str:
    """Take our label away as somebody else, and return what the card must name."""
    patch: Json = {"metadata": {"labels": {LABEL: None}}}
    bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, patch)
    return f"labels[{LABEL}]"


def remove_mark(bot: Stage, request_id: str) -> str:
    """Take all that we wrote on the pod away as somebody else, and return what the card must name."""
    patch: Json = {"metadata": {"annotations": None}}  # it had none before
    bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, patch)
    return remove_label(bot, request_id)


def open_policy(bot: Stage, request_id: str) -> str:
    """Let everything in as somebody else, and return what the card must name."""
    patch: Json = {"spec": {"ingress": [{}]}}
    bot.scene.cluster.edit_by_someone_else(NETWORK_POLICIES, "payments", policy_of(request_id), patch)
    return policy_of(request_id)


async def while_down(bot: Stage, request_id: str, harm: Callable[[Stage, str], str]) -> str:
    """Have others do harm while no bot is there to see it; return what the card must name."""
    await bot.stop()
    named = harm(bot, request_id)
    await bot.start()
    return named


@pytest.mark.parametrize("undo", [delete_policy, remove_mark], ids=["policy", "label"])
async def test_what_was_undone_by_hand_is_shown_as_drift_and_a_rollback_adopts_it(
    undo: Callable[[Stage, str], str], tmp_path: Path
) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await contained(bot)
        named = await while_down(bot, request_id, undo)
        await bot.until_said(request_id, f"DRIFT: somebody changed what {request_id} wrote")
        shown = await bot.until_shown(request_id, "Re-apply", "Adopt", named)
        assert "APPLIED" in shown

        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert any("not by us" in proof.text for proof in row.evidence), row.evidence
        assert bot.scene.cluster.snapshot("payments") == before
        assert in_order(await bot.story(request_id), "drift:seen", "rollback:rolled-back")


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(delete_policy, id="gone", marks=pytest.mark.slow),
        pytest.param(remove_label, id="label", marks=pytest.mark.slow),
        pytest.param(open_policy, id="opened"),
    ],
)
async def test_a_person_may_have_ours_written_again_over_what_others_did(
    harm: Callable[[Stage, str], str], tmp_path: Path
) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await contained(bot)
        named = await while_down(bot, request_id, harm)
        await bot.until_shown(request_id, "Re-apply", "Adopt", named)
        await bot.click(BOB, request_id, "ir_reapply")
        await bot.until_rows(
            request_id, lambda rows: rows[0].state is PartState.APPLIED and not rows[0].drift
        )

        cluster = bot.scene.cluster.registry
        assert LABEL in labels_of(cluster.need(PODS, "payments", bot.scene.incident.pod))
        assert "ingress" not in cluster.need(NETWORK_POLICIES, "payments", policy_of(request_id))["spec"]
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(delete_policy, id="gone"),
        pytest.param(remove_label, id="label", marks=pytest.mark.slow),
        pytest.param(open_policy, id="opened", marks=pytest.mark.slow),
    ],
)
async def test_what_opens_it_again_is_closed_three_times_without_asking_and_then_a_person_is_called(
    harm: Callable[[Stage, str], str], tmp_path: Path
) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await contained(bot)
        for count in range(1, 4):
            named = harm(bot, request_id)
            await bot.until_said(request_id, f"written again under the original approval ({count} of 3)")
            await bot.until_rows(request_id, lambda rows: _stands(rows[0]))
            cluster = bot.scene.cluster.registry
            assert LABEL in labels_of(cluster.need(PODS, "payments", bot.scene.incident.pod))
            assert "ingress" not in cluster.need(NETWORK_POLICIES, "payments", policy_of(request_id))["spec"]
        named = harm(bot, request_id)
        await bot.until_state(request_id, PartState.TAMPERED)
        await bot.until_shown(request_id, "OPENED AGAIN BY OTHERS", "Re-apply", "Adopt", "Roll back", named)
        await bot.until_said(request_id, "is NOT written again now")
        story = await bot.story(request_id)
        assert story.count("intent:reapply") == 3
        assert in_order(story, *(["drift:seen", "intent:reapply"] * 3), "drift:tampered")

        await bot.click(BOB, request_id, "ir_reapply")
        await bot.until_rows(request_id, lambda rows: _stands(rows[0]))
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before


async def test_what_lets_nothing_through_is_asked_about_and_not_written_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        patch: Json = {"metadata": {"annotations": None}}
        bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, patch)

        await bot.until_shown(request_id, "Re-apply", "Adopt", "annotations[")
        assert "intent:reapply" not in await bot.story(request_id)


def _stands(row: PartRow) -> bool:
    return row.state is PartState.APPLIED and not row.drift and not row.restoring


async def test_what_a_person_let_stand_is_not_written_again_with_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await contained(bot)
        theirs: Json = {"metadata": {"annotations": None}}
        bot.scene.cluster.edit_by_someone_else(PODS, "payments", bot.scene.incident.pod, theirs)
        await bot.until_shown(request_id, "Adopt", "annotations[")
        await bot.click(BOB, request_id, "ir_adopt")
        await bot.until_rows(request_id, lambda rows: not rows[0].drift)

        delete_policy(bot, request_id)
        await bot.until_said(request_id, "written again under the original approval (1 of 3)")
        await bot.until_rows(request_id, lambda rows: _stands(rows[0]))
        pod = bot.scene.cluster.registry.need(PODS, "payments", bot.scene.incident.pod)
        assert not pod["metadata"].get("annotations")
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before


async def test_a_label_removed_by_hand_is_no_obstacle_to_a_rollback_of_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await contained(bot)
        named = await while_down(bot, request_id, remove_label)
        await bot.until_shown(request_id, "Re-apply", "Adopt", named)
        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before
        (adopted,) = [proof.text for proof in row.evidence if "not by us" in proof.text]
        assert named in adopted
        assert "annotations" not in adopted  # those were ours to undo
        await bot.until_shown(request_id, "ROLLED BACK", "not by us", named)
        released = [
            r for r in await records(bot) if (r["event"], r.get("outcome")) == ("rollback", "rolled-back")
        ]
        assert f"L0 {adopted}" in released[-1]["details"]["evidence"]


async def test_a_rollback_stops_before_a_policy_that_others_opened_and_goes_on_once_theirs_is_adopted(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        await while_down(bot, request_id, open_policy)
        await bot.until_shown(request_id, "Adopt")
        standing = bot.scene.cluster.snapshot("payments")
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_shown(request_id, "APPLIED", "Somebody changed what we wrote", policy_of(request_id))
        assert bot.scene.cluster.snapshot("payments") == standing

        await bot.click(BOB, request_id, "ir_adopt")
        await bot.until_rows(request_id, lambda rows: not rows[0].drift)
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        cluster = bot.scene.cluster.registry
        assert LABEL not in labels_of(cluster.need(PODS, "payments", bot.scene.incident.pod))
        assert cluster.need(NETWORK_POLICIES, "payments", policy_of(request_id))["spec"]["ingress"] == [{}]


async def test_a_contained_pod_that_ends_is_loud_and_its_replacement_is_named_as_uncontained(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        for sibling in bot.scene.incident.siblings:  # long there, and not made in the second of the cut
            age = {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}}
            bot.scene.cluster.edit_by_someone_else(PODS, "payments", sibling, age)
        request_id = await contained(bot)
        heir = name_of(bot.scene.cluster.recreate_pod("payments", bot.scene.incident.pod))
        said = await bot.until_said(request_id, "UNCONTAINED")

        assert heir in said
        assert "<!subteam^S0SECURITY>" in said
        assert all(sibling not in said for sibling in bot.scene.incident.siblings)
        await bot.until_shown(request_id, "UNCONTAINED", heir)
        assert in_order(await bot.story(request_id), "evidence", "replaced")

        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert any("is gone" in proof.text for proof in row.evidence), row.evidence
        policies = bot.scene.cluster.registry.store.each(NETWORK_POLICIES, "payments")
        assert policy_of(request_id) not in [name_of(policy) for policy in policies]


async def test_a_quarantine_in_a_namespace_on_its_way_out_is_still_rolled_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as bot:
        request_id = await contained(bot)
        bot.scene.cluster.terminate_namespace("payments")
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)

        pod = bot.scene.cluster.registry.need(PODS, "payments", bot.scene.incident.pod)
        assert LABEL not in labels_of(pod)
