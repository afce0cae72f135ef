"""From an alert to a suggestion on the real bot: real plans at once, taken by a person, approved by another, undone."""

from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import PREPARE
from bot.adapters.slack.form import ids
from bot.domain.queries import Each, Listing
from bot.domain.refs import SERVICE
from bot.domain.states import PartState
from bot.domain.suggestions import Standing
from bot.domain.suggestions.looks import taken
from bot.domain.views import ServiceView
from bot.engine.suggesting import LEASE
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.alerting import (
    beacon,
    card,
    form_of,
    item,
    listening,
    pressed,
    seen,
    send,
    take,
    thing,
    told,
)
from tests.journeys.seeing import recorded
from tests.journeys.stage import in_order, stage

pytestmark = pytest.mark.timeout(120)


async def test_an_alert_is_looked_at_and_suggests_real_plans(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        cast = bot.scene.incident
        assert await send(bot, beacon(bot)) == 200
        board = await seen(bot)
        (record,) = await recorded(bot, "suggested")

        assert [each.standing for each in board.resolved] == [Standing.FOUND, Standing.FOUND]
        assert "of Deployment api" in board.resolved[0].text
        assert board.resolved[1].text == "outside: no pod, node or Service of prod has it"
        (one,) = board.suggestions
        assert (one.playbook, one.open, len(one.sha256)) == ("beaconing", True, 64)
        confirm, block, cut, trace = one.steps
        assert confirm.commands == (f"/ir flows prod/{cast.namespace}/{cast.pod} last 1h",)
        assert trace.commands
        assert block.plan is not None
        assert block.plan.parts[0].target.name == cast.beacon
        assert cut.plan is not None
        assert cut.plan.blast_radius.pods == 1
        assert [part.target.uid for part in cut.plan.parts] == [cast.pod_uid]
        assert cut.plan.residual, "the story's pod may still talk to somebody, and that is told at once"
        assert one.whole is not None
        assert one.whole.plan is not None
        assert len(one.whole.plan.parts) == 2
        assert (record["outcome"], record["target"]) == ("suggested", board.group.id)
        assert f"quarantine-pod {cut.digest}" in str(record["details"])
        assert not (await bot.story("")).count("intent"), "nothing was done"


@pytest.mark.parametrize(
    "postgres", [False, pytest.param(True, marks=[pytest.mark.postgres, pytest.mark.slow])]
)
async def test_a_suggestion_is_taken_by_a_person_approved_by_another_applied_and_undone(
    tmp_path: Path, request: pytest.FixtureRequest, *, postgres: bool
) -> None:
    database = request.getfixturevalue("postgres_url")() if postgres else ""
    async with stage(tmp_path, outfit=listening(), database=database) as bot:
        await send(bot, beacon(bot))
        board = await seen(bot)
        request_id = await take(bot, ALICE, board, 2)
        stored = await bot.request(request_id)
        one = board.suggestions[0]
        assert stored.requester is not None
        assert stored.requester.user == ALICE
        assert stored.cause is not None
        assert (stored.cause.group, stored.cause.suggestion, stored.cause.step) == (
            board.group.id,
            one.id,
            2,
        )
        (asked,) = [r for r in await recorded(bot, "command") if r.get("request") == request_id]
        assert asked["details"]["cause"]["sha256"] == one.sha256
        marked = await seen(bot, lambda found: found.suggestions[0].requests)
        assert marked.suggestions[0].steps[2].request_id == request_id

        own = await bot.click(ALICE, request_id, "ir_approve")
        assert "Refused" in own, "who clicked asked for it, and can't approve it"
        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        await bot.ask(BOB, f"rollback {request_id} because it was a test")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert in_order(await bot.story(request_id), "command", "plan_shown", "vote", "rollback")


async def test_what_is_not_there_is_said_and_nothing_is_suggested_against_it(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        space = bot.scene.incident.namespace
        await send(bot, item("CryptoMiner", thing("pod", "gone-1", space), thing("fqdn", "pool.example.com")))
        board = await seen(bot)

        assert told(board)[0] == "gone-1: absent: there is no such pod in prod now"
        assert told(board)[1].startswith("pool.example.com: unknown: a name: it was not looked up")
        for one in board.suggestions:
            assert all(step.plan is None for step in one.steps)
            impossible = [step for step in one.steps if step.action == "quarantine-pod"]
            assert all(step.why == f"not there now: pod {space}/gone-1" for step in impossible)


async def test_an_address_of_our_own_is_told_and_never_suggested_to_be_blocked(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        cast = bot.scene.incident
        names = (cast.pod_address, "168.63.129.16", "169.254.169.254")
        await send(
            bot,
            beacon(
                bot,
                thing("pod", cast.pod, cast.namespace),
                *(thing("address", name, role="destination") for name in names),
            ),
        )
        board = await seen(bot)

        said = told(board)
        assert [each.ours for each in board.resolved] == [False, True, True, True]
        assert "pods of prod" in said[1]
        assert "Azure's own host services" in said[2]
        block = board.suggestions[0].steps[1]
        assert block.plan is None
        assert block.refusal is not None
        assert block.refusal.code == "self-harm"
        assert board.suggestions[0].steps[2].plan is not None, "the other step stands"


async def test_an_address_that_no_setting_guards_is_not_blocked_either_while_a_service_has_it(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        cast = bot.scene.incident
        services = await bot.built.context.world.answer(Each("prod", SERVICE, cast.namespace))
        assert isinstance(services, Listing)
        service = next(each for each in services.items if isinstance(each, ServiceView))
        (name,) = service.spec.addresses
        subjects = (thing("pod", cast.pod, cast.namespace), thing("address", name, role="destination"))
        await send(bot, beacon(bot, *subjects))
        board = await seen(bot)

        assert board.resolved[1].text == f"a Service's address: {cast.namespace}/{service.metadata.name}"
        refusal = board.suggestions[0].steps[1].refusal
        assert refusal is not None
        assert refusal.code == "address-ours"
        assert board.suggestions[0].whole is None, "what is refused is no part of all in one"


async def test_a_cluster_that_the_settings_do_not_name_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening(cluster="")) as bot:
        cast = bot.scene.incident
        await send(bot, beacon(bot, thing("pod", cast.pod, cast.namespace), cluster="elsewhere"))
        board = await seen(bot)

        assert f"{cast.pod}: unknown: the settings name no cluster elsewhere" in told(board)
        steps = [step for one in board.suggestions for step in one.steps if step.action]
        assert steps
        assert all("elsewhere" in step.why or step.why.startswith("the alert names no") for step in steps)


TWO = """\
version: 1
name: {name}
title: {name}
order: {order}
{stop}
match: {{when: size(alert.pods) > 0}}
steps:
  - title: Cut it off
    action: quarantine-pod
    with:
      cluster: {{from: cluster}}
      namespace: {{from: namespace}}
      pods: {{from: pods}}
"""


async def test_playbooks_come_in_their_order_and_none_after_one_that_says_stop(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    for name, order, stop in (("zeta", 1, ""), ("alpha", 2, "stop: true"), ("beta", 3, "")):
        (folder / f"{name}.yaml").write_text(TWO.format(name=name, order=order, stop=stop))
    async with stage(tmp_path, outfit=listening(str(folder))) as bot:
        await send(bot, beacon(bot))
        board = await seen(bot)

        assert [one.playbook for one in board.suggestions] == ["zeta", "alpha"]
        assert board.passed == ("beta: alpha fits, and says stop",)


HOSTILE = "<!channel> *x* _y_ `z` ](https://evil.example) \u202e=cmd|'/c calc'!A1"


async def test_hostile_words_are_carried_as_words_and_bent_names_are_no_subjects(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        cast = bot.scene.incident
        bad = thing("pod", "../../etc", cast.namespace)
        good = thing("pod", cast.pod, cast.namespace)
        await send(bot, item(f"Beacon {HOSTILE}", good, bad, title=HOSTILE, labels={"a": HOSTILE}))
        board = await seen(bot)
        message = await card(bot, board)

        assert [each.subject.name for each in board.resolved] == [cast.pod]
        read_as_markup = [
            message.text,
            *(b["text"]["text"] for b in message.blocks if b.get("text", {}).get("type") == "mrkdwn"),
        ]
        assert [text for text in read_as_markup if "<!channel>" in text] == []
        assert HOSTILE not in str(await recorded(bot, "suggested"))


async def test_more_pods_are_planned_for_in_their_time_and_under_the_same_name(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        cast = bot.scene.incident
        await send(bot, beacon(bot))
        first = await seen(bot)
        other = thing("pod", cast.siblings[0], cast.namespace)
        await send(bot, beacon(bot, other, number=1))
        counted = await seen(bot, lambda found: found.group.total == 2)
        assert counted.looked_at == first.looked_at, "not sooner than in half a minute"
        bot.clock.turn(seconds=31)
        again = await seen(bot, lambda found: found.looked_at != first.looked_at)

        (before,), (after,) = first.suggestions, again.suggestions
        assert after.id == before.id
        assert after.steps[2].plan is not None
        assert len(after.steps[2].plan.parts) == 2
        assert after.steps[2].digest != before.steps[2].digest
        await bot.ask(ALICE, f"alerts {first.group.id}")
        bot.clock.turn(minutes=4)
        await bot.ask(ALICE, f"alerts {first.group.id}")
        await seen(bot, lambda found: found.looked_at not in {first.looked_at, again.looked_at})
        assert len(await recorded(bot, "suggested")) == 3, "what is fresh is not made again"


async def test_once_the_alert_is_over_its_suggestion_cannot_be_taken(tmp_path: Path) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        await send(bot, beacon(bot))
        board = await seen(bot)
        form = await pressed(bot, ALICE, board, f"{PREPARE}2")
        plan = await form_of(bot, await bot.scene.workspace.submit_view(ALICE, form.id), ids.PLAN)
        await send(bot, beacon(bot, status="resolved", ended="2026-11-21T02:31:00Z"))
        over = await seen(bot, lambda found: not found.group.firing)
        await form_of(
            bot, await bot.scene.workspace.submit_view(ALICE, plan.id), ids.NOTHING, "The alert is over"
        )
        refused = await recorded(bot, "refusal")

        assert [one.id for one in over.suggestions] == [one.id for one in board.suggestions]
        assert not over.suggestions[0].requests
        assert refused[-1]["outcome"] == "alert-over"


async def test_what_was_taken_by_a_program_that_died_is_looked_at_by_another_and_only_then(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, outfit=listening()) as bot:
        await send(bot, beacon(bot))
        first = await seen(bot)
        store = bot.built.context.store
        async with store.begin() as tx:
            look = await tx.suggestions.look(first.group.id, lock=True)
            assert look is not None
            await tx.suggestions.put_look(taken(look, tx.now, LEASE))  # and then it is gone
        more = (thing("pod", first.resolved[0].subject.name, "payments"), thing("address", "203.0.113.99"))
        await send(bot, beacon(bot, *more, number=1))
        waiting = await seen(bot, lambda found: found.group.total == 2)
        assert waiting.looked_at == first.looked_at
        bot.clock.turn(seconds=LEASE.total_seconds() + 1)
        again = await seen(bot, lambda found: found.looked_at != first.looked_at)

        assert [one.id for one in again.suggestions] == [one.id for one in first.suggestions]
        assert [each.subject.name for each in again.resolved][-1] == "203.0.113.99"
