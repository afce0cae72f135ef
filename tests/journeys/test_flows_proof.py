"""Flows as proof: what passed before a containment, what became of it, and a drop in the name of our own policy."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bot.adapters.azure.client import SandboxEndpoint
from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.sandbox.flows.events import End, Wire, forwarded
from bot.sandbox.flows.traffic import Line, usual
from bot.sandbox.kubernetes.engine import stage_cilium
from bot.sandbox.loganalytics import LogAnalyticsDouble
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.journeys.seeing import traffic
from tests.journeys.stage import Stage, stage
from tests.journeys.test_block_seen import with_log

pytestmark = pytest.mark.timeout(120)
EVIL = "<!channel>*bold*\u202e"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path, transport="http", relay=True) as made:
        stage_cilium(made.scene.cluster)
        yield made


def lines(bot: Stage) -> tuple[Line, ...]:
    here = bot.scene.incident
    return usual(here.pod, here.namespace, here.beacon)


def wanted(bot: Stage) -> str:
    here = bot.scene.incident
    return f"quarantine {here.cluster}/{here.namespace}/{here.pod}"


def rung(row: PartRow, name: str) -> tuple[str, str]:
    """Return what a rung says by now."""
    return next(((e.outcome, e.text) for e in row.evidence if e.rung == name and e.outcome), ("", ""))


async def contained(bot: Stage) -> str:
    """Have the suspect cut once its flows are kept, and its engine given the time to act."""
    request_id = await bot.propose(ALICE, f"{wanted(bot)} for 4h because beacon")
    await bot.until_shown(request_id, "Before: ", "1 external peer", "captured")
    said = await bot.approve(BOB, request_id)
    assert "approved and starts now" in said
    await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds" and rows[0].due_at)
    bot.clock.turn(seconds=60)
    return request_id


async def test_what_passed_what_stopped_and_our_own_drop_stand_on_the_card(bot: Stage) -> None:
    request_id = await bot.propose(ALICE, f"{wanted(bot)} because beacon")
    shown = await bot.until_shown(request_id, "Before: ", "1 external peer", "captured")
    assert "cuts 2 peers of the last 15 min, among them kube-system/coredns-" in shown
    assert "/ir block 203.0.113.7 (203.0.113.7:443 is called every 20 s" in shown
    await bot.approve(BOB, request_id)
    await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds")
    bot.clock.turn(seconds=60)
    traffic(bot).talk(lines(bot), bot.clock())
    bot.clock.turn(seconds=10)

    rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "holds")
    assert "dropped by our policy, and none passed since" in rung(rows[0], "L3")[1]
    assert rows[0].verdict is Verdict.CONTAINED
    shown = await bot.until_shown(request_id, "After: ", "Stopped: ", "2 peers stopped", "CONTAINED")
    assert "203.0.113.7:443, kube-system/coredns-" in shown
    told = await bot.ask(ALICE, f"evidence {request_id}")
    assert "flows before the containment" in told
    assert "flows after the containment" in told
    assert "evidence:flows-after" in await bot.story(request_id)


@pytest.mark.slow
async def test_a_relay_that_dies_meanwhile_proves_nothing_and_raises_nothing(bot: Stage) -> None:
    request_id = await contained(bot)
    traffic(bot).relay.faults.die = 0
    bot.clock.turn(seconds=20)

    rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "silent")
    assert rows[0].verdict is Verdict.INCONCLUSIVE
    shown = await bot.until_shown(request_id, "After: ", "not known: hubble")
    assert "Stopped: " not in shown


@pytest.mark.slow
async def test_what_was_proved_counts_no_more_once_its_source_is_gone(bot: Stage) -> None:
    request_id = await contained(bot)
    traffic(bot).talk(lines(bot), bot.clock())
    bot.clock.turn(seconds=10)
    await bot.until_rows(request_id, lambda rows: rows[0].verdict is Verdict.CONTAINED)
    traffic(bot).relay.faults.die = 0
    bot.clock.turn(minutes=6)

    rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "silent")
    assert rows[0].verdict is Verdict.INCONCLUSIVE
    await bot.until_said(request_id, "was measured again. Verdict: INCONCLUSIVE")


@pytest.mark.slow
async def test_a_connection_that_stays_open_is_said_and_is_no_containment(bot: Stage) -> None:
    here = bot.scene.incident
    beacon = Line((here.namespace, here.pod), here.beacon, 443)
    traffic(bot).keep(beacon, bot.clock(), 55555)
    request_id = await contained(bot)
    traffic(bot).keep(beacon, bot.clock(), 55555)
    bot.clock.turn(seconds=10)

    rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "open")
    assert rows[0].verdict is Verdict.PARTIAL
    await bot.until_shown(request_id, "Goes on: ", "203.0.113.7:443 (1 of its connections open since before)")
    await bot.until_said(request_id, f"HOLE in {request_id}: 203.0.113.7:443 was seen to pass")
    await bot.until_shown(request_id, "Close it: block 203.0.113.7")

    traffic(bot).relay.faults.die = 0  # silence takes away nothing that was seen
    bot.clock.turn(minutes=6)
    await bot.until_said(request_id, "HOLE")
    assert rung((await bot.rows(request_id))[0], "L3")[0] == "open"


@pytest.mark.slow
async def test_a_program_that_ends_before_the_flows_are_read_reads_them_after_its_restart(bot: Stage) -> None:
    traffic(bot).relay.faults.hang = 0
    request_id = await bot.propose(ALICE, f"{wanted(bot)} because beacon")
    shown = await bot.until_shown(request_id, "Recent traffic")
    assert "whom it would have cut in the last 15 min is not known (hubble: " in shown
    await bot.stop()
    traffic(bot).relay.faults.hang = None
    await bot.start()

    await bot.until_shown(request_id, "Before: ", "1 external peer: most with 203.0.113.7:443")


@pytest.mark.slow
async def test_names_in_flows_stay_names(bot: Stage) -> None:
    here = bot.scene.incident
    suspect = End(here.pod_address, here.namespace, here.pod, identity=1000)
    wire = Wire(suspect, End(here.beacon, names=(EVIL,)), 443)
    for second in range(50):
        bad = msgspec.structs.replace(wire, from_port=50000 + second)
        for event in forwarded(bad, bot.clock()):
            next(iter(traffic(bot).relay.nodes.values())).see(event)
    request_id = await bot.propose(ALICE, f"{wanted(bot)} because beacon")
    await bot.until_shown(request_id, "Before: ", "1 external peer", "channel")

    card = await bot.card(request_id)
    assert "\u202e" not in json.dumps(card.blocks, ensure_ascii=False)
    assert all("<!channel>*" not in text for text in marked(card.blocks))


def marked(blocks: object) -> list[str]:
    """Return all texts in which Slack looks for marks."""
    match blocks:
        case {"type": "mrkdwn", "text": str(text)}:
            return [text]
        case dict():
            return [text for each in blocks.values() for text in marked(each)]
        case list() | tuple():
            return [text for each in blocks for text in marked(each)]
        case _:
            return []


@pytest.mark.slow
async def test_a_plan_is_run_over_as_long_a_time_of_flows_as_is_asked_for(bot: Stage) -> None:
    told = await bot.ask(ALICE, f"plan {wanted(bot)} replay 24h")
    assert "cuts 2 peers of the last 24 h, among them kube-system/coredns-" in told
    assert "hubble may have missed some: it covers only" in told
    assert "Only plans are replayed" in await bot.ask(ALICE, f"{wanted(bot)} replay 24h")
    assert "1m to 30d" in await bot.ask(ALICE, f"plan {wanted(bot)} replay 31d")


@pytest.mark.slow
async def test_a_block_says_who_in_the_cluster_talked_to_the_address(bot: Stage) -> None:
    here = bot.scene.incident
    told = await bot.ask(ALICE, f"plan block {here.beacon} cluster {here.cluster} replay 1h")
    assert f"cuts at most 1 peer of the last 60 min: {here.namespace}/{here.pod} (15 connections)" in told
    told = await bot.ask(ALICE, f"plan block 198.51.100.77 cluster {here.cluster}")
    assert "would have cut nothing: no flows in the last 15 min, by hubble" in told


@pytest.mark.slow
async def test_what_was_undone_before_the_second_look_is_not_looked_at(bot: Stage) -> None:
    request_id = await bot.propose(ALICE, f"{wanted(bot)} because beacon")
    await bot.until_shown(request_id, "Before: ", "captured")
    await bot.approve(BOB, request_id)
    await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds")
    await bot.ask(ALICE, f"rollback {request_id}")
    await bot.until_rows(request_id, lambda rows: rows[0].state.value == "rolled_back")
    bot.clock.turn(seconds=70)

    await bot.until_shown(request_id, "After: ", "not known: it is rolled")


@pytest.mark.slow
async def test_flows_before_and_after_stand_in_the_report_with_their_hashes(bot: Stage) -> None:
    request_id = await contained(bot)
    traffic(bot).talk(lines(bot), bot.clock())
    bot.clock.turn(seconds=10)
    await bot.until_shown(request_id, "After: ", "2 peers stopped")
    await bot.ask(ALICE, f"report {request_id}")

    async def sent() -> str | None:
        every = [one for one in bot.scene.workspace.files.values() if one.content and one.channel]
        return next(
            (one.content.decode() for one in every if one.content and b"flows-after.json" in one.content),
            None,
        )

    page = await bot.until(sent)
    for words in ("flows-before.json", "2 peers stopped", "captured after it was contained"):
        assert words in page, words


@pytest.mark.slow
async def test_a_program_that_ends_after_the_cut_still_looks_a_second_time(bot: Stage) -> None:
    request_id = await bot.propose(ALICE, f"{wanted(bot)} because beacon")
    await bot.until_shown(request_id, "Before: ", "captured")
    await bot.approve(BOB, request_id)
    await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds")
    await bot.stop()
    bot.clock.turn(seconds=60)
    traffic(bot).talk(lines(bot), bot.clock())
    bot.clock.turn(seconds=10)
    await bot.start()

    await bot.until_shown(request_id, "After: ", "2 peers stopped", "CONTAINED")


@pytest.mark.slow
async def test_each_pod_of_a_deployment_has_its_flows_compared(tmp_path: Path) -> None:
    policy = POLICY.replace("quarantine-pod", "quarantine-workload")
    async with stage(tmp_path, relay=True, policy=policy) as bot:
        stage_cilium(bot.scene.cluster)
        here = bot.scene.incident
        request_id = await bot.propose(
            ALICE, f"quarantine deployment:{here.cluster}/{here.namespace}/api because beacon"
        )
        await bot.until_shown(request_id, "Before: ", "captured")
        await bot.approve(BOB, request_id)
        await bot.approve(CARA, request_id)  # no Ready replica is left: one more is asked
        await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds")
        bot.clock.turn(seconds=60)
        traffic(bot).talk(lines(bot), bot.clock())
        bot.clock.turn(seconds=10)

        async def all_told() -> bool:
            async with bot.built.context.store.begin() as tx:
                later = [one for one in await tx.captures.of(request_id) if one.after]
            return len(later) == 3 and all(one.flows and one.flows.stopped for one in later)

        await bot.until(all_told)

        await bot.until_shown(request_id, "After: ", "2 peers stopped", "more: Details")
        rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "holds")
        assert "of its 3 pods were dropped by our policy" in rung(rows[0], "L3")[1]
        assert rows[0].verdict is Verdict.CONTAINED


@pytest.mark.slow
async def test_where_only_logs_tell_the_card_says_why_flows_prove_nothing(tmp_path: Path) -> None:
    async with LogAnalyticsDouble(lambda: datetime.now(UTC)) as double:  # noqa: TID251 - the world outside has its own clock
        double.workspace()
        logs = SandboxEndpoint(double.url, double.ca_file)
        async with stage(tmp_path, logs=logs, outfit=with_log) as bot:
            stage_cilium(bot.scene.cluster)
            request_id = await bot.propose(ALICE, f"{wanted(bot)} because beacon")
            await bot.approve(BOB, request_id)
            await bot.until_rows(request_id, lambda rows: rung(rows[0], "L1")[0] == "holds")
            bot.clock.turn(seconds=60)

            rows = await bot.until_rows(request_id, lambda rows: rung(rows[0], "L3")[0] == "silent")
            assert rows[0].verdict is Verdict.INCONCLUSIVE
            await bot.until_shown(request_id, "L3 is missing: only logs tell of flows here, minutes later")
