"""A block's card says who talked to the address before it, and what became of that: what goes on is named."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.domain.findings import Verdict
from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour
from bot.sandbox.flows.events import End, Wire, event
from bot.sandbox.flows.traffic import Line
from bot.sandbox.loganalytics import LogAnalyticsDouble, Table
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.firewall import ADDRESS, MINUTES
from tests.journeys.seeing import suspect, suspect_end, traffic
from tests.journeys.stage import Stage, stage
from tests.journeys.test_block_seen import FROM, OURS, with_log

pytestmark = pytest.mark.timeout(120)
BLOCK = f"block {ADDRESS} for 24h because beacon"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, behaviour=Behaviour(turn_per_poll=MINUTES), relay=True) as made:
        yield made


def beacon(bot: Stage) -> Line:
    here = bot.scene.incident
    return Line((here.namespace, here.pod), here.beacon, 443)


async def blocked(bot: Stage) -> str:
    request_id = await bot.propose(ALICE, BLOCK)
    await bot.until_shown(request_id, "Before: ", suspect(bot), "captured")
    await bot.approve(BOB, request_id)
    await bot.until_state(request_id, PartState.APPLIED)
    bot.clock.turn(seconds=65)
    return request_id


async def test_who_talked_to_it_stopped_where_nothing_is_answered_any_more(bot: Stage) -> None:
    request_id = await blocked(bot)
    node = next(iter(traffic(bot).relay.nodes.values()))
    for second in range(3):  # it goes on trying: each leaves its pod, and none is answered
        wire = Wire(suspect_end(bot), End(bot.scene.incident.beacon), 443, 61_000 + second)
        node.see(event(wire, bot.clock(), verdict=1, traffic_direction=2))
    bot.clock.turn(seconds=10)

    shown = await bot.until_shown(request_id, "After: ", "1 peer stopped", "Stopped: ")
    assert f"{suspect(bot)} to 443" in shown.partition("Stopped: ")[2]
    assert "Goes on" not in shown
    (row,) = await bot.rows(request_id)
    assert row.verdict is Verdict.INCONCLUSIVE, "what the pods' own side no longer sees proves no firewall"
    told = await bot.ask(ALICE, f"evidence {request_id}")
    assert "flows before the containment" in told
    assert "flows after the containment" in told
    assert "evidence:flows-after" in await bot.story(request_id)


async def test_a_connection_that_is_still_answered_is_named(bot: Stage) -> None:
    traffic(bot).keep(beacon(bot), bot.clock(), 55555)
    request_id = await blocked(bot)
    traffic(bot).keep(beacon(bot), bot.clock(), 55555)
    bot.clock.turn(seconds=10)

    shown = await bot.until_shown(
        request_id, "After: ", "Goes on: ", "1 of its connections open since before"
    )
    assert f"{suspect(bot)}" in shown.partition("Goes on: ")[2]
    (row,) = await bot.rows(request_id)
    assert row.verdict is Verdict.INCONCLUSIVE, "a look is a look: the rungs judge"


@pytest.mark.slow
async def test_a_relay_that_is_gone_afterwards_has_shown_nothing_to_have_stopped(bot: Stage) -> None:
    request_id = await blocked(bot)
    traffic(bot).relay.faults.die = 0
    bot.clock.turn(seconds=10)

    shown = await bot.until_shown(request_id, "After: ", "not known: hubble")
    assert "Stopped: " not in shown
    (row,) = await bot.rows(request_id)
    assert row.verdict is Verdict.INCONCLUSIVE


@pytest.mark.slow
async def test_a_block_waits_for_no_source_that_hangs(bot: Stage) -> None:
    traffic(bot).relay.faults.hang = 0
    request_id = await bot.propose(ALICE, BLOCK)
    await bot.approve(BOB, request_id)
    await bot.until_state(request_id, PartState.APPLIED)

    assert "Evidence incomplete" not in await bot.thread(request_id)


@pytest.mark.slow
async def test_a_block_that_was_undone_meanwhile_is_not_looked_at(bot: Stage) -> None:
    request_id = await bot.contain(ALICE, BOB, BLOCK)
    await bot.ask(ALICE, f"rollback {request_id}")
    await bot.until_state(request_id, PartState.ROLLED_BACK)
    bot.clock.turn(minutes=13)

    await bot.until_shown(request_id, "After: ", "not known: it is rolled_back by now")


@pytest.mark.slow
async def test_of_many_addresses_the_flows_of_a_few_are_kept_and_of_no_range(bot: Stage) -> None:
    many = ",".join(f"198.51.100.{number}" for number in range(1, 8))
    request_id = await bot.propose(ALICE, f"block {many},198.51.100.20-198.51.100.30 for 24h because beacon")
    await bot.until_shown(request_id, "5 of 5 captured", "198.51.100.5 ", "no flows")


async def test_the_firewalls_log_tells_what_it_denied_and_what_it_lets_pass(tmp_path: Path) -> None:
    clocks: list[Callable[[], datetime]] = []
    double = LogAnalyticsDouble(lambda: clocks[0]() if clocks else datetime.now(UTC))  # noqa: TID251 - the world outside has its own clock
    async with double:
        logs = SandboxEndpoint(double.url, double.ca_file)
        behaviour = Behaviour(turn_per_poll=MINUTES)
        async with stage(tmp_path, behaviour=behaviour, logs=logs, outfit=with_log) as bot:
            clocks.append(bot.clock)
            table = double.workspace().table("AZFWNetworkRule")
            hour, everybody = timedelta(hours=1), {"SourceIp": "10.9.9.9", "DestinationIp": "198.51.100.1"}
            table.beat(
                timedelta(minutes=1), bot.clock() - hour, bot.clock() + hour, Action="Allow", **everybody
            )
            _writes(table, bot, FROM, "Allow", since=timedelta(minutes=20))
            _writes(table, bot, OTHER, "Allow", since=timedelta(minutes=20))
            request_id = await bot.propose(ALICE, BLOCK)
            await bot.until_shown(request_id, "Before: ", "2 peers")
            await bot.approve(BOB, request_id)
            await bot.until_state(request_id, PartState.APPLIED)
            bot.clock.turn(minutes=3)
            _writes(table, bot, FROM, "Deny", rule=OURS)
            _writes(table, bot, OTHER, "Allow")
            bot.clock.turn(minutes=11)

            shown = await bot.until_shown(request_id, "After: ", "1 peer stopped; 1 goes on")
            assert f"{FROM} to 443" in shown.partition("Stopped: ")[2]
            assert f"{OTHER} to 443\n" in shown.partition("Goes on: ")[2], "a row tells of no open connection"


OTHER = "10.240.0.5"


def _writes(
    table: Table,
    bot: Stage,
    source: str,
    action: str,
    since: timedelta = timedelta(0),
    rule: Mapping[str, str] | None = None,
) -> None:
    at = bot.clock() - since
    row = {"SourceIp": source, "SourcePort": 50_001, "DestinationIp": ADDRESS, "DestinationPort": 443}
    table.add(TimeGenerated=at, Protocol="TCP", Action=action, **row, **(rule or {}))
