"""Solo and break-glass from the form, and one click on a private answer in the place of typing it."""

from pathlib import Path

import pytest

from bot.adapters.slack.card.buttons import BREAK
from bot.adapters.slack.form import ids
from bot.adapters.slack.letters import SWEEP
from bot.domain.requests import Mode
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, ALONE, BOB, CARA, CHANNEL, POLICY
from bot.sandbox.slack.answers import Answer
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.payloads import message_controls
from tests.journeys.firewall import ADDRESS, entries
from tests.journeys.stage import PATIENCE, REQUEST, Stage, in_order, stage
from tests.journeys.test_block_journey import AT_ONCE, BLOCK
from tests.journeys.test_form_journey import planned, standing, words

pytestmark = pytest.mark.timeout(120)

WITH_BOTH = POLICY + ALONE
WHY = "data leaves now and nobody answers"


def offered(view: object) -> list[str]:
    """Return the ways that a view offers."""
    blocks = getattr(view, "blocks", ())
    radios = [block["element"] for block in blocks if block.get("block_id") == ids.WAY]
    return [option["value"] for radio in radios for option in radio["options"]]


def pressing(bot: Stage, user: str, button: str) -> Message | None:
    """Return the newest private answer with this button."""
    mine = [m for m in bot.scene.workspace.messages(CHANNEL, ephemeral=True) if m.only_for == user]
    found = [m for m in mine if button in {control.action_id for control in message_controls(m)}]
    return found[-1] if found else None


async def pressed(bot: Stage, user: str, button: str) -> Answer:
    """Press a button of the newest private answer that has it."""
    answer = await bot.scene.workspace.until(lambda: pressing(bot, user, button), PATIENCE)
    return await bot.scene.workspace.click(user, CHANNEL, answer.ts, button)


async def test_the_plan_offers_solo_and_it_starts_at_once_with_the_same_record(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", policy=WITH_BOTH) as bot:
        plan = await planned(bot, lease="30m")
        assert offered(plan) == ["quorum", "solo", "break-glass"]
        assert "For 30m; stays cut after that" in words(plan)
        sent = await bot.scene.workspace.submit_view(ALICE, plan.id, {ids.WAY: {"field": "solo"}})
        over = await standing(bot, sent, ids.NOTHING, "starts now, solo")

        request_id = REQUEST.findall(words(over))[0]
        await bot.until_state(request_id, PartState.APPLIED)
        request = await bot.request(request_id)
        assert request.requester is not None
        assert (request.mode, request.terms.lease, request.requester.user) == (Mode.SOLO, 1800, ALICE)
        await bot.until_shown(request_id, "*SOLO*", "*REVIEW OPEN*")
        story = await bot.story(request_id)
        assert in_order(story, "command", "plan_shown", "decided:solo", "intent"), story


async def test_break_glass_from_the_form_asks_why_then_the_name_and_runs(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", policy=WITH_BOTH) as bot:
        workspace, pod = bot.scene.workspace, bot.scene.incident.pod
        plan = await planned(bot, lease="")
        turned = await workspace.submit_view(ALICE, plan.id, {ids.WAY: {"field": "break-glass"}})
        glass = await standing(bot, turned, ids.GLASS, "Nothing runs yet")
        assert "beaconing to" in str(glass.body), "the reason that was given stands there"
        assert not workspace.messages(CHANNEL)

        short = await workspace.submit_view(ALICE, glass.id, {ids.REASON: {"text": "now!  !  !"}})
        assert list(short.errors) == [ids.REASON]
        sent = await workspace.submit_view(ALICE, glass.id, {ids.REASON: {"text": WHY}})
        confirm = await standing(bot, sent, ids.BREAK, "past the approvers")
        request_id = REQUEST.findall(confirm.body["private_metadata"])[0]
        assert (await bot.rows(request_id))[0].state is PartState.PROPOSED

        slipped = await workspace.submit_view(ALICE, confirm.id, {ids.NAME: {"field": f"{pod}x"}})
        assert list(slipped.errors) == [ids.NAME]
        await workspace.submit_view(ALICE, confirm.id, {ids.NAME: {"field": pod}})
        await bot.until_state(request_id, PartState.APPLIED)
        request = await bot.request(request_id)
        assert (request.mode, request.reason) == (Mode.BREAK_GLASS, WHY)
        story = await bot.story(request_id)
        assert in_order(story, "command", "plan_shown", "decided:break-glass", "intent"), story


async def test_ways_are_offered_only_to_those_and_for_what_the_policy_allows(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", policy=WITH_BOTH) as bot:
        assert offered(await planned(bot, lease="90m")) == ["quorum", "break-glass"], "solo lasts an hour"
        assert offered(await planned(bot, lease="4h")) == []


async def test_without_them_in_the_policy_nothing_is_offered(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http") as bot:
        plan = await planned(bot, lease="30m")
        assert offered(plan) == []
        assert plan.body["submit"]["text"] == "Ask for approval"


async def test_a_break_glass_that_was_typed_is_confirmed_by_a_button_and_its_form(tmp_path: Path) -> None:
    async with stage(tmp_path, policy=WITH_BOTH) as bot:
        cast = bot.scene.incident
        request_id = await bot.propose(
            ALICE, f"quarantine prod/{cast.namespace}/{cast.pod} break-glass because {WHY}"
        )
        assert BREAK not in {c.action_id for c in message_controls(await bot.card(request_id))}
        form = await standing(bot, await pressed(bot, ALICE, BREAK), ids.BREAK, cast.pod)
        assert (await bot.rows(request_id))[0].state is PartState.PROPOSED
        sent = await bot.scene.workspace.submit_view(ALICE, form.id, {ids.NAME: {"field": cast.pod}})

        assert sent.acked
        await bot.until_state(request_id, PartState.APPLIED)
        assert in_order(await bot.story(request_id), "decided:break-glass", "intent")
        await bot.scene.workspace.replay(sent)
        again = await pressed(bot, ALICE, BREAK)
        assert "can no longer be confirmed" in await bot._told(again)


async def test_all_of_an_incident_is_rolled_back_by_the_button_on_the_answer(tmp_path: Path) -> None:
    async with stage(tmp_path, behaviour=AT_ONCE) as bot:
        first = await bot.contain(ALICE, BOB, BLOCK)
        second = await bot.contain(ALICE, BOB, BLOCK.replace(ADDRESS, "203.0.113.8"))
        incident = (await bot.request(first)).incident
        said = await bot.ask(CARA, f"rollback incident {incident}")
        assert "Press the button, or type: /ir rollback incident" in said
        sent = await pressed(bot, CARA, SWEEP)

        assert f"Rolling back 2 of 2 containments of {incident}" in await bot._told(sent)
        for request_id in (first, second):
            await bot.until_state(request_id, PartState.ROLLED_BACK)
        assert entries(bot) == set()
        await bot.scene.workspace.replay(sent)
        story = await bot.story(first)
        assert story.count("rollback:asked") <= 1, story
