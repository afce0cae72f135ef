"""What comes after a quarantine: replicas that start later, and policies that others write, each tried with packets."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.findings import Verdict
from bot.domain.states import PartState
from bot.sandbox.scene import ALICE, BOB, CARA, POLICY
from tests.controlplane import objects
from tests.journeys.stage import QUICK, stage
from tests.packetlab.lab import NODE_NAME, PacketLab, Packets
from tests.packetlab.network import NODE
from tests.packetlab.outfit import LABELS, Wired, allow_partner, wire_up
from tests.packetlab.pairs import Matrix, matrix, pairs

DEAF = replace(QUICK, watch=timedelta(hours=9), measure=timedelta(hours=9))
"""Nobody looks on a schedule, so what is noticed was heard of."""


@pytest.fixture
async def wired(bound_lab: PacketLab, packets: Packets) -> Wired:
    """Stage the incident in a namespace of its own, with every packet of it going through."""
    made = await wire_up(bound_lab, packets)
    await packets.until(made.matrix(cut=False))
    return made


async def _scaled_up(wired: Wired) -> Wired:
    """Start one more replica, as the controller of all the others would."""
    cast, packets = wired.outfitted.incident, wired.packets
    owner = await packets.world.api.get(f"/apis/apps/v1/namespaces/{cast.namespace}/replicasets/api-5c9d")
    body = objects.pod(
        "api-5c9d-later", cast.namespace, labels=LABELS, node=NODE_NAME, ip=packets.lab.address(), owner=owner
    )
    return replace(wired, siblings=(*wired.siblings, await packets.add(body)))


def _all_cut(wired: Wired) -> Matrix:
    """Return what is expected when every replica is cut, from one another too."""
    replicas = {wired.suspect, *wired.siblings}
    tried = pairs(wired.packets, *replicas, wired.stranger, wired.resolver)
    return matrix(tried, lambda source, to, _: source != NODE and bool(replicas & {source, to}))


async def test_a_replica_that_comes_later_talks_and_the_quarantined_one_stays_cut(
    wired: Wired, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=wired.outfitted) as bot:
        request_id = await bot.contain(ALICE, BOB, f"quarantine {wired.where} for 4h because it beacons")
        await wired.packets.until(wired.matrix(cut=True))

        grown = await _scaled_up(wired)
        await wired.packets.until(grown.matrix(cut=True))

        await bot.ask(ALICE, f"rollback {request_id} because it was the wrong pod")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await wired.packets.until(grown.matrix(cut=False))


async def test_a_hole_that_a_new_policy_of_others_makes_is_real_and_is_raised_by_the_watch_alone(
    wired: Wired, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=wired.outfitted, limits=DEAF) as bot:
        request_id = await bot.contain(ALICE, BOB, f"quarantine {wired.where} for 4h because it beacons")
        await wired.packets.until({wired.beacon: "cut"})
        await bot.until_rows(request_id, lambda rows: rows[0].due_at is None)

        await allow_partner(wired)
        await wired.packets.until({wired.beacon: "open"})
        said = await bot.until_said(request_id, f"HOLE in {request_id}")
        space = wired.outfitted.incident.namespace
        assert (
            f"the internet (203.0.113.0/24) on TCP 443: allowed by NetworkPolicy {space}/allow-partner"
            in said
        )
        await bot.until_rows(request_id, lambda rows: rows[0].verdict is Verdict.PARTIAL)

        await wired.outfitted.api.delete(wired.outfitted.policies_path("allow-partner"))
        await wired.packets.until(wired.matrix(cut=True))
        await bot.until_rows(request_id, lambda rows: rows[0].verdict is not Verdict.PARTIAL)


async def test_a_deployment_that_is_quarantined_is_cut_in_each_replica_and_in_the_one_that_comes_later(
    wired: Wired, tmp_path: Path
) -> None:
    cast = wired.outfitted.incident
    await wired.packets.world.create(objects.deployment("api", cast.namespace, LABELS))
    before = wired.matrix(cut=False)
    policy = POLICY.replace("quarantine-pod", "quarantine-workload")
    policy = policy.replace("namespace_percent: 60", "namespace_percent: 100")  # most of what runs is cut
    async with stage(tmp_path, cluster=wired.outfitted, policy=policy) as bot:
        request_id = await bot.propose(
            ALICE,
            f"quarantine deployment:{cast.cluster}/{cast.namespace}/api for 4h because every replica beacons",
        )
        await bot.approve(BOB, request_id)
        await bot.approve(CARA, request_id)  # no Ready replica is left: one more is asked
        await bot.until_state(request_id, PartState.APPLIED)
        await wired.packets.until(_all_cut(wired))

        grown = await _scaled_up(wired)
        await wired.packets.until(_all_cut(grown))

        await bot.ask(ALICE, f"rollback {request_id} because it was the wrong one")
        await bot.until_state(request_id, PartState.ROLLED_BACK)
        await wired.packets.until(grown.matrix(cut=False))
        await wired.packets.until(before)
