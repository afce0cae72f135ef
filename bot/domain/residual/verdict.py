"""One connection, decided rule by rule, with the reasons of both sides."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from bot.domain.directions import Direction
from bot.domain.residual.asking import ON_HOST_NETWORK
from bot.domain.residual.points import Point, holds, node_points, outside, pod_points, resolved, spaces_of
from bot.domain.residual.rules import UNSELECTED, Being, Cause, Clause, Is, Match, Ruling, Verb
from bot.domain.residual.sets import numbered
from bot.domain.residual.world import Node, Pod, World

End = Pod | Node | str
"""A pod, a node, or an address: that of a pod or node is taken for it."""


class Side(msgspec.Struct, frozen=True, gc=False):
    """
    What one end's policies say.

    ``causes`` are those that allow or those that deny: where nothing matched, all that close the direction.
    """

    allowed: bool
    causes: tuple[Cause, ...]
    unmodelled: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether a connection is allowed. A side is ``None`` where no policies are asked: not a pod of the cluster."""

    allowed: bool
    source: Side | None = None
    destination: Side | None = None
    unmodelled: tuple[str, ...] = ()


class Connection(msgspec.Struct, frozen=True, gc=False):
    """Who wants what of whom; ``protocol`` is TCP, UDP or SCTP."""

    source: End
    destination: End
    protocol: str
    port: int


def verdict(wanted: Connection, world: World) -> Verdict:
    """
    Decide one connection, from the same rulings that `residual` is made of.

    Raises ``ValueError`` for an end that is neither of this world nor an address.
    """
    source, destination = _end(wanted.source, world), _end(wanted.destination, world)
    if source == destination and isinstance(source, Pod):
        return Verdict(True, unmodelled=())
    if any(isinstance(end, Pod) and end.ended for end in (source, destination)):
        return Verdict(False)
    said = [
        _decided(one, other, wanted, world)
        for one in _points(source, world)
        for other in _points(destination, world)
        if 0 in {one.version, other.version} or one.version == other.version
    ]
    found = next((v for v in said if v.allowed), said[0] if said else Verdict(False))
    sides = (side for side in (found.source, found.destination) if side is not None)
    odd = (*_gaps(source, destination, world), *(text for side in sides for text in side.unmodelled))
    return msgspec.structs.replace(found, unmodelled=tuple(dict.fromkeys(odd)))


def _end(end: End, world: World) -> End:
    if not isinstance(end, str):
        return end
    version_and_number = numbered(end)
    known: tuple[Pod | Node, ...] = (
        *(p for p in world.pods if not p.ended and not p.host_network),
        *world.nodes,
    )
    meant = (k for k in known if version_and_number in map(numbered, k.addresses))
    return next(meant, end)


def _points(end: End, world: World) -> Iterator[Point]:
    match end:
        case Pod():
            yield from pod_points(end, spaces_of(world), {node.name: node for node in world.nodes})
        case Node():
            yield from node_points(end, "")
        case str():
            yield outside(end)


def _decided(source: Point, destination: Point, wanted: Connection, world: World) -> Verdict:
    one = _side(source, _seen(destination, wanted.source), Direction.EGRESS, (destination, wanted), world)
    other = _side(
        destination, _seen(source, wanted.destination), Direction.INGRESS, (destination, wanted), world
    )
    allowed = (one is None or one.allowed) and (other is None or other.allowed)
    return Verdict(allowed, one, other)


def _seen(peer: Point, own: End) -> Point:
    on_it = isinstance(own, Pod) and own.node != "" and own.node in peer.names.values()
    is_own = peer.being is Being.NODE and on_it
    return msgspec.structs.replace(peer, own=True) if is_own else peer


def _side(
    own: Point, peer: Point, direction: Direction, reached: tuple[Point, Connection], world: World
) -> Side | None:
    if own.being is not Being.POD:
        return None
    asked = sorted(world.policies.rulings, key=lambda r: (r.stage, r.order))
    selecting = (r for r in asked if holds(r.subject, own))
    odd: list[str] = []
    for _, rulings in groupby(selecting, key=lambda r: r.stage):
        verb, causes = _stage(tuple(rulings), _Asked(peer, direction, *reached), odd)
        if verb is not Verb.NEXT:
            return Side(verb is Verb.ALLOW, causes, tuple(odd))
    return Side(True, (UNSELECTED,), tuple(odd))


class _Asked(msgspec.Struct, frozen=True):
    """A connection as one side sees it."""

    peer: Point
    direction: Direction
    reached: Point
    wanted: Connection

    def is_of(self, clause: Clause) -> bool:
        """Whether a clause is about it."""
        ports = resolved(clause.ports, self.reached.ports)
        return holds(clause.peers, self.peer) and ports.holds(self.wanted.protocol, self.wanted.port)


def _stage(rulings: tuple[Ruling, ...], asked: _Asked, odd: list[str]) -> tuple[Verb, tuple[Cause, ...]]:
    allowing: list[Cause] = []
    clauses = (clause for ruling in rulings for clause in ruling.clauses(asked.direction))
    for clause in filter(asked.is_of, clauses):
        odd += [clause.odd] if clause.odd and not allowing else []
        if clause.verb is Verb.UNKNOWN:
            continue
        if clause.verb is not Verb.ALLOW:
            return (Verb.ALLOW, tuple(sorted(set(allowing)))) if allowing else (clause.verb, (clause.cause,))
        allowing.append(clause.cause)
    if allowing:
        return Verb.ALLOW, tuple(sorted(set(allowing)))
    closing = tuple(sorted({r.cause for r in rulings if asked.direction in r.closes}))
    return (Verb.DENY, closing) if closing else (Verb.NEXT, ())


def _gaps(source: End, destination: End, world: World) -> Iterator[str]:
    ends = [end for end in (source, destination) if isinstance(end, Pod)]
    yield from (f"{end} {ON_HOST_NETWORK}" for end in ends if end.host_network)
    points = [point for end in ends for point in _points(end, world)]
    told = (gap.text for gap in world.policies.gaps if _bears(gap.subject, points))
    yield from dict.fromkeys(told)


def _bears(subject: Match, points: list[Point]) -> bool:
    return subject == Is(Being.POD) or any(holds(subject, point) for point in points)
