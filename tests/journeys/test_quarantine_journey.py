"""A pod is quarantined through Slack in a real cluster, as the bot's own identity under its generated rights."""

from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.domain.isolation import LABEL, REQUEST
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.controlplane.world import Snapshot
from tests.journeys.outfit import LABELS, Outfitted
from tests.journeys.stage import Stage, Transport, in_order, stage

APPROVERS_RELEASE = POLICY.replace("release: [on-call, security]", "release: [security]")
WAYS = pytest.mark.parametrize(
    ("transport", "postgres"),
    [("socket", False), pytest.param("http", True, marks=pytest.mark.postgres)],
    ids=["socket-sqlite", "http-postgres"],
)


@WAYS
async def test_a_pod_is_asked_for_approved_cut_judged_honestly_and_put_back_exactly(
    outfitted: Outfitted, tmp_path: Path, transport: Transport, postgres: bool, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres_url")() if postgres else ""
    policy = APPROVERS_RELEASE  # so what lets the requester undo it alone is that it is new
    async with stage(
        tmp_path, transport=transport, database=database, cluster=outfitted, policy=policy
    ) as bot:
        before = await outfitted.photograph()
        request_id = await _asked(bot, outfitted)
        assert await outfitted.photograph() == before

        assert "approved and starts now" in await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        await _as_planned(outfitted, before, request_id)
        await _said_honestly(bot, request_id)

        said = await bot.ask(ALICE, f"rollback {request_id} because it was the wrong pod")
        assert f"Rolling back {request_id}" in said
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert await outfitted.photograph() == before
        await bot.until_shown(request_id, "ROLLED BACK")
        await _recorded(bot, request_id)


async def _asked(bot: Stage, outfitted: Outfitted) -> str:
    cast = outfitted.incident
    where = f"prod/{cast.namespace}/{cast.pod}"
    request_id = await bot.propose(ALICE, f"quarantine {where} for 4h because beaconing to {cast.beacon}")
    shown = await bot.until_shown(request_id, "WAITING FOR APPROVAL")
    for words in (
        where,
        f"UID {cast.pod_uid}",
        "owner ReplicaSet api-5c9d",
        f"node {cast.node}",
        "forecast UNKNOWN",
        "best verdict possible: PARTIAL",
        f"allowed by NetworkPolicy {cast.namespace}/allow-egress",
        f"allowed by NetworkPolicy {cast.namespace}/api-from-web",
        f"1 of 3 ready endpoints of Service {cast.namespace}/api will be black-holed",
        f"PodDisruptionBudget {cast.namespace}/api covers the pod",
        "Ready replicas left beside it: 2",
        f"beaconing to {cast.beacon}",
        "<!subteam^S0SECURITY>",
        "kubectl --context prod",
    ):
        assert words in shown, words
    assert "Could not be seen" not in shown
    return request_id


async def _as_planned(outfitted: Outfitted, before: Snapshot, request_id: str) -> None:
    cast, mark = outfitted.incident, f"{request_id.lower()}-0"
    pod = await outfitted.pod()
    assert pod["metadata"]["uid"] == cast.pod_uid
    assert pod["metadata"]["labels"] == {**LABELS, LABEL: mark}
    kept = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
    assert pod["metadata"]["annotations"] == {"team": "pay", **kept}
    policy = (await outfitted.policies())[f"firebreak-{mark}"]
    assert policy["metadata"]["labels"][REQUEST] == request_id
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {LABEL: mark}},
        "policyTypes": ["Ingress", "Egress"],
    }
    touched = {f"v1/pods/{cast.pod}", f"networking.k8s.io/v1/networkpolicies/firebreak-{mark}"}
    now = await outfitted.photograph()
    assert {name for name in {*before, *now} if before.get(name) != now.get(name)} == touched


async def _said_honestly(bot: Stage, request_id: str) -> None:
    shown = await bot.until_shown(request_id, "APPLIED", "verdict \nPARTIAL", "allowed by NetworkPolicy")
    card = await bot.card(request_id)
    for picture in (shown, *bot.pictures(card.ts), await bot.thread(request_id)):
        assert "contained" not in picture.casefold()
    (row,) = await bot.rows(request_id)
    assert row.verdict is Verdict.PARTIAL


async def _recorded(bot: Stage, request_id: str) -> None:
    story = await bot.story(request_id)
    assert in_order(
        story,
        "command",
        "plan_shown",
        "vote:approve",
        "decided:approve",
        "intent",
        "result:accepted",
        "evidence:read-back",
        "rollback:rollback-asked",
        "rollback:rolled-back",
    ), story
    assert story.count("intent") == story.count("rollback:rolled-back") == 1


async def test_a_quarantine_whose_lease_ends_is_overdue_and_stays_cut_until_an_approver_lets_go(
    outfitted: Outfitted, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=outfitted, policy=APPROVERS_RELEASE) as bot:
        before = await outfitted.photograph()
        where = f"prod/{outfitted.incident.namespace}/{outfitted.incident.pod}"
        request_id = await bot.contain(ALICE, CARA, f"quarantine {where} for 4h because beaconing")
        cut = await outfitted.photograph()

        bot.clock.turn(hours=3, minutes=50)
        await bot.until_said(request_id, f"The lease of {request_id} ends in")
        bot.clock.turn(minutes=11)
        await bot.until_said(request_id, f"OVERDUE: the lease of {request_id} is over")
        assert "<!subteam^S0SECURITY>" in await bot.thread(request_id)
        await bot.until_shown(request_id, "OVERDUE", "no timer will release it")
        bot.clock.turn(days=2)
        await bot.until_told_twice(request_id, "OVERDUE: the lease")
        assert await outfitted.photograph() == cut

        assert "Refused" in await bot.ask(ALICE, f"rollback {request_id}")
        assert await outfitted.photograph() == cut
        await bot.ask(BOB, f"rollback {request_id} because examined")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert await outfitted.photograph() == before
        story = await bot.story(request_id)
        assert in_order(story, "lease:warned", "lease:overdue", "refusal", "rollback:rolled-back"), story


@pytest.mark.slow
async def test_where_the_policy_lets_a_quarantine_end_with_its_lease_it_is_put_back_exactly(
    outfitted: Outfitted, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=outfitted, policy=POLICY.replace("hold", "release")) as bot:
        before = await outfitted.photograph()
        where = f"prod/{outfitted.incident.namespace}/{outfitted.incident.pod}"
        request_id = await bot.contain(ALICE, BOB, f"quarantine {where} for 4h because beaconing")
        bot.clock.turn(hours=3, minutes=50)
        await bot.until_said(request_id, "then it is rolled back")
        bot.clock.turn(minutes=11)

        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert await outfitted.photograph() == before
        assert in_order(await bot.story(request_id), "lease:warned", "lease:ended", "rollback:rolled-back")
