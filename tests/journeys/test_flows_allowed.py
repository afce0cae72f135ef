"""What a quarantine leaves open on purpose, and what it does not, as flows see both pass."""

from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.sandbox.flows.traffic import Line
from bot.sandbox.kubernetes.engine import stage_cilium
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.seeing import traffic
from tests.journeys.stage import stage
from tests.journeys.test_flows_proof import rung, wanted

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]


async def test_names_that_may_be_asked_for_excuse_no_connection_that_stays_open(tmp_path: Path) -> None:
    async with stage(tmp_path, transport="http", relay=True) as bot:
        stage_cilium(bot.scene.cluster)
        here = bot.scene.incident
        beacon = Line((here.namespace, here.pod), here.beacon, 443)
        names = Line((here.namespace, here.pod), ("kube-system", "coredns"), 53, "UDP")
        request_id = await bot.propose(ALICE, f"{wanted(bot)} allow dns for 4h because beacon")
        await bot.until_shown(request_id, "Before: ", "captured")
        await bot.approve(BOB, request_id)
        await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "open")
        bot.clock.turn(seconds=60)
        for line, port in ((beacon, 55555), (names, 55556)):
            traffic(bot).keep(line, bot.clock(), port)
        bot.clock.turn(seconds=10)

        rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "open")
        told = await bot.until_said(request_id, f"HOLE in {request_id}: 203.0.113.7:443 was seen to pass")
        assert rows[0].verdict is Verdict.PARTIAL
        assert "coredns" in rung(rows[0], "L3")[1]
        assert "more" not in told.partition("Verdict")[0]  # what may be asked for is no hole of its own
        assert "evidence:hole" in await bot.story(request_id)
