"""Clicks and forms that no card of an alert gave: the wrong person, another message, another step, an older plan."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.board.marks import DISMISS, PREPARE, WHOLE
from bot.adapters.slack.form import ids
from bot.domain.suggestions.shaping import seal
from bot.sandbox.scene import ALICE, BOB, CHANNEL, DAN
from bot.sandbox.slack.signing import Attack
from tests.journeys.alerting import (
    beacon,
    card,
    click,
    form_of,
    listening,
    pressed,
    seen,
    send,
    thing,
)
from tests.journeys.boarding import alerted, tampered
from tests.journeys.mailbox import forge, value
from tests.journeys.seeing import recorded
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", outfit=listening()) as made:
        yield made


async def test_who_may_not_ask_is_refused_and_opens_nothing(bot: Stage) -> None:
    board = await alerted(bot)
    answer = await click(bot, DAN, board, f"{PREPARE}2")

    assert "Refused:" in await bot._told(answer)
    assert bot.scene.workspace.views.top(DAN) is None
    assert [record["actor"]["id"].partition(":")[2] for record in await recorded(bot, "refusal")] == [DAN]


async def test_a_forged_value_is_refused_and_recorded(bot: Stage) -> None:
    board = await alerted(bot)
    message = await card(bot, board, f"{PREPARE}2")
    true = value(message, f"{PREPARE}2")
    group, suggestion, _, digest = true.split(":")
    lies = (
        "",
        "FB-7K3Q:1:0123456789ab",
        true.replace(group, "g-0000000000000000"),
        f"{group}:s-0000000000000000:2:{digest}",
        f"{group}:{suggestion}:9:{digest}",
        f"{group}:{suggestion}:0:{digest}",
    )
    for lie in lies:
        assert "Refused:" in await forge(bot, ALICE, message, f"{PREPARE}2", lie), lie

    wrong = await forge(bot, ALICE, message, f"{PREPARE}1", true)  # another step's button
    assert "Refused:" in wrong
    assert bot.scene.workspace.views.top(ALICE) is None
    assert len(await recorded(bot, "refusal")) == len(lies) + 1


async def test_a_value_on_another_message_is_refused(bot: Stage) -> None:
    board = await alerted(bot)
    true = value(await card(bot, board, f"{PREPARE}2"), f"{PREPARE}2")
    cast = bot.scene.incident
    request = await bot.propose(
        ALICE, f"quarantine prod/{cast.namespace}/{cast.pod} for 1h because it beacons"
    )
    other = await bot.card(request)

    assert "not what the card" in await forge(bot, ALICE, other, f"{PREPARE}2", true)
    assert bot.scene.workspace.views.top(ALICE) is None


async def test_a_request_that_is_not_signed_by_slack_is_nobodys_click(bot: Stage) -> None:
    board = await alerted(bot)
    message = await card(bot, board, f"{PREPARE}2")
    answer = await bot.scene.workspace.click(
        ALICE, CHANNEL, message.ts, f"{PREPARE}2", attack=Attack.WRONG_SIGNATURE
    )

    assert not answer.acked
    assert bot.scene.workspace.views.top(ALICE) is None


async def test_a_click_on_what_was_planned_before_is_stale(bot: Stage) -> None:
    board = await alerted(bot)
    before = value(await card(bot, board, f"{PREPARE}2"), f"{PREPARE}2")
    sibling = thing("pod", bot.scene.incident.siblings[0], bot.scene.incident.namespace)
    await send(bot, beacon(bot, sibling, number=1))
    bot.clock.turn(seconds=31)
    again = await seen(bot, lambda found: found.looked_at != board.looked_at)
    step = again.suggestions[0].steps[2]
    message = await card(bot, board, f":2:{step.digest}")

    assert "not what the card" in await forge(bot, ALICE, message, f"{PREPARE}2", before)
    await form_of(bot, await click(bot, ALICE, board, f"{PREPARE}2"), ids.ASK)


async def test_what_a_dismissing_form_carries_is_read_anew(bot: Stage) -> None:
    board = await alerted(bot)
    form = await pressed(bot, BOB, board, DISMISS, ids.DISMISS)
    tampered(form, f"{board.group.id}:s-0000000000000000:-1:-")
    await bot.scene.workspace.submit_view(BOB, form.id, {"reason": {"text": "no"}})

    async def refused() -> object:
        return await recorded(bot, "refusal")

    await bot.until(refused)
    assert (await seen(bot)).suggestions[0].open


async def test_a_dismissal_of_what_was_seen_never_hits_what_is_suggested_since(bot: Stage) -> None:
    board = await alerted(bot)
    message = await card(bot, board, DISMISS)
    before = value(message, DISMISS)
    form = await pressed(bot, BOB, board, DISMISS, ids.DISMISS)
    sibling = thing("pod", bot.scene.incident.siblings[0], bot.scene.incident.namespace)
    await send(bot, beacon(bot, sibling, number=1))
    bot.clock.turn(seconds=31)
    again = await seen(bot, lambda found: found.looked_at != board.looked_at)
    assert again.suggestions[0].id == board.suggestions[0].id, "the same suggestion, of other pods"
    await bot.scene.workspace.submit_view(BOB, form.id, {"reason": {"text": "our scanner"}})

    async def refused() -> object:
        return [record["outcome"] for record in await recorded(bot, "refusal")]

    assert await bot.until(refused) == ["stale-card"]
    assert "not what the card" in await forge(bot, ALICE, message, DISMISS, before)
    assert (await seen(bot)).suggestions[0].open
    fresh = await card(bot, board, seal(again.suggestions[0]))
    assert fresh.ts == message.ts
    late = await pressed(bot, BOB, board, DISMISS, ids.DISMISS)
    tampered(late, late.body["private_metadata"].replace(board.group.id, "g-0000000000000000"))
    await bot.scene.workspace.submit_view(BOB, late.id, {"reason": {"text": "of another group"}})
    assert await bot.until(lambda: _three(bot)) == ["stale-card", "stale-card", "no-such-suggestion"]
    true = await pressed(bot, BOB, board, DISMISS, ids.DISMISS)
    await bot.scene.workspace.submit_view(BOB, true.id, {"reason": {"text": "both are ours"}})
    await seen(bot, lambda found: not found.suggestions[0].open)


async def _three(bot: Stage) -> list[object] | None:
    found = [record["outcome"] for record in await recorded(bot, "refusal")]
    return found if len(found) == 3 else None


async def test_a_mark_that_a_form_brings_back_changed_is_refused(bot: Stage) -> None:
    board = await alerted(bot)
    form = await pressed(bot, ALICE, board, f"{PREPARE}2")
    word, _, mark = form.body["private_metadata"].partition("\n")
    tampered(form, f"{word}\n{mark.replace(board.suggestions[0].id, 's-0000000000000000')}")
    plan = await form_of(bot, await bot.scene.workspace.submit_view(ALICE, form.id), ids.PLAN)
    await form_of(
        bot, await bot.scene.workspace.submit_view(ALICE, plan.id), ids.NOTHING, "did not come from Firebreak"
    )

    async def refused() -> object:
        return [record["outcome"] for record in await recorded(bot, "refusal")]

    assert await bot.until(refused) == ["forged-click"]


async def test_the_button_of_all_in_one_is_held_to_the_whole(bot: Stage) -> None:
    board = await alerted(bot)
    message = await card(bot, board, WHOLE)
    group, suggestion, _, digest = value(message, WHOLE).split(":")

    assert "Refused:" in await forge(bot, ALICE, message, WHOLE, f"{group}:{suggestion}:2:{digest}")
