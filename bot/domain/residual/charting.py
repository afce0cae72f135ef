"""How a world's endpoints are put into classes: by all that its policies look at, and by nothing else."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

import msgspec

from bot.domain.residual.atlas import Atlas, NodeGroup, PodGroup
from bot.domain.residual.pace import Pace, Steps
from bot.domain.residual.points import Point, leaves, node_points, pod_points, spaces_of, versions
from bot.domain.residual.rules import Being, Has, In, Is, Like, Match, Named, Of, Within
from bot.domain.residual.sets import IPV4, IPV6
from bot.domain.residual.world import ContainerPort, Node, Pod, World


class Looked(msgspec.Struct, frozen=True, gc=False):
    """What policies look at: labels, port names, and at which addresses their blocks begin and end."""

    keys: frozenset[tuple[Of, str]]
    ports: frozenset[str]
    accounts: bool
    own_nodes: bool
    bounds: Mapping[tuple[Being, int], tuple[int, ...]]


def looked(world: World, pace: Pace) -> Steps[Looked]:
    """Find out what the policies of a world look at."""
    seen: set[Match] = set()
    names: set[str] = set()
    for ruling in world.policies.rulings:
        if pace.due(8 * (1 + len(ruling.ingress) + len(ruling.egress))):
            yield
        seen.update(leaves(ruling.subject))
        for clause in (*ruling.ingress, *ruling.egress):
            seen.update(leaves(clause.peers))
            names.update(port.name for port in (*clause.ports.named, *clause.ports.without_named))
    for gap in world.policies.gaps:
        seen.update(leaves(gap.subject))
    return Looked(
        keys=frozenset((leaf.of, leaf.key) for leaf in seen if isinstance(leaf, (In, Has, Like))),
        ports=frozenset(names),
        accounts=any(isinstance(leaf, Named) and leaf.of is Of.SERVICE_ACCOUNT for leaf in seen),
        own_nodes=any(
            leaf == Is(Being.OWN_NODE) or (isinstance(leaf, Named) and leaf.of is Of.NODE) for leaf in seen
        ),
        bounds={
            (being, version): _bounds(seen, being, version)
            for being in (Being.POD, Being.NODE)
            for version in (IPV4, IPV6)
        },
    )


def _bounds(seen: Iterable[Match], being: Being, version: int) -> tuple[int, ...]:
    blocks = (leaf for leaf in seen if isinstance(leaf, Within))
    meant = (block for block in blocks if (block.pods if being is Being.POD else block.nodes))
    return tuple(
        sorted({end for b in meant for low, high in b.addresses.family(version) for end in (low, high + 1)})
    )


def atlas_of(world: World, pace: Pace | None = None) -> Steps[Atlas]:
    """Put a world's endpoints into classes. Pods that ended have no network, and are left out."""
    pace = pace or Pace()
    looks = yield from looked(world, pace)
    making = Making(looks, spaces_of(world))
    for pod in world.pods:
        if pace.due(10):
            yield
        if not pod.ended and not pod.host_network:
            making.add_pod(pod)
    for node in world.nodes:
        if pace.due(20):
            yield
        making.add_node(node)
    return (yield from making.made(world, pace))


Key = tuple[object, ...]


class Making:
    """Gathers endpoints into classes."""

    def __init__(self, looks: Looked, spaces: Mapping[str, Mapping[str, str]]) -> None:
        self._looks, self._spaces = looks, spaces
        self._pod_keys = frozenset(key for of, key in looks.keys if of is Of.POD)
        self._node_keys = frozenset(key for of, key in looks.keys if of is Of.NODE)
        self._found: dict[Key, tuple[Point, list[str]]] = {}

    def add_pod(self, pod: Pod) -> None:
        """Put a pod into its classes, one for each IP version."""
        keys, looks = self._pod_keys, self._looks
        labels = tuple([pair for pair in pod.labels if pair[0] in keys])
        ports = tuple([port for port in pod.ports if port.name in looks.ports])
        account = pod.service_account if looks.accounts else ""
        for version, numbers in versions(pod.addresses).items():
            places = self._places(Being.POD, version, numbers)
            key = (pod.namespace, labels, ports, account, version, places)
            there = self._found.get(key)
            if there is None:
                of_version = (p for p in pod_points(pod, self._spaces, {}) if p.version == version)
                self._found[key] = (next(of_version), [pod.name])
            else:
                there[1].append(pod.name)

    def add_node(self, node: Node) -> None:
        """Put a node into its classes, one for each IP version."""
        labels = tuple([pair for pair in node.labels if pair[0] in self._node_keys])
        own = node.name if self._looks.own_nodes else ""
        for point in node_points(node, ""):
            places = self._places(Being.NODE, point.version, point.numbers)
            key = (None, labels, own, point.version, places)
            self._found.setdefault(key, (point, []))[1].append(node.name)

    def _places(self, being: Being, version: int, numbers: tuple[int, ...]) -> tuple[int, ...]:
        bounds = self._looks.bounds.get((being, version), ())
        return tuple([bisect_right(bounds, number) for number in numbers]) if bounds else ()

    def made(self, world: World, pace: Pace) -> Steps[Atlas]:
        """Number the classes, and find out whom each ruling selects."""
        index = _Index({key: {} for key in self._looks.keys}, self._looks.ports)
        for at, (point, _) in enumerate(self._found.values()):
            if pace.due(30 + len(self._found) // 100):
                yield
            index.add(point, 1 << at)
        atlas = Atlas(
            world=world,
            groups=tuple(self._group(key, members) for key, (_, members) in self._found.items()),
            beings=index.beings,
            versions=index.versions,
            values=index.values,
            names=index.names,
            cells={key: sorted(found.items()) for key, found in index.cells.items()},
            ways=tuple((mask, ports) for ports, mask in index.ways.items()),
        )
        return (yield from _ruled(atlas, pace))

    def _group(self, key: Key, members: list[str]) -> PodGroup | NodeGroup:
        if key[0] is None:
            return NodeGroup(tuple(members))
        namespace, labels = key[0], key[1]
        assert isinstance(namespace, str)
        assert isinstance(labels, tuple)
        return PodGroup(namespace, labels, tuple(members))


class _Index:
    """By each thing that is looked at, the classes that have it."""

    def __init__(self, values: dict[tuple[Of, str], dict[str, int]], ports: frozenset[str]) -> None:
        self.values = values
        self.beings: dict[Being, int] = {}
        self.versions: dict[int, int] = {}
        self.names: dict[Of, dict[str, int]] = {}
        self.cells: dict[tuple[Being, int], dict[int, int]] = {}
        self.ways: dict[tuple[ContainerPort, ...], int] = {}
        self._ports = ports

    def add(self, point: Point, bit: int) -> None:
        _mark(self.beings, point.being, bit)
        _mark(self.versions, point.version, bit)
        _mark(self.ways, tuple(p for p in point.ports if p.name in self._ports), bit)
        for of, labels in point.labels.items():
            for key, value in labels.items():
                if (of, key) in self.values:
                    _mark(self.values[of, key], value, bit)
        for of, name in point.names.items():
            _mark(self.names.setdefault(of, {}), name, bit)
        for number in point.numbers:
            _mark(self.cells.setdefault((point.being, point.version), {}), number, bit)


def _ruled(atlas: Atlas, pace: Pace) -> Steps[Atlas]:
    rulings = tuple(sorted(atlas.world.policies.rulings, key=lambda r: (r.stage, r.order)))
    spaces = atlas.names.get(Of.NAMESPACE, {})
    subjects: list[int] = []
    local: dict[str, list[int]] = {}
    wide: list[int] = []
    for at, ruling in enumerate(rulings):
        if pace.due(10):
            yield
        mask = atlas.mask(ruling.subject) & atlas.beings.get(Being.POD, 0)
        subjects.append(mask)
        if not mask:
            continue
        first = atlas.groups[(mask & -mask).bit_length() - 1]
        assert isinstance(first, PodGroup)
        if mask & ~spaces[first.namespace]:
            wide.append(at)
        else:
            local.setdefault(first.namespace, []).append(at)
    return msgspec.structs.replace(
        atlas,
        rulings=rulings,
        subjects=tuple(subjects),
        local={space: tuple(places) for space, places in local.items()},
        wide=tuple(wide),
    )


T = TypeVar("T", bound=Hashable)


def _mark(masks: dict[T, int], key: T, bit: int) -> None:
    masks[key] = masks.get(key, 0) | bit
