"""What happens to a containment while it stands: heard of as it happens, measured anew, and said with its cause."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.kubernetes.access import Rule, User
from bot.sandbox.kubernetes.objects import Json
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES
from bot.sandbox.scene import ALICE, BOB, CARA, TOKEN
from tests.journeys.outfit import Outfitted
from tests.journeys.stage import QUICK, Stage, in_order, stage
from tests.journeys.test_misfortunes_after import contained, delete_policy, remove_label

DEAF = replace(QUICK, watch=timedelta(hours=9), measure=timedelta(hours=9))
"""Nobody looks on a schedule, so only a watch can have told."""
OPEN_ALL: Json = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}


def close_namespace(bot: Stage) -> None:
    """Take the incident's own holes away, so that an isolating policy leaves nothing open."""
    for name in ("allow-egress", "api-from-web"):
        bot.scene.cluster.remove(NETWORK_POLICIES, "payments", name)


def measured(row: PartRow, verdict: Verdict) -> bool:
    """Whether its lane has done with it, and this came of it."""
    return row.state is PartState.APPLIED and row.due_at is None and row.verdict is verdict


@pytest.mark.parametrize("harm", [delete_policy, remove_label], ids=["policy", "label"])
async def test_what_others_undo_is_told_by_the_watch_before_any_schedule_looks(
    harm: Callable[[Stage, str], str], tmp_path: Path
) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)
        harm(bot, request_id)

        await bot.until_said(request_id, "written again under the original approval (1 of 3)")
        await bot.until_state(request_id, PartState.APPLIED)


async def test_a_watch_that_the_server_has_forgotten_begins_again_and_all_is_looked_at(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)
        cluster = bot.scene.cluster
        await cluster.stop()  # nobody hears what happens now
        delete_policy(bot, request_id)
        cluster.expire_watches()
        await cluster.start(port=int(cluster.url.rpartition(":")[2]))

        await bot.until_said(request_id, "written again under the original approval (1 of 3)")


async def test_a_policy_that_opens_a_hole_is_raised_with_its_name_and_said_to_be_closed_when_it_is(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        close_namespace(bot)
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.INCONCLUSIVE))
        await bot.until_shown(
            request_id, "its policies leave nothing open (L1)", "does not say so in the API"
        )

        bot.scene.cluster.add_policy("payments", "new", OPEN_ALL)
        said = await bot.until_said(request_id, f"HOLE in {request_id}")
        assert "NetworkPolicy payments/new" in said
        (row,) = await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.PARTIAL))
        assert "payments/new" in await bot.until_shown(request_id, "PARTIAL")

        bot.scene.cluster.remove(NETWORK_POLICIES, "payments", "new")
        await bot.until_said(request_id, f"CLOSED: what was open of {row.part.target.title}")
        await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.INCONCLUSIVE))
        chapters = ("evidence:hole", "verdict:PARTIAL", "evidence:measured-again", "verdict:INCONCLUSIVE")
        assert in_order(await bot.story(request_id), *chapters)


async def test_where_watching_is_not_allowed_that_is_said_and_the_schedule_finds_the_hole(
    tmp_path: Path,
) -> None:
    quick = replace(QUICK, measure=timedelta(seconds=0.2))
    async with stage(tmp_path, limits=quick) as bot:
        await bot.stop()
        bot.scene.cluster.add_user(TOKEN, User("firebreak", deny=(Rule(verbs=("watch",)),)))
        await bot.start()
        close_namespace(bot)
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.INCONCLUSIVE))
        bot.scene.cluster.add_policy("payments", "new", OPEN_ALL)

        await bot.until_said(request_id, f"HOLE in {request_id}")
        assert "Forbidden" in bot.built.noted()["watch on networkpolicies.networking.k8s.io in prod"]


async def test_what_stands_as_measured_is_measured_again_without_a_record(tmp_path: Path) -> None:
    quick = replace(QUICK, measure=timedelta(seconds=0.05), watch=timedelta(seconds=0.05))
    async with stage(tmp_path, limits=quick) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.PARTIAL))
        before = await bot.story(request_id)
        asked = len(bot.scene.cluster.journal.entries)

        async def looked() -> bool:
            entries = bot.scene.cluster.journal.entries[asked:]
            return sum(e.verb == "list" and e.resource == "daemonsets" for e in entries) > 3

        await bot.until(looked)
        assert await bot.story(request_id) == before


async def test_whoever_asks_has_it_measured(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: measured(rows[0], Verdict.PARTIAL))

        said = await bot.ask(CARA, f"recheck {request_id}")
        assert "PARTIAL (payments/" in said
        (row,) = await bot.rows(request_id)
        assert row.verdict is Verdict.PARTIAL
        assert any(proof.rung == "L1" and proof.outcome == "open" for proof in row.evidence)
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)


async def test_after_a_rollback_what_is_allowed_is_held_against_what_was_before(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)
        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert "as it was before the containment" in row.evidence[-1].text
        assert row.evidence[-1].outcome == "holds"


async def test_a_policy_that_went_meanwhile_is_said_to_differ_after_the_rollback(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=DEAF) as bot:
        request_id = await contained(bot)
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)
        bot.scene.cluster.remove(NETWORK_POLICIES, "payments", "allow-egress")
        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.ROLLED_BACK)
        told = row.evidence[-1]
        assert (told.rung, told.outcome) == ("L1", "open")
        assert "DIFFERS from before" in told.text
        assert "payments/allow-egress" in told.text


async def test_in_a_real_cluster_a_policy_that_is_deleted_is_told_by_the_watch(
    outfitted: Outfitted, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=outfitted, limits=DEAF) as bot:
        cast = outfitted.incident
        request_id = await bot.contain(ALICE, BOB, f"quarantine prod/{cast.namespace}/{cast.pod} for 4h")
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)
        assert not bot.built.noted(), "each kind may be watched with the generated rights"
        await outfitted.api.delete(outfitted.policies_path(f"firebreak-{request_id.lower()}-0"))

        await bot.until_said(request_id, "written again under the original approval (1 of 3)")
        await bot.until_state(request_id, PartState.APPLIED)
        assert f"firebreak-{request_id.lower()}-0" in await outfitted.policies()
