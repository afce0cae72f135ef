"""What a real Calico does with packets under hand-written objects: the ground that all claims stand on."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.controlplane import objects
from tests.packetlab.lab import Packets
from tests.packetlab.network import NODE, OUTSIDE, OUTSIDE_ADDRESS, Try
from tests.packetlab.pairs import matrix, pairs

MARK = {"lab.test/quarantine": "fb-1"}
BEACON = ("tcp", 443)


@dataclass(frozen=True)
class Cast:
    """Pods by their names in the lab: `api` is the suspect, `web` its sibling, `cli` of another namespace."""

    space: str
    api: str
    web: str
    cli: str

    @property
    def all(self) -> tuple[str, str, str]:
        """Every pod."""
        return self.api, self.web, self.cli

    def touched(self, source: str, destination: str) -> bool:
        """Whether the suspect is at one end, and this is not its own node calling it."""
        return self.api in {source, destination} and source != NODE


@pytest.fixture
async def cast(packets: Packets) -> Cast:
    """Put three pods into two namespaces."""
    space, other = await packets.world.namespace(), await packets.world.namespace()
    return Cast(
        space,
        await packets.pod(space, "api", {"app": "api"}),
        await packets.pod(space, "web", {"app": "web"}),
        await packets.pod(other, "cli", {"app": "cli"}),
    )


async def _quarantine(packets: Packets, cast: Cast) -> None:
    await packets.world.create(objects.network_policy("quarantine", cast.space, MARK, ingress=[], egress=[]))
    await _label(packets, cast, MARK)


async def _label(packets: Packets, cast: Cast, labels: dict[str, Any]) -> None:
    await packets.world.api.patch(
        f"/api/v1/namespaces/{cast.space}/pods/api", {"metadata": {"labels": labels}}
    )


async def _allow_the_beacon(packets: Packets, cast: Cast) -> None:
    """Let every pod of the namespace call one network outside on one port: an ordinary policy of a team."""
    rule = {"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"protocol": "TCP", "port": 443}]}
    await packets.world.create(objects.network_policy("allow-partner", cast.space, {}, egress=[rule]))


async def _deny(packets: Packets) -> None:
    """Deny through Calico's own policy, in front of all NetworkPolicies."""
    await packets.world.create(
        {
            "apiVersion": "crd.projectcalico.org/v1",
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "default.fb-1"},
            "spec": {
                "order": -1000,
                "selector": "lab.test/quarantine == 'fb-1'",
                "types": ["Ingress", "Egress"],
                "ingress": [{"action": "Deny"}],
                "egress": [{"action": "Deny"}],
            },
        }
    )


async def test_nothing_is_cut_where_no_policy_is(packets: Packets, cast: Cast) -> None:
    await packets.until(matrix(pairs(packets, *cast.all), lambda source, to, _: False))


async def test_label_and_policy_cut_one_pod_in_every_direction_but_from_its_own_node(
    packets: Packets, cast: Cast
) -> None:
    tried = pairs(packets, *cast.all)
    await packets.until(matrix(tried, lambda *_: False))
    await _quarantine(packets, cast)

    await packets.until(matrix(tried, lambda source, to, _: cast.touched(source, to)))


async def test_an_allow_for_the_whole_namespace_opens_exactly_its_hole_and_calicos_deny_closes_it(
    packets: Packets, cast: Cast
) -> None:
    tried = pairs(packets, *cast.all)
    before = matrix(tried, lambda *_: False)
    await packets.until(before)
    await _quarantine(packets, cast)
    await _allow_the_beacon(packets, cast)
    hole = Try(cast.api, OUTSIDE_ADDRESS, *BEACON)

    def governed(source: str, to: str, attempt: Try) -> bool:
        """Whether the allow of the namespace, which isolates its pods' egress too, leaves this out."""
        from_web = source == cast.web and (to, *attempt[2:]) != (OUTSIDE, *BEACON)
        return from_web or (cast.touched(source, to) and attempt != hole)

    await packets.until(matrix(tried, governed))
    await _deny(packets)
    await packets.until(matrix(tried, lambda *given: governed(*given) or given[2] == hole))

    await packets.world.api.delete("/apis/crd.projectcalico.org/v1/globalnetworkpolicies/default.fb-1")
    await packets.until(matrix(tried, governed))
    policies = f"/apis/networking.k8s.io/v1/namespaces/{cast.space}/networkpolicies"
    await packets.world.api.delete(f"{policies}/allow-partner")
    await packets.until(matrix(tried, lambda source, to, _: cast.touched(source, to)))
    await _label(packets, cast, dict.fromkeys(MARK))
    await packets.world.api.delete(f"{policies}/quarantine")
    await packets.until(before)


async def test_a_connection_that_is_open_lives_on_whatever_is_denied_afterwards(
    packets: Packets, cast: Cast
) -> None:
    beacon = Try(cast.api, OUTSIDE_ADDRESS, *BEACON)
    await packets.until({beacon: "open"})
    await packets.network.hold("beacon", beacon)
    assert await packets.network.echo("beacon") == "alive"

    await _quarantine(packets, cast)
    await packets.until({beacon: "cut"})
    assert await packets.network.echo("beacon") == "alive"
    await _allow_the_beacon(packets, cast)
    await packets.until({beacon: "open"})
    await _deny(packets)
    await packets.until({beacon: "cut"})
    assert await packets.network.echo("beacon") == "alive"
    packets.network.release("beacon")
