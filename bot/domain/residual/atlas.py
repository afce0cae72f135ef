"""
The world's endpoints in classes that no policy can tell apart, and matches as sets of those classes.

Ten thousand pods are a few hundred classes: pods are apart only by namespace, by labels that some selector names, by
named ports that some rule names, and by addresses that some block tells apart.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bot.domain.residual.points import (
    alike,
    resolved,
)
from bot.domain.residual.ranges import Range, Ranges
from bot.domain.residual.rules import (
    Being,
    Each,
    Has,
    In,
    Is,
    Like,
    Match,
    Named,
    Not,
    Of,
    Ruling,
    Some,
    Wanted,
    Within,
)
from bot.domain.residual.sets import ALL_ADDRESSES, IPV4, IPV6, AddressSet, PortSet
from bot.domain.residual.world import ContainerPort, Labels, Pod, World


class PodGroup(msgspec.Struct, frozen=True, gc=False, tag="pods"):
    """Pods of one namespace that no policy tells apart; ``labels`` are those that some selector looks at."""

    namespace: str
    labels: Labels
    pods: tuple[str, ...]


class NodeGroup(msgspec.Struct, frozen=True, gc=False, tag="nodes"):
    """Nodes that no policy tells apart, and with them whatever runs on their network."""

    nodes: tuple[str, ...]


class Outside(msgspec.Struct, frozen=True, gc=False, tag="outside"):
    """Addresses beyond the cluster: those of this set that are neither a pod's nor a node's."""

    addresses: AddressSet


Peer = PodGroup | NodeGroup | Outside

Ways = tuple[tuple[int, tuple[ContainerPort, ...]], ...]
"""Endpoints by the named ports that they have."""


class Atlas(msgspec.Struct, frozen=True, gc=False):
    """The classes of a world, numbered; and by each thing that a match can look at, which of them have it."""

    world: World
    groups: tuple[Peer, ...]
    beings: Mapping[Being, int]
    versions: Mapping[int, int]
    values: Mapping[tuple[Of, str], Mapping[str, int]]
    names: Mapping[Of, Mapping[str, int]]
    cells: Mapping[tuple[Being, int], Sequence[tuple[int, int]]]
    """By kind and IP version: one address and the classes that have it, ascending."""
    ways: Ways
    rulings: tuple[Ruling, ...] = ()
    """In the order in which they are asked."""
    subjects: tuple[int, ...] = ()
    """The classes that each of them selects."""
    local: Mapping[str, tuple[int, ...]] = {}
    """By namespace, the rulings that select pods of it alone, by their place in ``rulings``."""
    wide: tuple[int, ...] = ()
    """The rulings that select pods of several namespaces."""

    @property
    def size(self) -> int:
        """How many classes there are."""
        return len(self.groups)

    def classes_of(self, pod: Pod) -> int:
        """Return the classes of a pod: one for each IP version."""
        return joined(
            1 << at
            for at, group in enumerate(self.groups)
            if isinstance(group, PodGroup) and group.namespace == pod.namespace and pod.name in group.pods
        )

    def mask(self, match: Match) -> int:
        """Return the classes that a match holds for."""
        match match:
            case Each(parts):
                found = (1 << self.size) - 1
                for part in parts:
                    found &= self.mask(part) if found else 0
                return found
            case Some(parts):
                found = 0
                for part in parts:
                    found |= self.mask(part)
                return found
            case Not(part):
                return ((1 << self.size) - 1) & ~self.mask(part)
            case _:
                return self._leaf(match)

    def _leaf(self, match: Match) -> int:
        match match:
            case In(of, key, values):
                there = self.values.get((of, key), {})
                return joined(there.get(value, 0) for value in set(values))
            case Has(of, key):
                return joined(self.values.get((of, key), {}).values())
            case Named(of, names):
                return joined(self.names.get(of, {}).get(name, 0) for name in set(names))
            case Is(being):
                return self.beings.get(being, 0)
            case Like(of, key, how, text):
                there = self.values.get((of, key), {})
                return joined(mask for value, mask in there.items() if alike(value, how, text))
            case Within():
                return self._within(match)
            case _:
                raise AssertionError(match)

    def _within(self, match: Within) -> int:
        kinds = ((Being.POD, match.pods), (Being.NODE, match.nodes), (Being.OUTSIDE, True))
        return joined(
            mask
            for being, meant in kinds
            if meant
            for version in (IPV4, IPV6)
            for mask in _inside(self.cells.get((being, version), ()), match.addresses.family(version))
        )

    def open_ports(self, wanted: Wanted, mask: int) -> tuple[tuple[int, PortSet], ...]:
        """Return the ports of a clause at some classes, which its named ones make different."""
        if not wanted.named and not wanted.without_named:
            found = resolved(wanted, ())
            return ((mask, found),) if found else ()
        split = ((mask & some, resolved(wanted, ports)) for some, ports in self.ways)
        return tuple((some, ports) for some, ports in split if some and ports)

    def around(self, own_node: str, blocks: Iterable[Within]) -> "Atlas":
        """Return this atlas with the addresses beyond the cluster, cut where some blocks end, and one's own node."""
        told, cells = tuple(blocks), dict(self.cells)
        beyond: list[Outside] = []
        versions, offset = dict(self.versions), self.size
        for version in (IPV4, IPV6):
            cut = _cut(version, told)
            cells[Being.OUTSIDE, version] = [
                (low, 1 << (offset + len(beyond) + at)) for at, (low, _) in enumerate(cut)
            ]
            for low, high in cut:
                versions[version] = versions.get(version, 0) | 1 << (offset + len(beyond))
                whole = ((low, high),)
                beyond.append(Outside(AddressSet(v4=whole) if version == IPV4 else AddressSet(v6=whole)))
        added = ((1 << len(beyond)) - 1) << offset
        own = self.names.get(Of.NODE, {}).get(own_node, 0)
        return msgspec.structs.replace(
            self,
            groups=(*self.groups, *beyond),
            beings={**self.beings, Being.OUTSIDE: added, Being.OWN_NODE: own},
            versions=versions,
            cells=cells,
            ways=(*self.ways, (added, ())),
        )


def _cut(version: int, blocks: Iterable[Within]) -> list[Range]:
    """Return all addresses of a version in pieces that no block tells apart, ascending."""
    ((least, most),) = ALL_ADDRESSES.family(version)
    ends = {end for b in blocks for low, high in b.addresses.family(version) for end in (low, high + 1)}
    starts = sorted(end for end in ends | {least} if end <= most)
    return list(zip(starts, [*(start - 1 for start in starts[1:]), most], strict=True))


def joined(masks: Iterable[int]) -> int:
    """Return what is in any of some sets."""
    found = 0
    for mask in masks:
        found |= mask
    return found


def _inside(cells: Sequence[tuple[int, int]], found: Ranges) -> Iterable[int]:
    for low, high in found if cells else ():
        first = bisect_left(cells, low, key=_number)
        for at in range(first, bisect_right(cells, high, key=_number)):
            yield cells[at][1]


def _number(cell: tuple[int, int]) -> int:
    return cell[0]
