"""A block is seen to deny in the firewall's own log: minutes later, and without anyone asking."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.azure import Behaviour
from bot.sandbox.loganalytics import LogAnalyticsDouble, Table
from bot.sandbox.loganalytics.rows import WORKSPACE
from bot.sandbox.scene import ALICE, BOB
from bot.settings import Settings
from bot.settings.loganalytics import LogAnalyticsSettings
from tests.journeys.firewall import ADDRESS, MINUTES
from tests.journeys.stage import Stage, stage

pytestmark = pytest.mark.timeout(120)
OURS = {
    "Policy": "root",
    "RuleCollectionGroup": "firebreak",
    "RuleCollection": "ir-deny-net",
    "Rule": "to-blocked",
}
THEIRS = {**OURS, "RuleCollectionGroup": "platform"}
FROM = "10.240.0.4"


def with_log(settings: Settings) -> Settings:
    """Return settings that name the workspace which the firewall writes to."""
    assert settings.azure is not None
    log = LogAnalyticsSettings(workspace_id=WORKSPACE, sources=("firewall",))
    return settings.model_copy(update={"azure": settings.azure.model_copy(update={"log_analytics": log})})


@dataclass
class Firewall:
    """The bot with a block that stands, and the log of its firewall."""

    bot: Stage
    table: Table
    request_id: str = ""
    port: list[int] = field(default_factory=lambda: [50_000])

    def writes(self, action: str, **rule: str) -> None:
        """Write a row about the address, of this moment."""
        self.port[0] += 1
        row = {"SourceIp": FROM, "SourcePort": self.port[0], "DestinationIp": ADDRESS, "DestinationPort": 443}
        self.table.add(Protocol="TCP", Action=action, **row, **rule)

    async def until_rung(self, outcome: str) -> PartRow:
        """Wait until the firewall's log has said so much."""

        def said(rows: tuple[PartRow, ...]) -> bool:
            return any(e.rung == "L3" and e.outcome == outcome for e in rows[0].evidence)

        return (await self.bot.until_rows(self.request_id, said))[0]


@asynccontextmanager
async def blocked(folder: Path) -> AsyncIterator[Firewall]:
    clocks: list[Callable[[], datetime]] = []
    double = LogAnalyticsDouble(lambda: clocks[0]() if clocks else datetime.now(UTC))  # noqa: TID251 - the world outside has its own clock
    async with double:
        logs = SandboxEndpoint(double.url, double.ca_file)
        behaviour = Behaviour(turn_per_poll=MINUTES)
        async with stage(folder, behaviour=behaviour, logs=logs, outfit=with_log) as bot:
            clocks.append(bot.clock)
            made = Firewall(bot, double.workspace().table("AZFWNetworkRule"))
            made.table.beat(
                timedelta(minutes=1),
                bot.clock() - timedelta(hours=1),
                bot.clock() + timedelta(hours=1),
                SourceIp="10.9.9.9",
                DestinationIp="198.51.100.1",
                Action="Allow",
            )
            made.request_id = await bot.contain(ALICE, BOB, f"block {ADDRESS} for 24h because beacon")
            await bot.until_state(made.request_id, PartState.APPLIED)
            bot.clock.turn(minutes=3)
            yield made


async def test_a_block_is_seen_denying_traffic_later_and_nobody_asked(tmp_path: Path) -> None:
    async with blocked(tmp_path) as firewall:
        firewall.writes("Deny", **OURS)
        firewall.writes("Deny", **OURS)
        firewall.bot.clock.turn(minutes=6)

        row = await firewall.until_rung("holds")
        told = next(e.text for e in row.evidence if e.rung == "L3")
        assert told == "seen denying traffic: 2 connections by our own rule, and none passed"
        assert row.verdict is Verdict.INCONCLUSIVE, (
            "one sight of it is no proof of all that crosses the firewall"
        )
        await firewall.bot.until_shown(firewall.request_id, "seen denying traffic")
        assert "evidence:measured-again" in await firewall.bot.story(firewall.request_id)


@pytest.mark.slow
async def test_a_denial_by_somebody_elses_rule_says_nothing_of_ours(tmp_path: Path) -> None:
    async with blocked(tmp_path) as firewall:
        firewall.writes("Deny", **THEIRS)
        firewall.bot.clock.turn(minutes=6)

        row = await firewall.until_rung("silent")
        assert row.verdict is Verdict.INCONCLUSIVE
        await firewall.bot.until_shown(firewall.request_id, "the firewall's log has no row of it yet")


@pytest.mark.slow
async def test_what_the_firewall_lets_pass_after_the_block_calls_people(tmp_path: Path) -> None:
    async with blocked(tmp_path) as firewall:
        firewall.writes("Deny", **OURS)
        firewall.writes("Allow", **THEIRS)
        firewall.bot.clock.turn(minutes=6)

        row = await firewall.until_rung("open")
        assert row.verdict is Verdict.PARTIAL
        await firewall.bot.until_said(firewall.request_id, "HOLE in")
