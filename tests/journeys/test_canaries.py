"""A quarantine proved by packets where the engine says nothing: two canaries come, tell, and are gone, whatever happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.canary import CANARY
from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.kubernetes.faults import Denied, Match
from bot.sandbox.kubernetes.objects import labels_of, name_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.log import records
from tests.journeys.stage import Stage, in_order, stage
from tests.journeys.test_misfortunes_before import suspect
from tests.journeys.test_watched import OPEN_ALL

IMAGE = "registry.example.com/firebreak@sha256:" + "0" * 64
ASK = "for 4h because beaconing"


@asynccontextmanager
async def proving(folder: Path) -> AsyncIterator[Stage]:
    """Run the bot where canaries are allowed, and policies leave a quarantined pod nothing."""
    async with stage(folder, canary_image=IMAGE) as bot:
        for name in ("allow-egress", "api-from-web"):
            bot.scene.cluster.remove(NETWORK_POLICIES, "payments", name)
        yield bot


def canaries(bot: Stage) -> list[str]:
    """Return the names of the canaries that stand."""
    pods = bot.scene.cluster.registry.store.each(PODS)
    return [name_of(pod) for pod in pods if CANARY in labels_of(pod)]


def done(row: PartRow, verdict: Verdict) -> bool:
    """Whether the lane has done with it, canaries and all, and this came of it."""
    return (
        row.state is PartState.APPLIED and row.due_at is None and not row.canaries and row.verdict is verdict
    )


async def test_policies_that_leave_nothing_and_packets_that_are_dropped_make_it_contained(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} {ASK}")
        shown = await bot.shown(request_id)
        assert f"Places two canary pods of image {IMAGE}" in shown
        await bot.approve(BOB, request_id)
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.CONTAINED))

        assert {e.rung for e in row.evidence if e.outcome == "holds"} == {"L0", "L1", "L4"}
        assert canaries(bot) == []
        assert sorted(bot.scene.kubelet.seen) == [
            f"firebreak-canary-{request_id.lower()}-0-{role}" for role in ("inside", "outside")
        ]
        assert in_order(
            await bot.story(request_id), "intent:canaries", "verdict:CONTAINED", "result:canaries-gone"
        )


@pytest.mark.slow
async def test_a_hole_that_the_policies_tell_of_is_seen_by_packets_too_and_calls_nobody(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, canary_image=IMAGE) as bot:
        bot.scene.cluster.remove(NETWORK_POLICIES, "payments", "api-from-web")
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} using networkpolicy {ASK}")
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.PARTIAL))

        said = {e.rung: (e.outcome, e.text) for e in row.evidence}
        assert said["L4"][0] == "open"
        assert "a canary under its label reaches 10.244." in said["L4"][1]
        assert "HOLE" not in await bot.thread(request_id)
        assert canaries(bot) == []


async def test_an_engine_that_enforces_nothing_is_found_out_though_its_policies_leave_nothing(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.enforces = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.PARTIAL))

        assert {e.rung: e.outcome for e in row.evidence if e.outcome} == {
            "L0": "holds",
            "L1": "holds",
            "L4": "open",
        }
        assert "packets get through" in await bot.until_shown(request_id, "PARTIAL")
        await bot.until_said(request_id, f"HOLE in {request_id}")
        assert canaries(bot) == []


async def test_where_the_control_reaches_nobody_either_it_shows_nothing(tmp_path: Path) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.cluster.add_policy("payments", "closed", {"podSelector": {}, "policyTypes": ["Ingress"]})
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        assert "the control could not reach 10.244." in "".join(
            e.text for e in row.evidence if e.rung == "L4"
        )
        assert canaries(bot) == []


@pytest.mark.slow
async def test_a_canary_that_never_starts_is_named_with_its_reason_and_gone_afterwards(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.pulls = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        await bot.until(lambda: _so(len(canaries(bot)) == 2))
        await bot.until_rows(
            request_id, lambda rows: any("ImagePullBackOff" in e.text for e in rows[0].evidence)
        )
        bot.clock.turn(seconds=120)
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        shown = await bot.until_shown(request_id, "L4 is missing")
        assert "ImagePullBackOff" in shown
        assert canaries(bot) == []


async def test_canaries_that_the_cluster_refuses_when_asked_are_left_out_and_that_is_said(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.cluster.faults.arm(Denied("exceeded quota: pods"), Match("create", "pods"), times=None)
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} {ASK}")
        shown = await bot.shown(request_id)

        assert "no canary will prove that payments/" in shown
        assert "exceeded quota: pods" in shown
        assert (await bot.request(request_id)).plan.parts[0].probes == ()
        await bot.approve(BOB, request_id)
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))


@pytest.mark.slow
async def test_canaries_that_are_refused_only_later_hinder_no_containment(tmp_path: Path) -> None:
    async with proving(tmp_path) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} {ASK}")
        bot.scene.cluster.faults.arm(Denied("exceeded quota: pods"), Match("create", "pods"), times=None)
        await bot.approve(BOB, request_id)
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        assert "exceeded quota: pods" in await bot.until_shown(request_id, "L4 is missing")
        assert canaries(bot) == []


async def test_whoever_comes_after_a_bot_that_ended_in_between_goes_on_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.ends = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        await bot.until(lambda: _so(len(canaries(bot)) == 2))
        await bot.stop()
        assert len(canaries(bot)) == 2

        bot.scene.kubelet.ends = True
        await bot.start()
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.CONTAINED))
        assert canaries(bot) == []


async def test_a_rollback_is_not_over_while_a_canary_may_stand_and_outlives_a_bot_that_ends(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        before = bot.scene.cluster.snapshot("payments")
        bot.scene.kubelet.ends = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        await bot.until(lambda: _so(len(canaries(bot)) == 2))
        bot.scene.cluster.faults.arm(Denied("hands off"), Match("delete", "pods"), times=None)
        await bot.ask(ALICE, f"rollback {request_id}")
        (row,) = await bot.until_state(request_id, PartState.NEEDS_HUMAN)
        assert "firebreak-canary-" in row.trouble
        assert len(canaries(bot)) == 2

        await bot.stop()
        bot.scene.cluster.faults.clear()
        await bot.start()
        await bot.until(lambda: _so(canaries(bot) == []))
        await bot.until_rows(request_id, lambda rows: not rows[0].canaries)
        await bot.ask(ALICE, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before


async def test_a_canary_that_cannot_be_removed_keeps_nobody_from_seeing_what_is_opened_meanwhile(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.cluster.faults.arm(Denied("held by somebody"), Match("delete", "pods"), times=None)
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} using networkpolicy {ASK}")
        (row,) = await bot.until_rows(
            request_id, lambda rows: rows[0].verdict is Verdict.CONTAINED and rows[0].attempts > 0
        )
        assert row.canaries
        assert row.due_at is not None

        bot.scene.cluster.add_policy("payments", "new", OPEN_ALL)
        await bot.until_said(request_id, f"HOLE in {request_id}")
        await bot.until_rows(request_id, lambda rows: rows[0].verdict is Verdict.PARTIAL)


async def test_looking_again_lets_canaries_try_it_anew(tmp_path: Path) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.enforces = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.PARTIAL))
        bot.scene.kubelet.enforces = True

        assert "Canaries try it anew" in await bot.ask(BOB, f"recheck {request_id}")
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.CONTAINED))
        assert len(bot.scene.kubelet.seen) == 4
        assert canaries(bot) == []


async def test_what_is_to_be_placed_is_recorded_before_it_is(tmp_path: Path) -> None:
    async with proving(tmp_path) as bot:
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.CONTAINED))

        (intent,) = [
            record
            for record in await records(bot)
            if record["event"] == "intent" and record.get("outcome") == "canaries"
        ]
        assert [one.split()[-1] for one in intent["details"]["canaries"]] == [
            f"payments/firebreak-canary-{request_id.lower()}-0-{role}" for role in ("outside", "inside")
        ]


async def _so(fact: bool) -> bool:
    return fact
