"""Several actions in one request: one card, one approval, all of it on real parts, and one way back."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.flows.marks import CONTAIN
from bot.adapters.slack.form import ids
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour, faults
from bot.sandbox.kubernetes.objects import labels_of
from bot.sandbox.kubernetes.resources import NETWORK_POLICIES, PODS
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, DAN, POLICY
from bot.sandbox.slack.answers import texts
from bot.sandbox.slack.views import View
from tests.journeys.firewall import ADDRESS, MINUTES, entries, puts
from tests.journeys.stage import PATIENCE, REQUEST, Stage, in_order, stage
from tests.journeys.test_flows_face import pressed
from tests.journeys.test_form_journey import standing

pytestmark = pytest.mark.timeout(120)

AT_ONCE = Behaviour(turn_per_poll=MINUTES)
SPLIT = POLICY.replace(
    "approve: [security]\n    release: [on-call, security]\n    lease: {default: 1d",
    "approve: [network-owners]\n    release: [on-call, network-owners]\n    lease: {default: 1d",
)
"""Pods are approved by security, addresses by the network's owners."""


def path(bot: Stage) -> str:
    cast = bot.scene.incident
    return f"{cast.cluster}/{cast.namespace}/{cast.pod}"


def asking(bot: Stage) -> str:
    """Return the command that contains the suspect and whom it talks to."""
    return f"contain {path(bot)} {ADDRESS} for 2h because it beacons"


def mark(bot: Stage) -> str | None:
    """Return our label on the suspect, as the cluster has it."""
    cast = bot.scene.incident
    pod = bot.scene.cluster.registry.need(PODS, cast.namespace, cast.pod)
    return labels_of(pod).get("firebreak.dev/quarantine")


def policies(bot: Stage) -> list[str]:
    every = bot.scene.cluster.registry.store.each(NETWORK_POLICIES, bot.scene.incident.namespace)
    return [name for one in every if (name := str(one["metadata"]["name"])).startswith("firebreak-")]


async def traced_and_asked(bot: Stage) -> str:
    """Choose in one form what a trace reached, look at the plan, ask for it; return the request's id."""
    workspace = bot.scene.workspace
    answer = await workspace.slash(ALICE, CHANNEL, f"/ir trace {path(bot)} since 15m")
    (told,) = await workspace.until(lambda: answer.posts, PATIENCE)
    assert f"/ir plan contain {path(bot)} {ADDRESS}" in "\n".join(texts(list(told.blocks)))

    await pressed(bot, told, CONTAIN)
    form: View = await workspace.until(lambda: workspace.views.top(ALICE), PATIENCE)
    assert form.body["callback_id"] == ids.ASK
    filled: dict[str, dict[str, Any]] = {"lease": {"field": "2h"}, "reason": {"field": "it beacons"}}
    sent = await workspace.submit_view(ALICE, form.id, filled)
    plan = await standing(bot, sent, ids.PLAN)
    assert "2 steps" in "\n".join(texts(plan.blocks))
    assert not workspace.messages(CHANNEL), "nobody is asked yet"

    asked = await workspace.submit_view(ALICE, plan.id, {})
    over = await standing(bot, asked, ids.NOTHING, "waiting for approval")
    found = REQUEST.search("\n".join(texts(over.blocks)))
    assert found is not None
    return found[0]


async def test_what_a_trace_reached_is_chosen_in_one_form_contained_by_one_approval_and_undone_whole(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, transport="http", behaviour=AT_ONCE, relay=True) as bot:
        before = bot.scene.cluster.snapshot("payments")
        request_id = await traced_and_asked(bot)
        shown = await bot.until_shown(request_id, "2 steps", "one approval, one lease, one way back")
        assert "blocks too, until a person decides" in shown
        assert f"Cut payments/{bot.scene.incident.pod} in prod off the network" in shown
        assert f"Deny {ADDRESS} at the firewall, for cluster prod alone" in shown
        assert (policies(bot), entries(bot)) == ([], set())
        said = await bot.approve(BOB, request_id)
        assert "approved and starts now" in said
        await bot.until_state(request_id, PartState.APPLIED)
        assert mark(bot) == f"{request_id.lower()}-0"
        assert policies(bot) == [f"firebreak-{request_id.lower()}-0"]
        assert (entries(bot), puts(bot)) == ({ADDRESS}, 1)
        await bot.until_shown(request_id, "APPLIED", "Where each stands")

        await bot.ask(ALICE, f"rollback {request_id} because it was us")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert bot.scene.cluster.snapshot("payments") == before
        assert (mark(bot), policies(bot), entries(bot)) == (None, [], set())
        story = await bot.story(request_id)
        assert in_order(story, "command", "plan_shown", "vote", "decided", "intent", "evidence"), story


async def test_it_takes_the_approvers_of_each_step_and_nobody_releases_another_ones(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE, policy=SPLIT) as bot:
        request_id = await bot.propose(ALICE, asking(bot))
        shown = await bot.shown(request_id)
        assert "1 more of security (rule 1 (any pod)); 1 more of network-owners (rule 2 (addresses))" in shown

        said = await bot.approve(BOB, request_id)  # security
        assert "counts; 1 more needed" in said
        assert (policies(bot), puts(bot)) == ([], 0)
        assert "Refused" in await bot.approve(DAN, request_id)
        said = await bot.approve(CARA, request_id)  # of both
        assert "approved and starts now" in said
        await bot.until_state(request_id, PartState.APPLIED)

        bot.clock.turn(minutes=20)  # from now on a rollback takes who may approve every step
        assert "Refused" in await bot.ask(BOB, f"rollback {request_id}")
        assert (mark(bot) is not None, entries(bot)) == (True, {ADDRESS})
        await bot.ask(CARA, f"rollback {request_id}")
        await bot.until_state(request_id, PartState.ROLLED_BACK)


async def test_where_azure_refuses_the_pod_stays_cut_and_the_card_says_which_step_failed(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, transport="http", behaviour=AT_ONCE) as bot:
        before = bot.scene.cluster.snapshot("payments")
        bot.scene.arm.fail_next(faults.locked())
        request_id = await bot.propose(ALICE, asking(bot))
        await bot.approve(BOB, request_id)

        def settled(rows: tuple[PartRow, ...]) -> bool:
            return [row.state for row in rows] == [PartState.APPLIED, PartState.FAILED]

        await bot.until_rows(request_id, settled)
        shown = await bot.until_shown(request_id, "Trouble", "ScopeLocked", "(1 of 2 parts, 1 FAILED)")
        assert re.search(r"2\. \n❌ \nFAILED: \nDeny 203", shown), shown
        assert mark(bot) == f"{request_id.lower()}-0"
        assert entries(bot) == set()

        await bot.ask(ALICE, f"rollback {request_id}")
        rows = await bot.until_rows(request_id, lambda rows: rows[0].state is PartState.ROLLED_BACK)
        assert rows[1].state is PartState.FAILED
        assert bot.scene.cluster.snapshot("payments") == before


async def test_killed_and_started_again_in_the_middle_it_goes_on_and_writes_nothing_twice(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, transport="http") as bot:
        request_id = await bot.propose(ALICE, asking(bot))
        await bot.approve(BOB, request_id)
        await bot.until_rows(
            request_id, lambda rows: [r.state for r in rows] == [PartState.APPLIED, PartState.ACCEPTED]
        )
        await bot.restart()
        bot.scene.arm.advance(MINUTES)
        await bot.until_state(request_id, PartState.APPLIED)
        assert (entries(bot), puts(bot)) == ({ADDRESS}, 1)
        assert policies(bot) == [f"firebreak-{request_id.lower()}-0"]


async def test_one_refused_step_refuses_all_of_it_and_a_protected_one_is_never_asked(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http") as bot:
        own = await bot.ask(ALICE, f"contain {path(bot)} kube-system/coredns-5d78c9869d-4xjzq")
        assert "Refused" in own
        missing = await bot.ask(ALICE, f"contain {path(bot)} payments/api-gone {ADDRESS}")
        assert "step 1 (" in missing
        assert "there is no pod prod/payments/api-gone" in missing
        partner = await bot.ask(ALICE, f"contain {path(bot)} 203.0.113.200")
        assert "step 2 (203.0.113.200)" in partner
        stranger = await bot.ask(DAN, asking(bot))
        assert "Refused" in stranger
        assert not bot.scene.workspace.messages(CHANNEL)
        assert in_order(await bot.story(), "refusal", "refusal", "refusal", "refusal")


@pytest.mark.slow
async def test_the_end_of_the_lease_lets_go_of_nothing_and_gets_loud(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", behaviour=AT_ONCE) as bot:
        request_id = await bot.contain(ALICE, BOB, asking(bot))
        bot.clock.turn(hours=2, minutes=1)
        await bot.until_shown(request_id, "OVERDUE", "no timer will release it")
        assert mark(bot) is not None
        assert entries(bot) == {ADDRESS}


@pytest.mark.slow
async def test_it_is_never_solo_and_break_glass_is_confirmed_by_what_tells_all_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", behaviour=AT_ONCE, policy=POLICY + ALONE) as bot:
        assert "Refused" in await bot.ask(ALICE, f"contain {path(bot)} {ADDRESS} solo because it beacons out")
        said = await bot.ask(ALICE, f"contain {path(bot)} {ADDRESS} break-glass because it beacons out")
        found = REQUEST.search(said)
        assert found is not None, said
        request = await bot.request(found[0])
        name = bot.scene.incident.pod
        assert f"name {name}+1" in said
        one = await bot.ask(ALICE, f"confirm {request.id} {request.digest[:12]} name {name}")
        assert "is not the name that this plan asks for" in one, "the name of one does not stand for both"
        assert (mark(bot), entries(bot)) == (None, set())
        await bot.ask(ALICE, f"confirm {request.id} {request.digest[:12]} name {name}+1")
        await bot.until_state(request.id, PartState.APPLIED)
        assert (mark(bot) is not None, entries(bot)) == (True, {ADDRESS})


@pytest.mark.slow
async def test_the_form_opens_without_what_the_person_may_not_ask_for(tmp_path: Path) -> None:
    elsewhere = POLICY.replace('actions: [quarantine-pod]\n    clusters: ["*"]', 'actions: [quarantine-pod]\n    clusters: ["*"]\n    namespaces: [shop]')  # fmt: skip
    async with stage(tmp_path, transport="http", relay=True, policy=elsewhere) as bot:
        workspace = bot.scene.workspace
        answer = await workspace.slash(ALICE, CHANNEL, f"/ir trace {path(bot)} since 15m")
        (told,) = await workspace.until(lambda: answer.posts, PATIENCE)
        await pressed(bot, told, CONTAIN)
        form: View = await workspace.until(lambda: workspace.views.top(ALICE), PATIENCE)
        assert form.body["private_metadata"] == "block"
        assert bot.scene.incident.pod not in str(form.body["blocks"])
        assert ADDRESS in str(form.body["blocks"])

        async def recorded() -> bool:
            return in_order(await bot.story(), "command:trace", "command:form")

        await bot.until(recorded)
