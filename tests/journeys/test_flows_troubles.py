"""Sources that hang or say hostile things, and people who ask too often: the answer stays honest, the bot stays awake."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.domain.flows.asked import Asked
from bot.domain.flows.taken import Silent, Taken
from bot.domain.people import Principal
from bot.engine import tracing
from bot.engine.flows import gathered
from bot.ports import FlowSource
from bot.sandbox.flows.events import End, Wire, forwarded
from bot.sandbox.flows.relay import response
from bot.sandbox.scene import ALICE, BOB, CHANNEL
from tests.journeys.seeing import recorded, suspect, suspect_end, table, traffic
from tests.journeys.stage import PATIENCE, QUICK, Stage, stage

pytestmark = pytest.mark.timeout(180)
SHORT = replace(QUICK, flows=timedelta(seconds=1))


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True, limits=SHORT) as made:
        yield made


async def test_a_relay_that_hangs_is_said_to_and_nothing_is_concluded_from_it(bot: Stage) -> None:
    traffic(bot).relay.faults.hang = 0
    told = await bot.ask(ALICE, f"flows {suspect(bot)}")
    assert "cannot know: hubble:" in told
    assert "no flows" not in told
    (record,) = [one for one in await recorded(bot, "command") if one["outcome"] == "flows"]
    assert record["details"]["sources"]["prod/hubble"]["silent"]


async def test_a_relay_that_breaks_off_gives_a_part_and_that_is_said(bot: Stage) -> None:
    traffic(bot).relay.faults.die = 20
    told = await bot.ask(ALICE, f"flows {suspect(bot)}")
    assert "lost: a part of the answer only" in told


async def test_a_node_that_does_not_answer_is_named(bot: Stage) -> None:
    gone = next(iter(traffic(bot).relay.nodes.values()))
    gone.reachable = False
    told = await bot.ask(ALICE, "flows payments")
    assert f"lost: no answer from {gone.name.rpartition('/')[2]}" in told


async def test_one_question_of_a_person_at_a_time_and_others_are_served_meanwhile(bot: Stage) -> None:
    relay = traffic(bot).relay
    relay.faults.hang = 0
    workspace = bot.scene.workspace
    first = await workspace.slash(ALICE, CHANNEL, f"/ir flows {suspect(bot)}")
    assert first.acked
    await workspace.until(lambda: bool(relay.asked), PATIENCE)
    started = asyncio.get_running_loop().time()
    again = await bot.ask(ALICE, f"flows {suspect(bot)}")
    assert "your last question about flows is still being answered" in again
    assert "groups: on-call" in await bot.ask(ALICE, "whoami")
    assert asyncio.get_running_loop().time() - started < PATIENCE
    assert "cannot know" in await bot.ask(BOB, f"flows {suspect(bot)}"), "somebody else may"
    await workspace.until(lambda: first.posts, PATIENCE)
    assert "cannot know" in await bot.ask(ALICE, f"flows {suspect(bot)}"), "and then they may again"


async def test_a_replay_takes_its_turn_as_a_question_about_flows(bot: Stage) -> None:
    plan = f"plan quarantine {bot.scene.incident.cluster}/{suspect(bot)}"
    with bot.built.context.turns.take(Principal("T0HOST", ALICE)) as mine:
        assert mine is None
        assert "still being answered" in await bot.ask(ALICE, f"{plan} replay 1h")
        assert "What would be asked" in await bot.ask(ALICE, plan), "a plan alone waits for nobody"
    assert "What would be asked" in await bot.ask(ALICE, f"{plan} replay 1h")


HOSTILE = (
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "+1-2",
    "<!channel> <https://evil.example|click>",
    "*bold* `code` <@U0BOB>",
    "a\u202egpj.exe",
    "tab\there\r\nnew line",
    "x" * 10_000,
    "$\\frac{1}{0}$",
)


async def test_what_hostile_names_say_is_never_obeyed(bot: Stage) -> None:
    own, at = suspect_end(bot), bot.clock() - timedelta(seconds=30)
    node = next(iter(traffic(bot).relay.nodes.values()))
    for number, name in enumerate(HOSTILE):
        other = End(f"10.244.9.{number}", "payments", name, names=(name,), identity=4000 + number)
        for event in forwarded(Wire(own, other, 9000 + number, 50_000 + number), at):
            node.see(event)
    answer = await bot.scene.workspace.slash(ALICE, CHANNEL, f"/ir flows {suspect(bot)} last 5m")
    posts = await bot.scene.workspace.until(lambda: answer.posts, PATIENCE)
    raw = msgspec.json.encode([[one.text, list(one.blocks)] for one in posts]).decode()
    marks = re.findall(r'"type":"mrkdwn","text":"([^"]*)"', raw)
    assert not [
        text for text in marks if "<!channel>" in text or "<@U0BOB>" in text or "<https://evil" in text
    ]
    assert not any("<!channel>" in one.text or "<@U0BOB>" in one.text for one in posts)
    assert "\u202e" not in raw
    rows = await table(bot)
    assert len(rows) > len(HOSTILE)
    assert all(len(row) == len(rows[0]) for row in rows)
    cells = [cell for row in rows[1:] for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]
    assert any(cell.startswith("'=cmd") for cell in cells)


async def test_a_trace_into_many_namespaces_holds_no_more_than_one_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions: list[Asked] = []

    async def noted(sources: Iterable[FlowSource], asked: Asked, within: float) -> tuple[Taken | Silent, ...]:
        questions.append(asked)
        return await gathered(sources, asked, within)

    monkeypatch.setattr(tracing, "gathered", noted)
    limits = replace(QUICK, rows=5_000)
    async with stage(tmp_path, transport="http", relay=True, limits=limits) as bot:
        own, at = suspect_end(bot), bot.clock() - timedelta(seconds=30)
        node = next(iter(traffic(bot).relay.nodes.values()))
        for number in range(4):
            other = End(f"10.244.9.{number}", f"team-{number}", "db-0", identity=4000 + number)
            for event in forwarded(Wire(own, other, 5432, 50_000 + number), at):
                node.see(event)
        told = await bot.ask(ALICE, f"trace {suspect(bot)} since 5m")

    assert "ends, two hops outward" in told
    assert {"team-0", "team-3"} <= {each.subject.namespace for each in questions}
    assert len(questions) >= 4
    assert sum(each.limit for each in questions) <= limits.rows


@pytest.mark.slow
async def test_a_stream_that_never_ends_is_cut_at_the_limit_and_every_command_is_acknowledged_meanwhile(
    tmp_path: Path,
) -> None:
    limits = replace(QUICK, flows=timedelta(seconds=8), rows=2_000)
    async with stage(tmp_path, transport="http", relay=True, limits=limits) as bot:
        own, at = suspect_end(bot), bot.clock() - timedelta(seconds=30)
        (event, *_) = forwarded(Wire(own, End("203.0.113.9"), 443, 50_000), at)
        relay = traffic(bot).relay
        raw = response(event)
        relay.faults.endless, relay.faults.pause = lambda _: raw, 0.02  # a relay is a program of its own
        workspace = bot.scene.workspace
        loop = asyncio.get_running_loop()
        answer = await workspace.slash(ALICE, CHANNEL, f"/ir flows {suspect(bot)} last 5m")
        slowest = 0.0
        while not answer.posts:
            started = loop.time()
            assert (await workspace.slash(BOB, CHANNEL, "/ir whoami")).acked
            slowest = max(slowest, loop.time() - started)
            await asyncio.sleep(0.1)
        print(f"slowest acknowledgement {slowest * 1000:.0f} ms, {relay.streamed} events meanwhile")
        assert relay.streamed > limits.rows
        told = await bot._told(answer)
        assert "203.0.113.9:443" in told
        assert "cut at 2000 rows" in told
