"""How an answer about flows looks, and what its buttons do: on the real bot, with the relay's and Slack's protocols."""

import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.drawing.drawer import Drawer
from bot.adapters.slack.flows.marks import BLOCK, CONTAIN, EXPLAIN, KEEP, QUARANTINE
from bot.adapters.slack.form import ids
from bot.engine import flowkeeping
from bot.sandbox.scene import ALICE, CHANNEL, DAN
from bot.sandbox.slack.answers import Answer, texts
from bot.sandbox.slack.faults import Refused
from bot.sandbox.slack.files import File
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.views import View
from tests.journeys.stage import PATIENCE, Stage, in_order, stage

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True) as made:
        yield made


async def answered(bot: Stage, verb: str = "flows", more: str = "last 15m") -> Message:
    """Return the one message that answers Alice."""
    cast = bot.scene.incident
    line = f"/ir {verb} {cast.namespace}/{cast.pod} {more}"
    answer = await bot.scene.workspace.slash(ALICE, CHANNEL, line)
    assert answer.acked, (answer.status, answer.error)
    (told,) = await bot.scene.workspace.until(lambda: answer.posts, PATIENCE)
    return told


def carried(message: Message, button: str, number: int = 0) -> str:
    """Return what a button carries: the first, or a later one of the same kind."""
    values = [
        str(element["value"])
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["action_id"] == button
    ]
    return values[number]


async def pressed(bot: Stage, message: Message, button: str, number: int = 0, user: str = ALICE) -> Answer:
    value = carried(message, button, number)
    answer = await bot.scene.workspace.click(
        user, message.channel, message.ts, button, value=value, forged=True
    )
    assert answer.acked, (answer.status, answer.error)
    return answer


async def said(bot: Stage, answer: Answer) -> str:
    posts = await bot.scene.workspace.until(lambda: answer.posts, PATIENCE)
    return "\n".join(line for post in posts for line in (post.text, *texts(list(post.blocks))))


async def form(bot: Stage) -> View:
    return await bot.scene.workspace.until(lambda: bot.scene.workspace.views.top(ALICE), PATIENCE)


async def sent(bot: Stage, ending: str) -> File:
    async def shared() -> File | None:
        every = bot.scene.workspace.files.values()
        return next((file for file in every if file.channel and file.name.endswith(ending)), None)

    return await bot.until(shared)


def kinds(message: Message) -> list[str]:
    return [str(block["type"]) for block in message.blocks]


async def test_an_answer_has_a_table_a_chart_and_a_picture_with_words_for_it(bot: Stage) -> None:
    told = await answered(bot)

    assert told.only_for == ALICE
    assert {"table", "data_visualization", "actions"} <= set(kinds(told))
    (rows,) = [block["rows"] for block in told.blocks if block["type"] == "table"]
    beacon = f"→ {bot.scene.incident.beacon}:443"
    assert [row[0]["text"].partition(" · ")[0] for row in rows].count(beacon) == 1
    picture = await sent(bot, ".png")
    assert picture.content is not None
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture.content[16:24])
    assert (width, 200 < height < 1000) == (1200, True)
    assert bot.scene.incident.beacon in picture.alt
    table = await sent(bot, ".csv")
    home = bot.scene.workspace.world.channels[table.channel]
    assert (picture.channel, home.im_user) == (table.channel, ALICE)
    assert not bot.scene.workspace.messages(CHANNEL), "nobody else is told"


async def test_a_peer_is_blocked_quarantined_or_explained_by_one_click(bot: Stage) -> None:
    told = await answered(bot)

    await pressed(bot, told, BLOCK)
    asked = await form(bot)
    assert asked.body["callback_id"] == ids.ASK
    assert bot.scene.incident.beacon in str(asked.body["blocks"])
    await bot.scene.workspace.close_view(ALICE, asked.id)
    await pressed(bot, told, QUARANTINE, -1)
    asked = await form(bot)
    assert bot.scene.incident.pod in str(asked.body["blocks"])
    words = await said(bot, await pressed(bot, told, EXPLAIN))
    assert bot.scene.incident.beacon in words
    assert in_order(await bot.story(), "command:flows", "command:form", "command:form", "command:explain")


async def test_what_was_shown_is_kept_as_evidence_of_the_request_that_it_is_about(
    bot: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await answered(bot)

    words = await said(bot, await pressed(bot, told, KEEP))
    assert "Refused:" in words
    assert "no open request" in words
    cast = bot.scene.incident
    request = await bot.propose(
        ALICE, f"quarantine {cast.cluster}/{cast.namespace}/{cast.pod} for 1h because it beacons"
    )
    words = await said(bot, await pressed(bot, told, KEEP))
    assert f"Kept as evidence of {request}" in words
    listed = await bot.ask(ALICE, f"evidence {request}")
    assert f"flows of {cast.namespace}/{cast.pod} and {cast.beacon}:443" in listed
    monkeypatch.setattr(flowkeeping, "MOST", 1)
    assert "as many as may be" in await said(bot, await pressed(bot, told, KEEP))
    story = await bot.story()
    assert in_order(story, "refusal:nothing-to-keep-for", "evidence:kept-by-hand", "refusal:kept-enough")


async def test_a_button_counts_only_for_who_was_answered_and_as_it_was_made(bot: Stage) -> None:
    told = await answered(bot)
    value = carried(told, BLOCK)
    note, place, seal = value.split(":")

    assert "belongs to no answer" in await said(bot, await pressed(bot, told, BLOCK, user=DAN))
    for forged in (f"{note}:p1:{seal}", f"{note}:{place}:{'0' * 32}", f"9{note}:{place}:{seal}", "", "x"):
        answer = await bot.scene.workspace.click(
            ALICE, told.channel, told.ts, BLOCK, value=forged, forged=True
        )
        assert "Refused:" in await said(bot, answer)
    # The peer beside it is a pod: an answer that offers no block of it gives none.
    wrong = carried(told, KEEP, 1)
    answer = await bot.scene.workspace.click(ALICE, told.channel, told.ts, BLOCK, value=wrong, forged=True)
    assert "Refused:" in await said(bot, answer)
    assert bot.scene.workspace.views.top(ALICE) is None


async def test_a_slack_that_refuses_the_newest_blocks_gets_the_same_as_lists(bot: Stage) -> None:
    def newest(arguments: Any) -> bool:
        return "data_visualization" in str(arguments)

    bot.scene.workspace.faults.stage("response_url", Refused("invalid_blocks"), times=1)
    bot.scene.workspace.faults.stage("chat.postEphemeral", Refused("invalid_blocks"), times=1)
    told = await answered(bot)

    assert not {"table", "data_visualization"} & set(kinds(told))
    assert f"→ {bot.scene.incident.beacon}:443" in "\n".join(texts(list(told.blocks)))
    assert "When: " in "\n".join(texts(list(told.blocks)))


async def test_a_picture_that_is_not_drawn_in_time_is_said_to_be_missing(bot: Stage) -> None:
    slow = (sys.executable, "-c", "import time; time.sleep(600)")
    drawer = bot.built.desk.drawing
    assert isinstance(drawer, Drawer)
    drawer._program, drawer._deadline = slow, 0.2
    await answered(bot)

    file = await sent(bot, ".csv")
    messages = bot.scene.workspace.messages(file.channel)
    assert any("picture could not be drawn" in message.text for message in messages)
    assert not [one for one in bot.scene.workspace.files.values() if one.name.endswith(".png")]


async def test_what_a_pod_reached_is_drawn_and_chosen_in_one_form(bot: Stage) -> None:
    told = await answered(bot, "trace", "since 15m")

    picture = await sent(bot, ".png")
    assert "were reached from" in picture.alt
    await pressed(bot, told, CONTAIN)
    asked = await form(bot)
    assert asked.body["callback_id"] == ids.ASK
    assert bot.scene.incident.pod in str(asked.body["blocks"])
    assert bot.scene.incident.beacon in str(asked.body["blocks"])
