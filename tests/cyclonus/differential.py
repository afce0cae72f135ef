"""The evaluator beside cyclonus: the same clusters, the same connections, and every difference with its ruling."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

from bot.domain.directions import Direction
from bot.domain.residual.answers import Residual
from bot.domain.residual.evaluate import atlas, residual
from bot.domain.residual.points import versions
from bot.domain.residual.sets import numbered
from bot.domain.residual.verdict import Connection, verdict
from bot.domain.residual.world import Pod, World
from tests.cyclonus.clusters import OUTSIDE, PORTS, PROTOCOLS, Cluster
from tests.cyclonus.oracle import Place, Traffic, ask
from tests.cyclonus.rewriting import Rewriting

Body = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One connection in one cluster."""

    source: Pod | str
    destination: Pod | str
    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.source} -> {self.destination} {self.protocol} {self.port}"


@dataclass(frozen=True)
class Difference:
    """A connection on which the two do not agree, and what explains it: empty is nothing."""

    case: Case
    ours: bool
    theirs: bool
    ruling: str


def cases(world: World, random: Random, ports: int) -> list[Case]:
    """Return connections between everybody in a world, and with the outside, on some ports for each pair."""
    pods = [pod for pod in world.pods if not pod.ended]
    ends: list[Pod | str] = [*pods, *OUTSIDE]
    doors = list(product(PROTOCOLS, (*PORTS, 65535, 1)))
    return [
        Case(one, other, *door)
        for one, other in product(ends, ends)
        if one != other and (_policed(one) or _policed(other)) and _versions(one) & _versions(other)
        for door in _doors(other, random, doors, ports)
    ]


def _doors(
    end: Pod | str, random: Random, doors: Sequence[tuple[str, int]], count: int
) -> list[tuple[str, int]]:
    """Return some ports; the first is one that the destination has a name for, if it has any."""
    named = [(port.protocol, port.number) for port in end.ports] if isinstance(end, Pod) else []
    first = random.sample(named, min(1, len(named)))
    return [*first, *random.sample([door for door in doors if door not in first], count - len(first))]


def _policed(end: Pod | str) -> bool:
    return isinstance(end, Pod) and not end.host_network


def _versions(end: Pod | str) -> set[int]:
    return {numbered(end)[0]} if isinstance(end, str) else set(versions(end.addresses))


def traffics(case: Case, world: World) -> Iterator[Traffic]:
    """Yield what cyclonus is asked for a case: one connection for each IP version that both ends have."""
    name = ""
    if isinstance(case.destination, Pod):
        named = (p for p in case.destination.ports if (p.protocol, p.number) == (case.protocol, case.port))
        name = next((p.name for p in named), "") if not case.destination.host_network else ""
    for one, other in product(_places(case.source, world), _places(case.destination, world)):
        if numbered(one.address)[0] == numbered(other.address)[0]:
            yield Traffic(one, other, case.protocol, case.port, name)


def _places(end: Pod | str, world: World) -> list[Place]:
    if isinstance(end, str):
        return [Place(end)]
    if end.host_network:
        return [Place(address) for address in end.addresses]
    space = next(space for space in world.namespaces if space.name == end.namespace)
    return [Place(address, end.namespace, end.labels, space.labels) for address in end.addresses]


def theirs(program: Path, policies: Sequence[Body], wanted: Sequence[Case], world: World) -> list[bool]:
    """Return what cyclonus says of each case."""
    asked = [list(traffics(case, world)) for case in wanted]
    said = iter(ask(program, policies, [one for some in asked for one in some]))
    return [any(list(islice(said, len(some)))) for some in asked]


def ours(wanted: Sequence[Case], world: World) -> list[bool]:
    """Return what we say of each case, three times over: both ends' residual and the verdict have to agree."""
    there = atlas(world)
    known: dict[Pod, Residual] = {pod: residual(pod, there) for pod in world.pods if not pod.ended}
    found = []
    for case in wanted:
        connection = Connection(case.source, case.destination, case.protocol, case.port)
        said = {verdict(connection, world).allowed}
        if isinstance(case.source, Pod):
            where = (Direction.EGRESS, case.destination, case.protocol, case.port)
            said.add(known[case.source].permits(*where))
        if isinstance(case.destination, Pod):
            where = (Direction.INGRESS, case.source, case.protocol, case.port)
            said.add(known[case.destination].permits(*where))
        assert len(said) == 1, f"{case}: the residual of one end, of the other, and the verdict do not agree"
        found.append(said.pop())
    return found


def compared(
    program: Path, cluster: Cluster, wanted: Sequence[Case], rewritings: Sequence[Rewriting]
) -> list[Difference]:
    """
    Return where the two differ.

    A difference is explained by a ruling when cyclonus, asked about the same policies written in the way in which it
    has no such fault, agrees with us.
    """
    world = cluster.world()
    pairs = zip(wanted, ours(wanted, world), theirs(program, cluster.policies, wanted, world), strict=True)
    open_ones = [(case, one, other) for case, one, other in pairs if one != other]
    found: list[Difference] = []
    for rewriting in rewritings if open_ones else ():
        policies = [json.loads(json.dumps(policy)) for policy in cluster.policies]
        again = theirs(program, rewriting.apply(policies), [case for case, _, _ in open_ones], world)
        settled = [(case, one) for (case, one, _), now in zip(open_ones, again, strict=True) if now == one]
        found += [Difference(case, one, not one, rewriting.ruling) for case, one in settled]
        open_ones = [each for each in open_ones if (each[0], each[1]) not in settled]
    return found + [Difference(case, one, other, "") for case, one, other in open_ones]
