"""What the evaluator says of each attempt, by the sets that a person is shown."""

from bot.domain.directions import Direction
from bot.domain.residual import ranges
from bot.domain.residual.answers import Allowance
from bot.domain.residual.atlas import NodeGroup, Outside, Peer, PodGroup
from bot.domain.residual.evaluate import atlas, residual
from bot.domain.residual.rules import UNSELECTED
from bot.domain.residual.world import World
from tests.packetlab.lab import NODE_NAME
from tests.packetlab.network import NODE, Try

ICMP = 1


class Verdicts:
    """Everything that is allowed in one world. An end is a pod as `namespace/name`, an address, or `node`."""

    def __init__(self, world: World) -> None:
        whole = atlas(world)
        found = {str(pod): residual(pod, whole) for pod in world.pods if not pod.host_network}
        unmodelled = sorted({text for each in found.values() for text in each.unmodelled})
        assert not unmodelled
        self._allowances = {name: each.allowances for name, each in found.items()}
        self.pierced = 0

    def of(self, source: str, target: str, attempt: Try) -> str:
        """Return `open` or `cut`. Fails where the two ends of one connection are told differently."""
        said = {
            *self._side(source, Direction.EGRESS, target, attempt),
            *self._side(target, Direction.INGRESS, source, attempt),
        }
        assert len(said) == 1, (source, target, attempt, said)
        return said.pop()

    def _side(self, pod: str, direction: Direction, peer: str, attempt: Try) -> tuple[str, ...]:
        if pod not in self._allowances:  # nobody's policies are asked there
            return ()
        found = [
            each
            for each in self._allowances[pod]
            if each.direction is direction and _is_of(each.peer, peer) and _holds(each, attempt)
        ]
        if any(cause != UNSELECTED for each in found for cause in (*each.causes, *each.theirs)):
            self.pierced += direction is Direction.EGRESS
        return ("open",) if found else ("cut",)


def _is_of(group: Peer, peer: str) -> bool:
    match group:
        case PodGroup(namespace=namespace, pods=pods):
            return peer in {f"{namespace}/{name}" for name in pods}
        case NodeGroup(nodes=nodes):
            return peer == NODE and NODE_NAME in nodes
        case Outside(addresses=addresses):
            return "/" not in peer and peer != NODE and addresses.holds(peer)


def _holds(allowance: Allowance, attempt: Try) -> bool:
    if attempt.protocol == "icmp":
        return ranges.holds(allowance.ports.other, ICMP)
    return allowance.ports.holds(attempt.protocol.upper(), attempt.port)
