"""One end of a connection, and whether a match holds for it: the plain reading that the fast one is held to."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from bot.domain.residual import ranges
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
    PortName,
    Some,
    Text,
    Wanted,
    Within,
)
from bot.domain.residual.sets import BY_PROTOCOL, PortSet, numbered, ports
from bot.domain.residual.world import ContainerPort, Node, Pod, World

NO_VERSION = 0
"""The IP version of what has no address yet."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """An endpoint in one IP version. A pod may be two: policies may tell its addresses apart."""

    being: Being
    version: int
    numbers: tuple[int, ...] = ()
    labels: Mapping[Of, Mapping[str, str]] = {}
    names: Mapping[Of, str] = {}
    ports: tuple[ContainerPort, ...] = ()
    own: bool = False
    """Whether it is the node that the pod in question runs on."""


def holds(match: Match, point: Point) -> bool:
    """Whether a match holds for an endpoint."""
    match match:
        case Each(parts):
            return all(holds(part, point) for part in parts)
        case Some(parts):
            return any(holds(part, point) for part in parts)
        case Not(part):
            return not holds(part, point)
        case Within():
            return _within(match, point)
        case Is(being):
            return point.being is being or (being is Being.OWN_NODE and point.own)
        case _:
            return _carries(match, point)


def _carries(leaf: In | Has | Like | Named, point: Point) -> bool:
    if isinstance(leaf, Named):
        return point.names.get(leaf.of) in leaf.names
    value = point.labels.get(leaf.of, {}).get(leaf.key)
    match leaf:
        case In():
            return value in leaf.values
        case Has():
            return value is not None
        case Like():
            return value is not None and alike(value, leaf.how, leaf.text)


def _within(match: Within, point: Point) -> bool:
    if (point.being is Being.POD and not match.pods) or (point.being is Being.NODE and not match.nodes):
        return False
    found = match.addresses.family(point.version) if point.version else ()
    return any(ranges.holds(found, number) for number in point.numbers)


def alike(value: str, how: Text, text: str) -> bool:
    """Whether a label's value compares so."""
    match how:
        case Text.CONTAINS:
            return text in value
        case Text.STARTS:
            return value.startswith(text)
        case Text.ENDS:
            return value.endswith(text)


def resolved(wanted: Wanted, names: tuple[ContainerPort, ...]) -> PortSet:
    """Return the ports of a clause where the end that is connected to has these named ports."""
    found = wanted.fixed
    for name in wanted.named:
        found = found | _number(name, names)
    found = found - wanted.without
    for name in wanted.without_named:
        found = found - _number(name, names)
    return found


def _number(name: PortName, names: tuple[ContainerPort, ...]) -> PortSet:
    found = PortSet()
    for port in names:
        fits = port.name == name.name and name.protocol in {"", port.protocol}
        if fits and port.protocol in BY_PROTOCOL:
            found = found | ports(port.protocol, port.number, port.number)
    return found


def versions(addresses: Iterable[str]) -> dict[int, tuple[int, ...]]:
    """Return the numbers of some addresses by IP version; without any, the one version of what has none."""
    found: dict[int, tuple[int, ...]] = {}
    for address in addresses:
        version, number = numbered(address)
        found[version] = (*found.get(version, ()), number)
    return found or {NO_VERSION: ()}


def pod_points(
    pod: Pod, spaces: Mapping[str, Mapping[str, str]], nodes: Mapping[str, Node]
) -> Iterator[Point]:
    """Yield a pod's endpoints. On the host network it is its node, and carries no labels that a policy sees."""
    if pod.host_network:
        node = nodes.get(pod.node, Node(pod.node, pod.addresses))
        yield from node_points(node, "")
        return
    labels = {Of.POD: dict(pod.labels), Of.NAMESPACE: spaces.get(pod.namespace, {})}
    names = {Of.NAMESPACE: pod.namespace, Of.SERVICE_ACCOUNT: pod.service_account}
    for version, numbers in versions(pod.addresses).items():
        yield Point(Being.POD, version, numbers, labels, names, pod.ports)


def node_points(node: Node, own: str) -> Iterator[Point]:
    """Yield a node's endpoints; ``own`` is the name of the node that the pod in question runs on."""
    labels = {Of.NODE: dict(node.labels)}
    for version, numbers in versions(node.addresses).items():
        yield Point(Being.NODE, version, numbers, labels, {Of.NODE: node.name}, own=node.name == own)


def outside(address: str) -> Point:
    """Return the endpoint of an address beyond the cluster. Raises ``ValueError`` for what is none."""
    version, number = numbered(address)
    return Point(Being.OUTSIDE, version, (number,))


def leaves(match: Match) -> Iterator[Match]:
    """Yield the parts of a match that look at something."""
    match match:
        case Each(parts) | Some(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield match


def spaces_of(world: World) -> dict[str, dict[str, str]]:
    """Return the labels of the namespaces by their names."""
    return {space.name: dict(space.labels) for space in world.namespaces}
