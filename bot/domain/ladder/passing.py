"""What was seen to pass, held against what policies leave open: nobody is called for what they say may pass."""

from collections.abc import Callable, Iterable

import msgspec

from bot.domain.directions import Direction
from bot.domain.flows.flow import PASSED, Being, Endpoint
from bot.domain.flows.peers import Peer, PeerKey, peers
from bot.domain.flows.replaying import POLICED, Places
from bot.domain.flows.talks import Talk, who
from bot.domain.residual import Residual, World


class Passing(msgspec.Struct, frozen=True):
    """A peer with whom traffic passed, and the names of the pods whose it was; an empty one was not told."""

    peer: Peer
    pods: frozenset[str]


def passing(talks: tuple[Talk, ...], own: Callable[[Endpoint], bool]) -> tuple[Passing, ...]:
    """Return with whom traffic passed, those with the most connections first; ``own`` tells the subject's ends."""
    whose: dict[PeerKey, set[str]] = {}
    for talk in talks:
        if talk.verdict not in PASSED:
            continue
        out = own(talk.client)
        mine, other = (talk.client, talk.server) if out else (talk.server, talk.client)
        key = (who(other), Direction.EGRESS if out else Direction.INGRESS, talk.protocol, talk.port)
        whose.setdefault(key, set()).add(mine.pod)
    found = (peer for peer in peers(talks, own) if peer.passed)
    return tuple(Passing(peer, frozenset(whose.get(peer.key, ()))) for peer in found)


class Open(msgspec.Struct, frozen=True):
    """What is open for a pod, by its name, in a world."""

    pod: str
    left: Residual
    world: World


class Left(msgspec.Struct, frozen=True):
    """What policies leave open for the pods that were looked at. ``unenforced``: nothing holds them to it."""

    pods: tuple[Open, ...] = ()
    unenforced: bool = False

    def permitted(self, seen: Iterable[Passing]) -> tuple[bool, ...]:
        """
        Return of each, in their order, whether policies let it through for every pod whose it was.

        Of a pod that was not looked at it is known only where it is open for all others.
        """
        if self.unenforced:
            return tuple(True for _ in seen)
        places = {id(one.world): Places(one.world) for one in self.pods}
        return tuple(self._permits(passing, places) for passing in seen)

    def _permits(self, passing: Passing, places: dict[int, Places]) -> bool:
        whose = [one for one in self.pods if one.pod in passing.pods]
        known = passing.pods and passing.pods <= {one.pod for one in whose}
        bound = whose if known else self.pods
        return bool(bound) and all(_permits(one.left, places[id(one.world)], passing.peer) for one in bound)


def _permits(left: Residual, places: Places, peer: Peer) -> bool:
    """
    Whether it is open for it. To policies an address that nobody has is beyond the cluster, even a DNS cache of the node.

    That of a Service is none: they are about the pods behind it.
    """
    if peer.protocol not in POLICED:
        return False
    end, other = peer.end, places.of(peer.end)
    ways = [] if other is None else [other]
    if not end.pod and end.being is not Being.SERVICE and places.unclaimed(end.address):
        ways.append(end.address)
    return any(left.permits(peer.direction, way, peer.protocol, peer.port) for way in ways)
