"""What is still allowed, as values."""

import msgspec

from bot.domain.directions import Direction
from bot.domain.residual.atlas import NodeGroup, Outside, Peer, PodGroup
from bot.domain.residual.rules import Cause
from bot.domain.residual.sets import PortSet
from bot.domain.residual.world import Pod


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """
    Connections that are allowed, and what allows them.

    ``causes`` are the policies of the pod's own side, ``theirs`` those of the peers' side; closing either closes it.
    """

    direction: Direction
    peer: Peer
    ports: PortSet
    causes: tuple[Cause, ...]
    theirs: tuple[Cause, ...] = ()


class Residual(msgspec.Struct, frozen=True, gc=False):
    """All that policies leave open for a pod. With anything ``unmodelled`` it is at least this."""

    namespace: str
    pod: str
    allowances: tuple[Allowance, ...]
    unmodelled: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether all that bears on it is modelled."""
        return not self.unmodelled

    def permits(self, direction: Direction, peer: Pod | str, protocol: str, port: int) -> bool:
        """Whether a connection with a pod, or with an address beyond the cluster, is in it."""
        return any(
            a.direction is direction and a.ports.holds(protocol, port) and _is_of(a.peer, peer)
            for a in self.allowances
        )


def _is_of(group: Peer, peer: Pod | str) -> bool:
    match group:
        case Outside(addresses):
            return isinstance(peer, str) and addresses.holds(peer)
        case NodeGroup(nodes):
            return isinstance(peer, Pod) and peer.host_network and peer.node in nodes
        case PodGroup():
            return isinstance(peer, Pod) and group.namespace == peer.namespace and peer.name in group.pods
