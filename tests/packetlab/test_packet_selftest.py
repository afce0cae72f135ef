"""`firebreak check --self-test` before a real Calico: it passes, and where nothing enforces it says so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.store import migrate
from bot.bootstrap.answering import Answer
from bot.bootstrap.checking import self_tests
from bot.bootstrap.house import Laboratory
from bot.bootstrap.staging import settings_for
from bot.domain.isolation import REQUEST
from bot.engine.context import Pace
from bot.sandbox.kubernetes.incident import CLUSTER
from bot.sandbox.scene import scene
from bot.settings import Settings
from tests.controlplane.waiting import eventually
from tests.packetlab.kubelet import IMAGE, Kubelet
from tests.packetlab.lab import PacketLab, Packets
from tests.packetlab.network import Try

QUICK = Pace(head=timedelta(seconds=4), tries=14, look=timedelta(seconds=0.1))


@dataclass
class Yard:
    """Settings with a namespace for self-tests, and what stands in it."""

    packets: Packets
    space: str
    settings: Settings

    async def tested(self) -> Answer:
        """Run the command."""
        (answer,) = [one async for one in self_tests(self.settings, Laboratory(pace=QUICK), CLUSTER)]
        return answer

    async def left(self) -> list[str]:
        """Return the names of what is left of self-tests."""
        api = self.packets.world.api
        paths = (
            f"/api/v1/namespaces/{self.space}/pods",
            f"/apis/networking.k8s.io/v1/namespaces/{self.space}/networkpolicies",
        )
        found = [await api.get(f"{path}?labelSelector={REQUEST}") for path in paths]
        return [item["metadata"]["name"] for each in found for item in each["items"]]


@pytest.fixture
async def yard(bound_lab: PacketLab, packets: Packets, tmp_path: Path) -> AsyncIterator[Yard]:
    space = await packets.world.namespace()
    async with scene(tmp_path) as staged:
        settings = settings_for(staged, tmp_path)
        given = settings.clusters[CLUSTER].model_copy(
            update={
                "kubeconfig": bound_lab.plane.kubeconfig("bot", context=CLUSTER),
                "canary_image": IMAGE,
                "self_test_namespace": space,
            }
        )
        settings = settings.model_copy(update={"clusters": {CLUSTER: given}, "azure": None})
        await migrate(settings.database)
        yield Yard(packets, space, settings)


async def test_where_calico_enforces_the_self_test_passes_and_leaves_nothing(
    yard: Yard, canaries: Kubelet
) -> None:
    answer = await yard.tested()

    assert (answer.fine, answer.text.partition(":")[0]) == (
        True,
        "passed on node packet-lab (Calico 3.28.5 (manifest))",
    )
    assert await yard.left() == []

    async def all_ended() -> bool:
        return len(canaries.ended) == 4  # the node hears of each a moment after the API server

    await eventually(all_ended)


Break = Callable[[PacketLab], AbstractContextManager[None]]
Once = Callable[[Packets, Kubelet], Awaitable[bool]]


async def _nothing_needed(packets: Packets, canaries: Kubelet) -> bool:
    return True


async def _all_connected(packets: Packets, canaries: Kubelet) -> bool:
    """Whether the four pods stand and reach one another: from now on only the policy is missing."""
    at = {name.rpartition("-")[2]: name for name in canaries.started}
    if len(at) < 4:
        return False
    ways = [("inside", "server"), ("outside", "server"), ("outside", "target")]
    tries = [Try(at[one], canaries.addresses[at[other]]) for one, other in ways]
    return set((await packets.network.seen(tries)).values()) == {"open"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("breaks", "once"),
    [
        (lambda lab: lab.felix.useless(), _nothing_needed),
        (lambda lab: lab.felix.frozen(), _all_connected),
    ],
    ids=["nothing enforces", "the agent stops before the policy"],
)
async def test_where_the_agent_enforces_nothing_the_self_test_fails_and_says_what_gets_through(
    packet_lab: PacketLab, yard: Yard, canaries: Kubelet, breaks: Break, once: Once
) -> None:
    testing = asyncio.create_task(yard.tested())
    await eventually(lambda: once(yard.packets, canaries))
    with breaks(packet_lab):
        answer = await testing

    assert not answer.fine
    assert "failed on node packet-lab" in answer.text
    assert "a pod that the policy isolates still reaches others" in answer.text
    assert "a pod that the policy isolates can still be reached" in answer.text
    assert await yard.left() == []


@pytest.mark.slow
async def test_an_agent_that_was_dead_before_proves_nothing(
    packet_lab: PacketLab, yard: Yard, canaries: Kubelet
) -> None:
    with packet_lab.felix.frozen():
        answer = await yard.tested()

    assert not answer.fine
    assert "inconclusive" in answer.text
    assert "the control could not connect either" in answer.text
    assert await yard.left() == []
