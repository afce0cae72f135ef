"""A quarantine that is asked for at Slack, and what its packets do: cut, held open by others, undone, put back."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.domain.states import PartState
from bot.domain.tampering import MOST_REAPPLIED
from bot.sandbox.scene import ALICE, BOB
from tests.journeys.stage import Stage, stage
from tests.packetlab.lab import PacketLab, Packets
from tests.packetlab.network import OUTSIDE_ADDRESS, Try
from tests.packetlab.outfit import HOLE, Wired, allow_partner, wire_up

ALWAYS_OPEN = ("open connections go on", "its own node can still reach it")
DOORS_OF_DNS = (("udp", 53), ("tcp", 53), ("tcp", 443), ("udp", 8080), ("icmp", 0))


@pytest.fixture
async def wired(bound_lab: PacketLab, packets: Packets) -> Wired:
    """Stage the incident in a namespace of its own, with every packet of it going through."""
    return await wire_up(bound_lab, packets)


async def _contain(bot: Stage, wired: Wired, how: str = "") -> str:
    return await bot.contain(ALICE, BOB, f"quarantine {wired.where} {how} for 4h because it beacons")


async def _roll_back(bot: Stage, request_id: str) -> None:
    await bot.ask(ALICE, f"rollback {request_id} because it was the wrong pod")
    await bot.until_state(request_id, PartState.ROLLED_BACK)


async def test_a_quarantined_pod_is_cut_in_every_direction_while_its_siblings_talk_and_is_put_back(
    wired: Wired, tmp_path: Path
) -> None:
    before = wired.matrix(cut=False)
    await wired.packets.until(before)
    await wired.packets.network.hold("shell", wired.beacon)
    async with stage(tmp_path, cluster=wired.outfitted) as bot:
        photograph = await wired.outfitted.photograph()
        request_id = await _contain(bot, wired)

        await wired.packets.until(wired.matrix(cut=True))
        assert await wired.packets.network.echo("shell") == "alive"
        await bot.until_shown(request_id, *ALWAYS_OPEN)

        await _roll_back(bot, request_id)
        await wired.packets.until(before)
        assert await wired.outfitted.photograph() == photograph
    wired.packets.network.release("shell")


async def test_the_hole_that_a_policy_of_the_whole_namespace_keeps_is_said_and_is_really_there(
    wired: Wired, tmp_path: Path
) -> None:
    await allow_partner(wired)
    before = _partner_only(wired, wired.matrix(cut=False))
    await wired.packets.until(before)
    async with stage(tmp_path, cluster=wired.outfitted) as bot:
        request_id = await bot.propose(ALICE, f"quarantine {wired.where} for 4h because it beacons")
        await bot.until_shown(request_id, "PARTIAL", _hole_in_words(wired), *ALWAYS_OPEN)

        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        holes = frozenset({wired.beacon})
        await wired.packets.until(_partner_only(wired, wired.matrix(cut=True, besides=holes)))

        await _roll_back(bot, request_id)
        await wired.packets.until(before)


async def test_where_the_settings_allow_it_calicos_deny_closes_the_hole_and_the_card_has_none(
    wired: Wired, tmp_path: Path
) -> None:
    await allow_partner(wired)
    before = _partner_only(wired, wired.matrix(cut=False))
    await wired.packets.until(before)
    async with stage(tmp_path, cluster=wired.outfitted) as bot:
        await _allow_calicos_storage(bot)
        photograph = await wired.outfitted.photograph()
        request_id = await bot.propose(ALICE, f"quarantine {wired.where} for 4h because it beacons")
        shown = await bot.until_shown(request_id, "FULL", "Create Calico NetworkPolicy", *ALWAYS_OPEN)
        assert _hole_in_words(wired) not in shown

        await bot.approve(BOB, request_id)
        await bot.until_state(request_id, PartState.APPLIED)
        await wired.packets.until(_partner_only(wired, wired.matrix(cut=True)))
        await _roll_back(bot, request_id)
        await wired.packets.until(before)
        assert await wired.outfitted.photograph() == photograph


async def _allow_calicos_storage(bot: Stage) -> None:
    """Let an operator change the cluster's settings, and start the bot again."""
    clusters = {
        name: each.model_copy(update={"calico_storage": True}) for name, each in bot.settings.clusters.items()
    }
    bot.settings = bot.settings.model_copy(update={"clusters": clusters})
    await bot.restart()


async def test_dns_that_is_left_open_on_purpose_is_all_that_is_left_open(
    wired: Wired, tmp_path: Path
) -> None:
    resolver = wired.packets.address(wired.resolver)
    dns = [Try(wired.suspect, resolver, *door) for door in DOORS_OF_DNS[:2]]
    async with stage(tmp_path, cluster=wired.outfitted) as bot:
        await _contain(bot, wired, "allow dns")
        await wired.packets.until(wired.matrix(cut=True, besides=dns, doors=DOORS_OF_DNS))


async def test_what_somebody_opens_is_closed_again_and_the_card_says_so_until_it_is_no_accident(
    wired: Wired, tmp_path: Path
) -> None:
    async with stage(tmp_path, cluster=wired.outfitted) as bot:
        request_id = await _contain(bot, wired)
        ours = f"firebreak-{request_id.lower()}-0"
        for count in range(1, MOST_REAPPLIED + 1):
            await wired.packets.until(wired.matrix(cut=True))
            await wired.outfitted.api.delete(wired.outfitted.policies_path(ours))
            await bot.until_said(request_id, f"under the original approval ({count} of {MOST_REAPPLIED})")
            await bot.until_state(request_id, PartState.APPLIED)

        await wired.packets.until(wired.matrix(cut=True))
        await wired.outfitted.api.delete(wired.outfitted.policies_path(ours))
        await bot.until_state(request_id, PartState.TAMPERED)
        await bot.until_shown(request_id, "OPENED AGAIN BY OTHERS", ours)
        await wired.packets.until(wired.matrix(cut=False))

        await bot.click(BOB, request_id, "ir_reapply")
        await wired.packets.until(wired.matrix(cut=True))


def _partner_only(wired: Wired, expected: Mapping[Try, str]) -> dict[Try, str]:
    """Return the matrix with the egress of the suspect's namespace held to what `allow-partner` lets out."""
    members = {wired.suspect, *wired.siblings}
    return {
        attempt: state if attempt.source not in members or attempt[1:] == (OUTSIDE_ADDRESS, *HOLE) else "cut"
        for attempt, state in expected.items()
    }


def _hole_in_words(wired: Wired) -> str:
    """Return what the card has to say of `allow-partner`: whom it leads to, to the port, and whose it is."""
    cast = wired.outfitted.incident
    protocol, port = HOLE
    return (
        f"{cast.namespace}/{cast.pod} can reach the internet (203.0.113.0/24) on {protocol.upper()} {port}: "
        f"allowed by NetworkPolicy {cast.namespace}/allow-partner"
    )
