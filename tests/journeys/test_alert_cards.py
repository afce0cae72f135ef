"""The card of an alert on the real bot, through truly signed clicks: one card, what it opens, and who may not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import DISMISS, PREPARE, Mark
from bot.adapters.slack.board.standing import BOARD
from bot.adapters.slack.form import ids
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, DAN
from bot.sandbox.slack.answers import texts
from tests.journeys.alerting import (
    beacon,
    card,
    form_of,
    listening,
    pressed,
    send,
    take,
)
from tests.journeys.boarding import alerted, cards
from tests.journeys.mailbox import forge, value
from tests.journeys.seeing import recorded
from tests.journeys.stage import REQUEST, Stage, in_order, stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", outfit=listening()) as made:
        yield made


async def test_an_alert_stands_in_the_channel_with_what_it_names_and_what_could_be_done(bot: Stage) -> None:
    board = await alerted(bot)
    message = await card(bot, board, f"{PREPARE}2")
    words = "".join(texts(list(message.blocks)))

    assert message.blocks[0]["text"]["text"].startswith(
        "🔥 BeaconingPod · critical · prod/payments · 1 alert since "
    )
    assert f"payments/{bot.scene.incident.pod}" in words
    assert "NOT KNOWN WHETHER IT WORKS" in words or "STAYS OPEN" in words
    assert "Undone by its rollback" in words
    assert f"/ir flows prod/payments/{bot.scene.incident.pod} last 1h" in words
    assert message.metadata == {"event_type": BOARD, "event_payload": {"group": board.group.id}}
    assert len(cards(bot)) == 1


async def test_prepare_opens_the_filled_form_and_what_is_asked_stands_on_the_card(bot: Stage) -> None:
    board = await alerted(bot)
    form = await pressed(bot, ALICE, board, f"{PREPARE}1")
    assert bot.scene.incident.beacon in str(form.body["blocks"])
    assert f"BeaconingPod, alert {board.group.id}, playbook beaconing" in str(form.body["blocks"])
    await bot.scene.workspace.close_view(ALICE, form.id)
    request = await take(bot, ALICE, board, 2)

    await card(bot, board, request, "WAITING FOR APPROVAL")
    await bot.approve(BOB, request)
    await bot.until_state(request, PartState.APPLIED)
    message = await card(bot, board, request, "APPLIED")
    buttons = str([block for block in message.blocks if block["type"] == "actions"])
    assert f"{PREPARE}2" not in buttons, "what stands is not offered again"
    assert f"{PREPARE}1" in buttons
    assert in_order(await bot.story(), "suggested", "command:form", "command", "vote")


async def test_all_in_one_is_asked_for_as_one_plan(bot: Stage) -> None:
    board = await alerted(bot)
    request = await bot.request(await take(bot, ALICE, board, -1))

    assert request.action == "contain"
    assert request.cause is not None
    assert (request.cause.step, len(request.plan.parts)) == (-1, 2)
    await card(bot, board, request.id, "All in one")


async def test_a_form_keeps_what_it_comes_of_there_and_back_and_another_action_comes_of_nothing(
    bot: Stage,
) -> None:
    workspace, cast = bot.scene.workspace, bot.scene.incident
    board = await alerted(bot)
    form = await pressed(bot, ALICE, board, f"{PREPARE}2")
    plan = await form_of(bot, await workspace.submit_view(ALICE, form.id), ids.PLAN)
    again = await form_of(bot, await workspace.click_view(ALICE, plan.id, ids.BACK), ids.ASK)
    chosen = {ids.ACTION: {ids.CHOOSE: "block"}}
    other = await workspace.click_view(ALICE, again.id, ids.CHOOSE, chosen, value="block")
    form = await form_of(bot, other, ids.ASK, "Which addresses")

    for one, word in ((again, "quarantine"), (form, "block")):
        said_word, _, mark = one.body["private_metadata"].partition("\n")
        found = Mark.of(mark)
        assert said_word == word
        assert found is not None
        assert (found.group, found.suggestion, found.step) == (board.group.id, board.suggestions[0].id, 2)
    filled = {ids.chosen("addresses"): {ids.FIELD: cast.beacon}}
    plan = await form_of(bot, await workspace.submit_view(ALICE, form.id, filled), ids.PLAN)
    over = await form_of(bot, await workspace.submit_view(ALICE, plan.id), ids.NOTHING, "Asked as")
    request = await bot.request(REQUEST.findall("\n".join(texts(over.blocks)))[0])
    assert (request.action, request.cause) == ("block-address", None)


async def test_two_clicks_are_two_forms_and_the_step_is_asked_for_once(bot: Stage) -> None:
    board = await alerted(bot)
    workspace = bot.scene.workspace
    first = await pressed(bot, ALICE, board, f"{PREPARE}2")
    second = await pressed(bot, BOB, board, f"{PREPARE}2")
    plan = await form_of(bot, await workspace.submit_view(ALICE, first.id), ids.PLAN)
    other = await form_of(bot, await workspace.submit_view(BOB, second.id), ids.PLAN)
    await form_of(bot, await workspace.submit_view(ALICE, plan.id), ids.NOTHING, "Asked as")
    await form_of(bot, await workspace.submit_view(BOB, other.id), ids.NOTHING, "asked for as FB-")

    (asked,) = [record for record in await recorded(bot, "command") if "cause" in str(record.get("details"))]
    assert asked["details"]["cause"]["step"] == 2


async def test_a_dismissal_wants_a_reason_and_is_on_the_card(bot: Stage) -> None:
    board = await alerted(bot)
    form = await pressed(bot, BOB, board, DISMISS, ids.DISMISS)
    empty = await bot.scene.workspace.submit_view(BOB, form.id, {"reason": {"text": "  "}})
    assert "reason" in str(empty.errors)
    await bot.scene.workspace.submit_view(BOB, form.id, {"reason": {"text": "our own <!here> scanner"}})

    message = await card(bot, board, "Dismissed")
    assert [block for block in message.blocks if block["type"] == "actions"] == []
    assert "<!here>" not in str(message.blocks)
    assert "Refused:" in await forge(
        bot, ALICE, message, f"{PREPARE}2", Mark(board.group.id, board.suggestions[0].id, 2).value
    )


async def test_an_alert_that_is_over_closes_its_card_and_a_click_is_too_late(bot: Stage) -> None:
    board = await alerted(bot)
    message = await card(bot, board, f"{PREPARE}2")
    before = value(message, f"{PREPARE}2")
    await send(bot, beacon(bot, status="resolved", ended="2026-11-21T02:31:00Z"))
    after = await card(bot, board, "OVER")

    assert [block for block in after.blocks if block["type"] == "actions"] == []
    assert "The alert is over" in await forge(bot, ALICE, after, f"{PREPARE}2", before)


async def test_alerts_are_listed_and_one_is_told_in_full(bot: Stage) -> None:
    board = await alerted(bot)
    listed = await bot.ask(ALICE, "alerts last 1h")
    assert board.group.id in listed
    assert "1 group firing" in listed
    whole = await bot.ask(ALICE, f"alerts {board.group.id}")
    assert "What it names" in whole
    assert bot.scene.incident.pod in whole
    assert "Refused:" in await bot.ask(ALICE, "alerts g-0000000000000000")
    assert "Refused:" in await bot.ask(DAN, "alerts")
    assert "no group of alerts" in await bot.ask(ALICE, "alerts yesterday")


async def test_a_post_that_did_not_fit_is_shown_to_a_person_with_its_head(bot: Stage) -> None:
    board = await alerted(bot)
    assert await send(bot, {"rule": 7, "title": "<!channel>"}) == 400
    whole = await bot.ask(ALICE, f"alerts {board.group.id}")

    assert "Posts of siem that did not fit" in whole
    assert 'it began: {"version":1,"alerts":[{"rule":7,"title":"<!channel>"}]}' in whole
