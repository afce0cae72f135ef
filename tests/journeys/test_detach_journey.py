"""A pod is detached through Slack, and comes back only when it is Ready: or its controller would delete it first."""

from pathlib import Path

from bot.domain.isolation import LABEL
from bot.domain.isolation.detaching import DELETION_COST, DETACHED
from bot.domain.states import PartState
from bot.sandbox.kubernetes.objects import Json, labels_of, lasting, metadata_of, name_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.stage import Stage, stage
from tests.journeys.test_misfortunes_before import suspect


def pod_of(bot: Stage) -> Json:
    return bot.scene.cluster.registry.need(PODS, "payments", bot.scene.incident.pod)


def lasting_metadata(bot: Stage) -> Json:
    return metadata_of(lasting(pod_of(bot)))


def policies(bot: Stage) -> list[Json]:
    return bot.scene.cluster.registry.store.each(NETWORK_POLICIES, "payments")


async def test_a_detached_pod_loses_what_others_select_by_and_gets_it_back_when_it_is_ready(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as bot:
        before, labels = lasting_metadata(bot), labels_of(pod_of(bot))
        request_id = await bot.propose(
            ALICE, f"quarantine {suspect(bot)} using detach for 4h because beaconing"
        )
        shown = await bot.until_shown(request_id, "WAITING FOR APPROVAL")
        assert "lets go of" in shown
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)

        kept = labels_of(pod_of(bot))
        assert kept[LABEL] == f"{request_id.lower()}-0"
        assert not set(labels.items()) <= set(kept.items())
        assert {DETACHED, DELETION_COST} <= set(metadata_of(pod_of(bot))["annotations"])

        bot.scene.cluster.set_ready(PODS, "payments", bot.scene.incident.pod, ready=False)
        await bot.ask(ALICE, f"rollback {request_id} because it was the wrong pod")
        await bot.until_rows(request_id, lambda rows: "not Ready yet" in rows[0].trouble)
        waiting = labels_of(pod_of(bot))
        assert LABEL not in waiting
        assert not set(labels.items()) <= set(waiting.items())

        bot.scene.cluster.set_ready(PODS, "payments", bot.scene.incident.pod, ready=True)
        bot.clock.turn(minutes=2)
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert any("has taken" in told.text for told in row.evidence)
        assert lasting_metadata(bot) == before
        assert all(not name_of(p).startswith("firebreak-") for p in policies(bot))
