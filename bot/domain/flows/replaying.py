"""Recent traffic run through the evaluator with a plan applied: what of it would have been cut."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.knowing import external
from bot.domain.flows.peers import Peer, PeerKey
from bot.domain.residual import Atlas, Residual, World, residual
from bot.domain.residual.world import Pod

POLICED: Final = frozenset({"TCP", "UDP", "SCTP"})
"""What policies are about (Kubernetes API reference, ``NetworkPolicyPort.protocol``)."""


class Fate(StrEnum):
    """What a plan would do to traffic that passed. ``UNSURE``: no policy that is modelled settles it."""

    CUT = "cut"
    KEPT = "kept"
    UNSURE = "unsure"


class Replay(msgspec.Struct, frozen=True, gc=False):
    """
    What a plan would do to the peers of a pod, the busiest first. ``exact``: all that bears on it is modelled.

    Where it is not exact, what is cut here may pass all the same.
    """

    cut: tuple[Peer, ...] = ()
    kept: tuple[Peer, ...] = ()
    unsure: tuple[Peer, ...] = ()
    exact: bool = True


class Worlds(msgspec.Struct, frozen=True):
    """The same cluster as it stands, and with the plan applied: as atlases, where many pods are asked for."""

    before: World | Atlas
    after: World | Atlas


def replayed(found: Iterable[Peer], namespace: str, pod: str, worlds: Worlds) -> Replay:
    """
    Return what a plan would do to those peers of a pod with whom traffic passed.

    What passed although no policy allowed it is not as modelled, so nothing is said of it.
    """
    now, then = _left(namespace, pod, worlds.before), _left(namespace, pod, worlds.after)
    passed = [peer for peer in found if peer.passed]
    if now is None or then is None:
        return Replay(unsure=tuple(passed), exact=False)
    places = Places(_world(worlds.after))
    told: dict[Fate, list[Peer]] = {fate: [] for fate in Fate}
    for peer in passed:
        told[_fate(peer, places, now, then)].append(peer)
    return Replay(
        tuple(told[Fate.CUT]), tuple(told[Fate.KEPT]), tuple(told[Fate.UNSURE]), now.exact and then.exact
    )


def _world(world: World | Atlas) -> World:
    return world.world if isinstance(world, Atlas) else world


def _left(namespace: str, pod: str, world: World | Atlas) -> Residual | None:
    there = _world(world).pod(namespace, pod)
    return residual(there, world) if there else None


def _fate(peer: Peer, places: "Places", now: Residual, then: Residual) -> Fate:
    other = places.of(peer.end)
    if other is None or peer.protocol not in POLICED:
        return Fate.UNSURE
    wanted = (peer.direction, other, peer.protocol, peer.port)
    if not now.permits(*wanted):
        return Fate.UNSURE
    return Fate.KEPT if then.permits(*wanted) else Fate.CUT


class Places:
    """Where the ends of flows stand in a world."""

    def __init__(self, world: World) -> None:
        there = [pod for pod in world.pods if not pod.ended]
        self._pods: Mapping[tuple[str, str], Pod] = {(pod.namespace, pod.name): pod for pod in there}
        nodes = {address: _on(node.name) for node in world.nodes for address in node.addresses}
        self._nodes_at: Mapping[str, Pod] = nodes
        self._given = {address for pod in there if not pod.host_network for address in pod.addresses}
        self._nodes = {node.name for node in world.nodes}

    def of(self, end: Endpoint) -> Pod | str | None:
        """
        Return who an end is for policies: a pod, an address beyond the cluster, or ``None`` for nobody known.

        Who had a pod's address then is named already, where that is known: what is left was seen before that pod was there.
        """
        if end.pod:
            return self._pods.get((end.namespace, end.pod))
        if end.being is Being.NODE and end.name in self._nodes:
            return _on(end.name)
        if end.being is Being.SERVICE or not end.address or end.address in self._given:
            return None
        return self._nodes_at.get(end.address) or (end.address if external(end) else None)

    def unclaimed(self, address: str) -> bool:
        """Whether an address is neither a pod's nor a node's, so that to policies it is beyond the cluster."""
        return address != "" and address not in self._given and address not in self._nodes_at


def _on(node: str) -> Pod:
    """Return whatever runs on a node's network, which to policies is the node."""
    return Pod("", "", node=node, host_network=True)


def line(replays: Iterable[Replay], over: str) -> str:
    """
    Return what a plan would have cut in one line; ``over`` names the time (``24h``).

    A peer of several pods counts once. Names are from outside.
    """
    told = tuple(replays)
    cut = _once(peer for one in told for peer in one.cut)
    unsure = len(_once(peer for one in told for peer in one.unsure))
    doubt = f"; {unsure} cannot be told" if unsure else ""
    if not cut:
        nothing = "would have cut nothing" if not unsure else "would have cut nothing that can be told"
        return f"{nothing} of what passed in the last {over}{doubt}"
    named = max(cut, key=lambda peer: (not external(peer.end), peer.passed))
    among = f", among them {named}" if len(cut) > 1 else f": {named}"
    most = "" if all(one.exact for one in told) else "at most "
    return f"cuts {most}{len(cut)} {'peer' if len(cut) == 1 else 'peers'} of the last {over}{among}{doubt}"


def _once(found: Iterable[Peer]) -> tuple[Peer, ...]:
    each: dict[PeerKey, Peer] = {}
    for peer in found:
        each.setdefault(peer.key, peer)
    return tuple(each.values())
