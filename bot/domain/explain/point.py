"""
One connection: open or closed, what both sides' policies say, and whether anything holds it to that.

Without a port it is asked of all ports at once; the internet is asked of all its addresses at once.
"""

from collections.abc import Iterator
from typing import Final

from bot.domain.directions import Direction
from bot.domain.engines.engine import Enforced, Engine, NotEnforced, enforcement
from bot.domain.engines.limit import Peer, Way
from bot.domain.engines.limits import limits_of
from bot.domain.explain.saying import always, because, engines, missing, policies, rule
from bot.domain.explain.sight import Sight
from bot.domain.explain.wish import Toward
from bot.domain.residual import (
    Allowance,
    Connection,
    NodeGroup,
    Outside,
    Place,
    Pod,
    PodGroup,
    Side,
    Verdict,
    residual,
    verdict,
    worst,
)
from bot.domain.residual.sets import NO_PORTS, spelled
from bot.domain.residual.world import Node
from bot.domain.telling import Section, Told, told

SOMEBODY: Final = "198.51.100.1"
"""An address of the internet, to name the policies that close all of it (RFC 5737, TEST-NET-2)."""
SOME_PORT: Final = 443
COVERS: Final = {Way.IN: (Direction.INGRESS,), Way.OUT: (Direction.EGRESS,), Way.BOTH: tuple(Direction)}


def decision(seen: Sight, toward: Toward) -> Told:
    """Return whether one end reaches the other, and why."""
    if seen.peer == seen.pod:
        return told(f"Open: {seen.pod} is one pod, and a pod always reaches itself.", (), "explain")
    if toward.port is not None and seen.peer is not None:
        return _exact(seen, toward)
    return _by_ports(seen, toward)


# -- one port of one end -----------------------------------------------------------------------------------


def _exact(seen: Sight, toward: Toward) -> Told:
    found = _asked(seen, toward, seen.peer or SOMEBODY, toward.port or SOME_PORT)
    word = _open_anyway(seen, toward) or ("Open" if found.allowed else _closed(seen, toward, found))
    return _told(seen, toward, word, found.unmodelled, tuple(_sides(seen, toward, found)))


def _asked(seen: Sight, toward: Toward, peer: Pod | Node | str, port: int) -> Verdict:
    out = toward.direction is Direction.EGRESS
    source, target = (seen.pod, peer) if out else (peer, seen.pod)
    return verdict(Connection(source, target, toward.protocol, port), seen.world)


def _closed(seen: Sight, toward: Toward, found: Verdict) -> str:
    """Say what a closed connection is worth: policies close nothing where nobody enforces them."""
    own, theirs = _in_order(toward, found)
    denying = [
        engine
        for side, engine in ((own, seen.engine), (theirs, seen.theirs))
        if side is not None and not side.allowed and engine is not None
    ]
    told_of = [enforcement(engine) for engine in denying]
    if not denying or any(isinstance(one, Enforced) for one in told_of):
        return "Closed"
    if all(isinstance(one, NotEnforced) for one in told_of):
        return "Open, since nothing enforces the policies that close it"
    return "Closed by policies, but that anything enforces them is not proved"


def _in_order(toward: Toward, found: Verdict) -> tuple[Side | None, Side | None]:
    """Return the pod's own side, then the other's."""
    out = toward.direction is Direction.EGRESS
    return (found.source, found.destination) if out else (found.destination, found.source)


def _open_anyway(seen: Sight, toward: Toward) -> str:
    """Return why policies do not matter: what the engine always lets through to and from the pod's own node."""
    node = seen.peer.name if isinstance(seen.peer, Node) else ""
    if not node or node != seen.pod.node:
        return ""
    holes = (h for h in limits_of(seen.engine).holes if h.peer is Peer.OWN_NODE)
    hole = next((h for h in holes if toward.direction in COVERS[h.way]), None)
    return f"Open whatever policies say ({hole.saying.short})" if hole else ""


def _sides(seen: Sight, toward: Toward, found: Verdict) -> Iterator[Section]:
    own, theirs = _in_order(toward, found)
    words = {Direction.EGRESS: "Out of", Direction.INGRESS: "Into"}
    yield Section(f"{words[toward.direction]} {seen.pod}", (_side(own, seen.pod),))
    if seen.peer is not None:
        yield Section(f"{words[toward.direction.other]} {_named(seen, toward)}", (_side(theirs, seen.peer),))


def _side(side: Side | None, end: Pod | Node | str) -> str:
    if side is None:
        return "no policies are asked there: " + _why_not(end)
    if side.allowed:
        return f"allowed: {because(side.causes)}"
    ruled = [cause for cause in side.causes if cause.rule >= 0]
    if ruled:
        return "denied: " + ", ".join(map(rule, ruled))
    several = (
        "select it, and no rule of theirs allows"
        if len(side.causes) > 1
        else "selects it, and no rule of it allows"
    )
    return f"denied: {because(side.causes)} {several} this"


def _why_not(end: Pod | Node | str) -> str:
    if isinstance(end, Pod):
        return "it is on its node's network" if end.host_network else "they share no IP version"
    return "it is a node" if isinstance(end, Node) else "it is beyond the cluster"


# -- all ports, or all of the internet ---------------------------------------------------------------------


def _by_ports(seen: Sight, toward: Toward) -> Told:
    left = residual(seen.pod, seen.world)
    if seen.peer is None:
        lines = [
            line
            for line in worst(left, seen.world)
            if line.place is Place.INTERNET
            and line.direction is toward.direction
            and (toward.port is None or line.ports.holds(toward.protocol, toward.port))
        ]
        ways = tuple(f"{line.who} on {spelled(line.ports)}: {because(line.causes)}" for line in lines)
    else:
        found = [a for a in left.allowances if a.direction is toward.direction and _leads(a, seen.peer)]
        ways = tuple(_way(allowance) for allowance in found)
    if not ways:
        sample = _asked(seen, toward, seen.peer or SOMEBODY, toward.port or SOME_PORT)
        word = _open_anyway(seen, toward) or _closed(seen, toward, sample)
        return _told(seen, toward, word, left.unmodelled, tuple(_sides(seen, toward, sample)))
    ports = NO_PORTS
    for allowance in () if seen.peer is None else found:
        ports = ports | allowance.ports
    word = f"Open on {spelled(ports)}" if ports else "Open"
    return _told(seen, toward, word, left.unmodelled, (Section("What allows it", ways),))


def _leads(allowance: Allowance, peer: Pod | Node | str) -> bool:
    match allowance.peer:
        case Outside(addresses):
            return isinstance(peer, str) and addresses.holds(peer)
        case NodeGroup(nodes):
            name = peer.node if isinstance(peer, Pod) and peer.host_network else ""
            return (peer.name if isinstance(peer, Node) else name) in nodes
        case PodGroup(namespace, _, names):
            return isinstance(peer, Pod) and peer.namespace == namespace and peer.name in names


def _way(allowance: Allowance) -> str:
    own = because(allowance.causes)
    theirs = f"; at the other end: {because(allowance.theirs)}" if allowance.theirs else ""
    return f"{spelled(allowance.ports)}: {own}{theirs}"


# -- the answer --------------------------------------------------------------------------------------------


def _told(
    seen: Sight, toward: Toward, word: str, gaps: tuple[str, ...], reasons: tuple[Section, ...]
) -> Told:
    known = " as far as it is modelled" if gaps else ""
    cluster = seen.wish.cluster
    ends = (f"{cluster}/{seen.pod}", _named(seen, toward))
    source, target = ends if toward.direction is Direction.EGRESS else ends[::-1]
    headline = f"{word}{known}: {source} to {target}{toward.ports}."
    peer = (policies(seen.peer, seen.world),) if isinstance(seen.peer, Pod) else ()
    sections = (
        *reasons,
        policies(seen.pod, seen.world),
        *peer,
        engines(_both(seen)),
        always(seen.engine, str(seen.pod)),
        missing(gaps),
    )
    return told(headline, sections, f"explain-{cluster}-{seen.pod.namespace}-{seen.pod.name}")


def _both(seen: Sight) -> Iterator[Engine]:
    yield seen.engine
    if seen.theirs is not None:
        yield seen.theirs


def _named(seen: Sight, toward: Toward) -> str:
    match seen.peer:
        case Pod() as pod:
            return f"{pod} ({toward.address})" if toward.address else str(pod)
        case Node(name):
            own = ", its own node" if name == seen.pod.node else ""
            return f"node {name} ({toward.address}{own})"
        case str(address):
            return address
        case _:
            return "the internet"
