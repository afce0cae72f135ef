"""A quarantine under a real Calico, which says nothing in the API: proved, or not, by packets of canaries."""

from pathlib import Path

import pytest

from bot.domain.canary import CANARY
from bot.domain.findings import Verdict
from bot.domain.requests import PartRow
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB
from tests.controlplane import objects
from tests.journeys.stage import PATIENCE, Stage, stage
from tests.packetlab.kubelet import IMAGE, Kubelet
from tests.packetlab.lab import PacketLab, Packets
from tests.packetlab.outfit import Wired, allow_partner, wire_up

pytestmark = pytest.mark.timeout(180)
HOLDS, OPEN, SILENT = "holds", "open", "silent"


@pytest.fixture
async def wired(bound_lab: PacketLab, packets: Packets, canaries: Kubelet) -> Wired:
    """Stage the incident, with every packet of it going through and a kubelet that runs canaries."""
    made = await wire_up(bound_lab, packets)
    await packets.until(made.matrix(cut=False))
    return made


async def _contained(bot: Stage, wired: Wired) -> str:
    return await bot.contain(
        ALICE, BOB, f"quarantine {wired.where} using networkpolicy for 4h because it beacons"
    )


async def _proved(bot: Stage, request_id: str, verdict: Verdict) -> dict[str, tuple[str, str]]:
    """Wait until the lane has done with it and this came of it; return what each rung said."""

    def done(row: PartRow) -> bool:
        return row.state is PartState.APPLIED and row.due_at is None and not row.canaries

    for _ in range(4):  # canaries take longer than anything else that a journey waits for
        try:
            (row,) = await bot.until_rows(request_id, lambda rows: done(rows[0]))
            break
        except AssertionError:
            continue
    else:
        raise AssertionError(f"not done within {4 * PATIENCE} s: {await bot.rows(request_id)}")
    said = {e.rung: (e.outcome, e.text) for e in row.evidence if e.outcome}
    assert row.verdict is verdict, said
    return said


async def _left(wired: Wired) -> list[str]:
    """Return the names of the canaries that stand."""
    found = await wired.outfitted.api.get(f"/api/v1/pods?labelSelector={CANARY}")
    return [item["metadata"]["name"] for item in found["items"]]


async def test_what_the_packets_show_makes_a_quarantine_contained_and_the_canaries_are_gone(
    wired: Wired, canaries: Kubelet, tmp_path: Path
) -> None:
    photograph = await wired.outfitted.photograph()
    async with stage(tmp_path, cluster=wired.outfitted, canary_image=IMAGE) as bot:
        request_id = await _contained(bot, wired)
        said = await _proved(bot, request_id, Verdict.CONTAINED)

        assert {rung: outcome for rung, (outcome, _) in said.items()} == dict.fromkeys(
            ("L0", "L1", "L4"), HOLDS
        )
        assert len(canaries.started) == 2
        assert await _left(wired) == []
        await wired.packets.until(wired.matrix(cut=True))
        await bot.until_shown(request_id, "CONTAINED")

        await bot.ask(ALICE, f"rollback {request_id} because it was the wrong pod")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await wired.packets.until(wired.matrix(cut=False))
        assert await wired.outfitted.photograph() == photograph


@pytest.mark.slow
async def test_a_namespace_that_lets_all_its_pods_out_to_one_another_is_seen_to_by_packets(
    wired: Wired, tmp_path: Path
) -> None:
    space = wired.outfitted.incident.namespace
    body = objects.network_policy(
        "allow-within", space, {}, ingress=[{"from": [{"podSelector": {}}]}], egress=[{}]
    )
    await wired.packets.world.create(body)
    async with stage(tmp_path, cluster=wired.outfitted, canary_image=IMAGE) as bot:
        request_id = await _contained(bot, wired)
        said = await _proved(bot, request_id, Verdict.PARTIAL)

        assert said["L1"][0] == OPEN
        assert "NetworkPolicy " in said["L1"][1]
        assert said["L4"][0] == OPEN
        assert "a canary under its label reaches" in said["L4"][1]
        assert "a canary beside it reaches the pod itself" in said["L4"][1]
        assert await _left(wired) == []


@pytest.mark.slow
async def test_a_control_that_reaches_nobody_either_shows_nothing(wired: Wired, tmp_path: Path) -> None:
    await allow_partner(wired)  # which leaves every pod of the namespace one network outside, and no sibling
    await wired.packets.until({wired.beacon: "open"})
    async with stage(tmp_path, cluster=wired.outfitted, canary_image=IMAGE) as bot:
        request_id = await _contained(bot, wired)
        said = await _proved(bot, request_id, Verdict.PARTIAL)  # by what is computed, not by packets

        assert said["L4"][0] == SILENT
        assert "the control could not reach" in said["L4"][1]
        assert await _left(wired) == []


@pytest.mark.slow
async def test_a_namespace_that_lets_nobody_out_has_no_control_and_what_is_cut_there_proves_nothing(
    wired: Wired, tmp_path: Path
) -> None:
    space = wired.outfitted.incident.namespace
    await wired.packets.world.create(objects.network_policy("nobody-out", space, {}, egress=[]))
    await wired.packets.until({wired.beacon: "cut"})
    async with stage(tmp_path, cluster=wired.outfitted, canary_image=IMAGE) as bot:
        request_id = await _contained(bot, wired)
        said = await _proved(bot, request_id, Verdict.INCONCLUSIVE)
        await wired.packets.until({wired.beacon: "cut"})

        assert (said["L1"][0], said["L4"][0]) == (HOLDS, SILENT)
        assert "the control could not reach" in said["L4"][1]
        assert await _left(wired) == []


@pytest.mark.slow
async def test_an_engine_that_enforces_nothing_is_found_out_by_packets_and_is_never_contained(
    bound_lab: PacketLab, wired: Wired, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=wired.outfitted, canary_image=IMAGE) as bot:
        with bound_lab.felix.useless():
            request_id = await _contained(bot, wired)
            said = await _proved(bot, request_id, Verdict.PARTIAL)
            await wired.packets.until(wired.matrix(cut=False))

        assert (said["L1"][0], said["L4"][0]) == (HOLDS, OPEN)
        assert "packets get through" in said["L4"][1]
        await bot.until_said(request_id, f"HOLE in {request_id}")
        assert await _left(wired) == []


@pytest.mark.slow
async def test_an_agent_that_stopped_before_the_cut_lets_new_pods_through_to_nobody_which_shows_nothing(
    bound_lab: PacketLab, wired: Wired, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=wired.outfitted, canary_image=IMAGE) as bot:
        with bound_lab.felix.frozen():
            request_id = await _contained(bot, wired)
            said = await _proved(bot, request_id, Verdict.INCONCLUSIVE)
            await wired.packets.until(wired.matrix(cut=False))

        assert (said["L1"][0], said["L4"][0]) == (HOLDS, SILENT)
        assert await _left(wired) == []
