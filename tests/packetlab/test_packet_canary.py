"""Canaries on real packets: what the program says is what Calico does, and the kubelet's double runs it as a kubelet would."""

import json
from typing import Any

import msgspec
import pytest

from bot.domain.canary import Aim, Answered, Canary, Failed, Heard, Report, Role, Waiting, pod, report
from tests.controlplane import objects
from tests.controlplane.api import ApiRefusedError
from tests.controlplane.waiting import eventually
from tests.packetlab.kubelet import IMAGE, Kubelet
from tests.packetlab.lab import NODE_NAME, Packets
from tests.packetlab.network import OUTSIDE_ADDRESS

MARK = {"firebreak.dev/quarantine": "fb-lab-0"}
SERVED = 8443


class Yard:
    """A namespace with a policy that isolates whoever carries the mark, and canaries in it."""

    def __init__(self, packets: Packets, space: str) -> None:
        self.packets = packets
        self.space = space
        self.paths: dict[str, str] = {}

    async def place(self, role: Role, *aims: Aim, deadline: int = 0, **more: Any) -> None:
        """Create one canary, with a deadline of its own if one is given."""
        wanted = {"seconds": 8, "image": IMAGE, **more}
        if role is Role.INSIDE:
            wanted |= {"mark": MARK["firebreak.dev/quarantine"]}
        one = Canary("lab", self.space, f"firebreak-{role}", NODE_NAME, request="FB-LAB", role=role, **wanted)
        body = json.loads(pod(one, aims).body.text)
        body["spec"]["activeDeadlineSeconds"] = deadline or body["spec"]["activeDeadlineSeconds"]
        self.paths[role] = f"/api/v1/namespaces/{self.space}/pods/{one.name}"
        await self.packets.world.create(body)

    async def heard(self, role: Role) -> Heard:
        """Return what one says by now."""
        found = await self.packets.world.api.get(self.paths[role])
        return report(msgspec.json.encode(found).decode())

    async def answer(self, role: Role) -> dict[str, Answered]:
        """Wait until one has answered; return how each aim ended."""

        async def answered() -> Heard | None:
            heard = await self.heard(role)
            return None if isinstance(heard, Waiting) else heard

        heard = await eventually(answered)
        assert isinstance(heard, Report), heard
        return {result.name: result.last for result in heard.results}


@pytest.fixture
async def yard(packets: Packets) -> Yard:
    space = await packets.world.namespace()
    await packets.world.create(objects.network_policy("cut", space, MARK, ingress=[], egress=[]))
    return Yard(packets, space)


@pytest.mark.slow
async def test_a_canary_within_the_cut_reaches_nobody_and_one_beside_it_all_but_what_is_cut(
    yard: Yard, canaries: Kubelet
) -> None:
    sibling = yard.packets.address(await yard.packets.pod(yard.space, "sibling", {"app": "api"}))
    target = yard.packets.address(await yard.packets.pod(yard.space, "target", {"app": "api", **MARK}))
    control, beacon = Aim("control", sibling, 8080), Aim("beacon", OUTSIDE_ADDRESS, 443)
    await yard.place(Role.INSIDE, Aim("sibling", sibling, 8080), beacon)
    await yard.place(Role.OUTSIDE, control, Aim("target", target, 8080), beacon, Aim("shut", sibling, 22))

    assert await yard.answer(Role.INSIDE) == {"sibling": Answered.CUT, "beacon": Answered.CUT}
    assert await yard.answer(Role.OUTSIDE) == {
        "control": Answered.OPEN,
        "target": Answered.CUT,
        "beacon": Answered.OPEN,
        "shut": Answered.REFUSED,
    }


async def test_one_that_listens_is_reached_until_it_is_taken_away_and_then_it_is_gone(
    yard: Yard, canaries: Kubelet
) -> None:
    await yard.place(Role.SERVER, listen=SERVED, seconds=120)

    async def address() -> str:
        found = await yard.packets.world.api.get(yard.paths[Role.SERVER])
        return str(found["status"].get("podIP", ""))

    await yard.place(Role.OUTSIDE, Aim("control", await eventually(address), SERVED))
    assert await yard.answer(Role.OUTSIDE) == {"control": Answered.OPEN}
    assert await yard.heard(Role.SERVER) == Waiting()
    await yard.packets.world.api.delete(yard.paths[Role.SERVER])

    async def ended() -> bool:
        return f"{yard.space}/firebreak-server" in canaries.ended

    await eventually(ended)
    with pytest.raises(ApiRefusedError, match="404"):
        await yard.heard(Role.SERVER)


async def test_an_image_that_can_not_be_pulled_is_waited_for_and_named(yard: Yard, canaries: Kubelet) -> None:
    canaries.pulls = False
    await yard.place(Role.OUTSIDE)

    async def why() -> str:
        heard = await yard.heard(Role.OUTSIDE)
        assert not isinstance(heard, Report)
        return heard.why if "ImagePull" in heard.why else ""

    assert "registry.test/firebreak:1" in await eventually(why)
    assert canaries.started == []


async def test_one_that_is_late_is_ended_and_has_said_nothing(yard: Yard, canaries: Kubelet) -> None:
    await yard.place(Role.OUTSIDE, seconds=60, deadline=1)

    async def failed() -> Heard | None:
        heard = await yard.heard(Role.OUTSIDE)
        return heard if isinstance(heard, Failed) else None

    assert isinstance(await eventually(failed), Failed)
