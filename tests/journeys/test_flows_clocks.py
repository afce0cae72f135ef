"""Nodes whose clocks differ: what they saw is told at our time where that is known, and proves nothing where it is not."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.sandbox.flows.relay import Node
from bot.sandbox.flows.traffic import Line
from bot.sandbox.kubernetes.engine import stage_cilium
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.seeing import suspect, traffic
from tests.journeys.stage import Stage, stage
from tests.journeys.test_flows_proof import rung

pytestmark = pytest.mark.timeout(120)
DIFFERENT = 40


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True) as made:
        stage_cilium(made.scene.cluster)
        yield made


def beacon(bot: Stage, port: int = 443) -> tuple[Line, ...]:
    here = bot.scene.incident
    return (Line((here.namespace, here.pod), here.beacon, port),)


def home(bot: Stage) -> Node:
    """Return the node that sees the suspect's door."""
    nodes = traffic(bot).relay.nodes.values()
    before = {node.name: node.seen for node in nodes}
    for second in range(200, 0, -1):  # it is busy, as nodes are
        traffic(bot).keep(beacon(bot)[0], bot.clock() - timedelta(seconds=second), 62_000 + second)
    (found,) = [node for node in nodes if node.seen != before[node.name]]
    return found


async def contained(bot: Stage) -> str:
    """Have the suspect cut; its engine has had the time to act."""
    here = bot.scene.incident
    wanted = f"quarantine {here.cluster}/{here.namespace}/{here.pod} because beacon"
    request_id = await bot.propose(ALICE, wanted)
    await bot.until_shown(request_id, "Before: ", "captured")
    await bot.approve(BOB, request_id)
    await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds" and rows[0].due_at)
    bot.clock.turn(seconds=60)
    return request_id


async def test_the_last_seconds_of_a_node_that_is_ahead_stand_in_the_answer_and_so_does_its_clock(
    bot: Stage,
) -> None:
    home(bot).ahead = DIFFERENT
    traffic(bot).talk(beacon(bot, 8443), bot.clock())
    answer = await bot.ask(ALICE, f"flows {suspect(bot)} last 5m")

    assert "203.0.113.7:8443" in answer
    assert re.search(r"(3\d|40) s ahead of ours: their times are taken back by that", answer)


async def test_a_node_that_is_behind_is_named_and_its_silence_is_not_taken_for_none(bot: Stage) -> None:
    node = home(bot)
    node.ahead = -DIFFERENT
    bot.clock.turn(seconds=60)
    traffic(bot).talk(beacon(bot, 8443), bot.clock())
    answer = await bot.ask(ALICE, f"flows {suspect(bot)} last 5m")

    assert "203.0.113.7:8443" in answer
    named = node.name.rpartition("/")[2]
    assert re.search(rf"lost: {named}: busy, and the newest event is [45]\d s old", answer)
    answer = await bot.ask(ALICE, f"flows {suspect(bot)} last 5m port 9999")
    assert "cannot know: hubble: " in answer


async def test_what_passed_before_the_cut_is_no_hole_for_a_clock_that_is_ahead(bot: Stage) -> None:
    home(bot).ahead = DIFFERENT
    at = bot.clock()
    traffic(bot).keep(beacon(bot)[0], at, 55555)
    request_id = await contained(bot)
    traffic(bot).keep(beacon(bot)[0], at + timedelta(seconds=10), 55555)
    traffic(bot).talk(beacon(bot), bot.clock())
    bot.clock.turn(seconds=10)

    rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "holds")
    assert rows[0].verdict is Verdict.CONTAINED


async def test_drops_on_a_node_that_is_behind_are_no_proof_that_nothing_passed(bot: Stage) -> None:
    home(bot).ahead = -DIFFERENT
    request_id = await contained(bot)
    traffic(bot).talk(beacon(bot), bot.clock())
    bot.clock.turn(seconds=10)

    rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "silent")
    assert rung(rows[0], "L3")[1] == "hubble cannot tell: the clock of a node differs from ours"
    assert rows[0].verdict is Verdict.INCONCLUSIVE
