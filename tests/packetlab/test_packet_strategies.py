"""Each strategy's own objects, written by the bot's own adapter: what they cut, and what they leave open on purpose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import pytest

from bot.adapters.kubernetes import Cluster, Clusters, Connection
from bot.domain import refs
from bot.domain.changes import OwnChange, undo
from bot.domain.engines.engine import EngineName
from bot.domain.engines.limit import Cut as Open
from bot.domain.engines.limit import Peer, Way
from bot.domain.engines.limits import LIMITS
from bot.domain.isolation import Options, StrategyName, allowing, mark, steps
from bot.domain.isolation.cutting import Placement
from bot.domain.isolation.detach import escape
from bot.domain.queries import kube
from bot.domain.views import NetworkPolicyView, PodView, ServiceView
from bot.sandbox.kubernetes.incident import CLUSTER
from tests.controlplane import objects
from tests.packetlab.lab import PacketLab, Packets
from tests.packetlab.network import NODE, NODE_ADDRESS, OUTSIDE_NEIGHBOURS, Try
from tests.packetlab.outfit import Wired, wire_up

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
T = TypeVar("T", bound=msgspec.Struct)
REQUEST = "FB-LAB"
DOORS = (("tcp", 53), ("udp", 53), ("tcp", 443), ("udp", 8080), ("icmp", 0))
DNS = DOORS[:2]
RANGE = "203.0.113.64/26"
FLOOR = Options(StrategyName.NETWORK_POLICY)
DENY = Options(StrategyName.CALICO_STORED, place=Placement(tiered=False))
"""This Calico has no tiers, and no server for its users' API: the stored policies are what Felix reads in any case."""


@pytest.fixture
async def wired(packet_lab: PacketLab, packets: Packets) -> Wired:
    """Stage the incident, with every packet of it going through."""
    made = await wire_up(packet_lab, packets)
    await packets.until(made.matrix(cut=False, doors=DOORS))
    return made


async def _allow_all_egress(wired: Wired, selector: dict[str, str]) -> None:
    space = wired.outfitted.incident.namespace
    body = objects.network_policy("allow-egress", space, selector, egress=[{}])
    await wired.packets.world.create(body)


@asynccontextmanager
async def _cut(lab: PacketLab, wired: Wired, options: Options) -> AsyncIterator[tuple[OwnChange, ...]]:
    """Write what a strategy makes of the suspect, as the bot would."""
    cast = wired.outfitted.incident
    suspect = await _suspect(wired)
    ref = kube(CLUSTER, refs.POD, cast.namespace, cast.pod)
    changes = tuple(step.change for step in steps(suspect, ref, REQUEST, 0, options))
    clusters = Clusters(
        {CLUSTER: Cluster(Connection(CLUSTER, kubeconfig=str(lab.plane.kubeconfig("admin"))), lambda: NOW)}
    )
    try:
        for change in changes:
            await clusters.apply(change)
        yield changes
        for inverse in undo(changes):
            await clusters.apply(inverse)
    finally:
        await clusters.close()


async def _suspect(wired: Wired) -> PodView:
    return _view(await wired.outfitted.pod(), PodView)


def _view(body: dict[str, Any], kind: type[T]) -> T:
    return msgspec.json.decode(msgspec.json.encode(body), type=kind)


async def test_calicos_deny_closes_what_a_policy_of_the_whole_namespace_allows_and_is_taken_back_exactly(
    packet_lab: PacketLab, wired: Wired
) -> None:
    await _allow_all_egress(wired, {})
    async with _cut(packet_lab, wired, DENY):
        await wired.packets.until(wired.matrix(cut=True, doors=DOORS))
    await wired.packets.until(wired.matrix(cut=False, doors=DOORS))


@pytest.mark.slow
async def test_the_floor_alone_leaves_open_what_a_policy_of_the_whole_namespace_allows(
    packet_lab: PacketLab, wired: Wired
) -> None:
    await _allow_all_egress(wired, {})
    outward = [t for t in wired.matrix(cut=False, doors=DOORS) if t.source == wired.suspect]
    async with _cut(packet_lab, wired, FLOOR):
        await wired.packets.until(wired.matrix(cut=True, besides=outward, doors=DOORS))


@pytest.mark.slow
@pytest.mark.parametrize("options", [FLOOR, DENY], ids=["floor", "calico"])
@pytest.mark.parametrize("words", [("dns",), (RANGE,), ("dns", RANGE)], ids=" ".join)
async def test_what_stays_open_on_purpose_is_exactly_that(
    packet_lab: PacketLab, wired: Wired, options: Options, words: tuple[str, ...]
) -> None:
    if options is DENY:  # carved out of the deny, whatever others allow
        await _allow_all_egress(wired, {})
    near = next(address for address in OUTSIDE_NEIGHBOURS if address.endswith(".66"))
    resolver = wired.packets.address(wired.resolver)
    dns = [Try(wired.suspect, resolver, *door) for door in DNS if "dns" in words]
    ranged = [Try(wired.suspect, near, *door) for door in DOORS if RANGE in words]
    cut = wired.matrix(cut=True, besides=dns, doors=DOORS)
    outside = {Try(wired.suspect, near, *door): "cut" for door in DOORS} | dict.fromkeys(ranged, "open")
    async with _cut(packet_lab, wired, msgspec.structs.replace(options, allow=allowing(words))):
        await wired.packets.until({**cut, **outside})


@pytest.mark.slow
async def test_detaching_escapes_a_policy_that_selects_by_label(packet_lab: PacketLab, wired: Wired) -> None:
    await _allow_all_egress(wired, {"app": "api"})
    space = wired.outfitted.incident.namespace
    kinds = (
        f"/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies",
        f"/api/v1/namespaces/{space}/services",
    )
    policies, services = [(await wired.packets.world.api.get(path))["items"] for path in kinds]
    found = escape(
        (await _suspect(wired)).metadata.labels,
        [_view(each, NetworkPolicyView) for each in policies],
        [_view(each, ServiceView) for each in services],
        mark(REQUEST, 0),
    )
    assert (found.left, [one.key for one in found.moved]) == ((), ["app"])
    async with _cut(packet_lab, wired, Options(StrategyName.DETACH, moved=found.moved)):
        await wired.packets.until(wired.matrix(cut=True, doors=DOORS))


async def test_the_limits_that_people_are_told_of_calico_are_what_packets_do(
    packet_lab: PacketLab, wired: Wired
) -> None:
    told = LIMITS[EngineName.CALICO]
    assert [(hole.way, hole.peer, hole.protocol) for hole in told.holes] == [(Way.IN, Peer.OWN_NODE, "")]
    assert told.established.cut is Open.KEPT
    address = wired.packets.address(wired.suspect)
    inward = {Try(NODE, address, *door): "open" for door in DOORS}
    outward = {Try(wired.suspect, NODE_ADDRESS, *door): "cut" for door in DOORS}
    await wired.packets.network.hold("shell", wired.beacon)
    async with _cut(packet_lab, wired, DENY):
        await wired.packets.until({**inward, **outward, wired.beacon: "cut"})
        assert await wired.packets.network.echo("shell") == "alive"
    wired.packets.network.release("shell")
