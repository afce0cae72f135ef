"""Whoever may write pods beside a canary would like to write its verdict: whatever they do, it is never CONTAINED."""

import json
from pathlib import Path

import pytest

from bot.domain.canary import CANARY, pod
from bot.domain.findings import Verdict
from bot.domain.isolation import LABEL
from bot.sandbox.kubernetes.objects import Json, labels_of, metadata_of, name_of
from bot.sandbox.kubernetes.resources import PODS
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.stage import Stage, in_order
from tests.journeys.test_canaries import ASK, canaries, done, proving
from tests.journeys.test_misfortunes_before import suspect

FORGED = {
    "outside": {"control": "open", "control-dns": "open", "control-api": "open", "target": "cut"},
    "inside": {"sibling": "cut", "dns": "cut", "api": "cut"},
}


async def standing(bot: Stage, request_id: str) -> dict[str, Json]:
    """Wait until both canaries stand and the bot knows them; return them by their roles."""
    await bot.until_rows(request_id, lambda rows: len(rows[0].canary_uids) == 2)
    pods = bot.scene.cluster.registry.store.each(PODS)
    return {labels_of(one)[CANARY]: one for one in pods if CANARY in labels_of(one)}


def forged(bot: Stage, body: Json) -> None:
    """Put somebody's pod there that has ended with a message of his own."""
    role = labels_of(body)[CANARY]
    results = [
        {"name": name, "last": last, "tries": 8, "opened": 0, "refused": 0, "first_cut": None}
        for name, last in FORGED[role].items()
    ]
    message = json.dumps({"v": 1, "results": results, "seconds": 8.0})
    ended = {"name": "canary", "state": {"terminated": {"exitCode": 0, "message": message}}}
    bare = {key: value for key, value in metadata_of(body).items() if key in {"name", "namespace", "labels"}}
    status = {"phase": "Succeeded", "containerStatuses": [ended]}
    bot.scene.cluster.add_object(PODS, {**body, "metadata": bare, "status": status})


def said(row: object) -> str:
    """Return what the canaries are said to have shown."""
    return "".join(e.text for e in getattr(row, "evidence", ()) if e.rung == "L4")


async def test_pods_that_stood_there_before_under_their_names_are_removed_and_never_listened_to(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.enforces = False
        request_id = await bot.propose(ALICE, f"quarantine {suspect(bot)} {ASK}")
        for probe in (await bot.request(request_id)).plan.parts[0].probes:
            forged(bot, pod(probe).body.value)
        await bot.approve(BOB, request_id)
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.PARTIAL))

        assert "packets get through" in said(row)
        assert len(bot.scene.kubelet.seen) == 2
        assert canaries(bot) == []
        assert in_order(await bot.story(request_id), "intent:canaries", "result:canary-placed")


@pytest.mark.slow
@pytest.mark.parametrize("role", ["outside", "inside"])
async def test_a_canary_that_is_taken_away_and_put_back_with_another_message_is_not_believed(
    tmp_path: Path, role: str
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.ends = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        both = await standing(bot, request_id)
        bot.scene.cluster.remove(PODS, "payments", name_of(both[role]))
        forged(bot, both[role])
        bot.scene.kubelet.ends = True
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        assert "it is another pod of that name" in said(row)
        assert canaries(bot) == []


@pytest.mark.slow
async def test_a_canary_that_somebody_deletes_shows_nothing(tmp_path: Path) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.ends = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        both = await standing(bot, request_id)
        bot.scene.cluster.remove(PODS, "payments", name_of(both["inside"]))
        bot.scene.kubelet.ends = True
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        assert "somebody deleted it" in said(row)
        assert canaries(bot) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("patch", "why"),
    [
        ({"metadata": {"labels": {"app": "api"}}}, "its label app is another"),
        ({"metadata": {"labels": {LABEL: "fb-7zzz-0"}}}, f"its label {LABEL} is another"),
        (
            {"spec": {"ephemeralContainers": [{"name": "x", "image": "x:1"}]}},
            "it was given ephemeralContainers",
        ),
    ],
    ids=["a Service sends to it", "another cut", "a container joins it"],
)
async def test_a_canary_that_others_changed_shows_nothing_and_is_gone_afterwards(
    tmp_path: Path, patch: Json, why: str
) -> None:
    async with proving(tmp_path) as bot:
        bot.scene.kubelet.ends = False
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        both = await standing(bot, request_id)
        bot.scene.cluster.edit_by_someone_else(PODS, "payments", name_of(both["inside"]), patch)
        bot.scene.kubelet.ends = True
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        assert why in said(row)
        assert canaries(bot) == []


async def test_a_pod_and_siblings_that_play_dead_hide_nothing_where_no_engine_enforces(
    tmp_path: Path,
) -> None:
    async with proving(tmp_path) as bot:
        kubelet, cast = bot.scene.kubelet, bot.scene.incident
        kubelet.enforces = False
        kubelet.mute = {(cast.pod, "outside"), *((sibling, "inside") for sibling in cast.siblings)}
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.PARTIAL))

        assert "a canary under its label reaches the cluster's DNS at " in said(row)
        await bot.until_said(request_id, f"HOLE in {request_id}")


@pytest.mark.slow
async def test_where_nobody_else_answers_the_word_of_siblings_makes_nothing_contained(tmp_path: Path) -> None:
    async with proving(tmp_path) as bot:
        store = bot.scene.cluster.registry.store
        resolvers = [name_of(one) for one in store.each(PODS) if labels_of(one).get("k8s-app") == "kube-dns"]
        bot.scene.kubelet.mute = {(name, role) for name in resolvers for role in ("outside", "inside")}
        request_id = await bot.contain(ALICE, BOB, f"quarantine {suspect(bot)} {ASK}")
        (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0], Verdict.INCONCLUSIVE))

        assert "siblings alone are no witnesses" in said(row)
        assert canaries(bot) == []
