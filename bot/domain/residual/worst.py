"""What is still allowed in order of what is worst, in sentences, with what would close each."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain import addresses as entries
from bot.domain.directions import Direction
from bot.domain.findings import Forecast
from bot.domain.residual.answers import Allowance, Residual
from bot.domain.residual.atlas import NodeGroup, Outside, PodGroup
from bot.domain.residual.points import Point, holds
from bot.domain.residual.rules import UNSELECTED, Being, Cause, Of, Ruling
from bot.domain.residual.sets import NO_ADDRESS, NO_PORTS, AddressSet, PortSet, addresses, spelled
from bot.domain.residual.world import World

METADATA: Final = addresses(("169.254.169.254", "168.63.129.16", "fd00:ec2::254"))
"""The instance metadata services of the clouds, and Azure's host service (Azure and AWS documentation)."""
PRIVATE: Final = addresses(
    (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("0.0.0.0/8", "224.0.0.0/3", "fc00::/7", "fe80::/10", "ff00::/8", "::/127"),
    )
)
"""Addresses that the internet does not route (RFC 1918, 6598, 3927, 1122, 5771, 4193, 4291)."""
MOST_SAID: Final = 3
"""How many of a kind a sentence names before it counts the rest."""


class Place(StrEnum):
    """Where something leads; worst first."""

    INTERNET = "internet"
    API_SERVER = "api-server"
    METADATA = "metadata"
    NETWORK = "network"
    OTHER_NAMESPACES = "other-namespaces"
    OWN_NAMESPACE = "own-namespace"
    NODES = "nodes"


RANK: Final = {place: at for at, place in enumerate(Place)}


class How(StrEnum):
    """What would close it."""

    ISOLATE = "isolate"
    """No policy selects the pod: one that does, and allows nothing."""
    ENGINE_DENY = "engine-deny"
    """A deny of the engine, which no other policy can open again."""
    DETACH = "detach"
    """Other labels, which the policies that allow it do not select."""
    BLOCK_ADDRESS = "block-address"
    """A block of the one address beyond the cluster."""


class Closing(msgspec.Struct, frozen=True, order=True):
    """One way to close it; ``address`` is what would be blocked, as the block takes it."""

    how: How
    address: str = ""


class Line(msgspec.Struct, frozen=True):
    """Everything of one direction and place that the same policies allow."""

    place: Place
    direction: Direction
    who: str
    ports: PortSet
    causes: tuple[Cause, ...]
    closing: tuple[Closing, ...]
    text: str
    reach: tuple[str, ...] = ()
    """
    Where it leads without being cut short: blocks of addresses, nodes, or namespaces.

    More than a few namespaces are many: whoever may reach them all is no worse off for one that is new.
    """


class _Gathered:
    """What leads to one place in one direction by the same policies."""

    def __init__(self) -> None:
        self.ports = NO_PORTS
        self.beyond = NO_ADDRESS
        self.groups: list[PodGroup] = []
        self.nodes: set[str] = set()


def worst(found: Residual, world: World) -> tuple[Line, ...]:
    """Return a residual as lines, worst first: by where it leads, then by how much is open."""
    servers = addresses(world.api_servers)
    masters = frozenset(n.name for n in world.nodes if any(servers.holds(a) for a in n.addresses))
    beyond = servers - addresses(a for node in world.nodes for a in node.addresses)
    gathered: dict[tuple[Place, Direction, tuple[Cause, ...]], _Gathered] = {}
    for allowance in found.allowances:
        for place, part in _placed(allowance, found.namespace, beyond, masters):
            there = gathered.setdefault((place, allowance.direction, allowance.causes), _Gathered())
            there.ports = there.ports | allowance.ports
            match part:
                case AddressSet():
                    there.beyond = there.beyond | part
                case PodGroup():
                    there.groups.append(part)
                case NodeGroup():
                    there.nodes.update(part.nodes)
    escapable = _escapable(world, found)
    lines = [_line(found, *key, there, escapable) for key, there in gathered.items()]
    return tuple(
        sorted(lines, key=lambda line: (RANK[line.place], line.direction is Direction.INGRESS, line.text))
    )


def _placed(
    allowance: Allowance, own: str, servers: AddressSet, masters: frozenset[str]
) -> Iterator[tuple[Place, AddressSet | PodGroup | NodeGroup]]:
    match allowance.peer:
        case PodGroup(namespace) as group:
            yield Place.OWN_NAMESPACE if namespace == own else Place.OTHER_NAMESPACES, group
        case NodeGroup(nodes):
            serving = tuple(name for name in nodes if name in masters)
            if serving and allowance.direction is Direction.EGRESS:
                yield Place.API_SERVER, NodeGroup(serving)
            yield Place.NODES, NodeGroup(nodes)
        case Outside(everything):
            out = allowance.direction is Direction.EGRESS
            served, metadata = (servers, METADATA) if out else (NO_ADDRESS, NO_ADDRESS)
            parts = (
                (Place.API_SERVER, everything & served),
                (Place.METADATA, everything & metadata),
                (Place.INTERNET, everything - PRIVATE - served - metadata),
                (Place.NETWORK, (everything & PRIVATE) - served - metadata),
            )
            yield from ((place, part) for place, part in parts if part)


def _line(
    found: Residual,
    place: Place,
    direction: Direction,
    causes: tuple[Cause, ...],
    there: _Gathered,
    escapable: frozenset[Cause],
) -> Line:
    pod, who = f"{found.namespace}/{found.pod}", _who(place, there)
    ends = f"{pod} can reach {who}" if direction is Direction.EGRESS else f"{who} can reach {pod}"
    text = f"{ends} on {spelled(there.ports)}: {_why(causes)}"
    closing = tuple(_closing(place, causes, there, escapable))
    named = sorted({group.namespace for group in there.groups})
    spaces = named if len(named) <= MOST_SAID else ["many"]
    reach = (*there.beyond.cidrs(), *sorted(there.nodes), *spaces)
    return Line(place, direction, who, there.ports, causes, closing, text, reach)


def _who(place: Place, there: _Gathered) -> str:
    cidrs = tuple(_short(cidr) for cidr in _told(place, there.beyond))
    match place:
        case Place.INTERNET:
            return f"the internet ({_few(cidrs, 'block')})" if cidrs else "the internet"
        case Place.API_SERVER:
            return f"the API server ({_few((*sorted(there.nodes), *cidrs), 'address')})"
        case Place.METADATA:
            return f"the metadata service of the cloud ({_few(cidrs, 'address')})"
        case Place.NETWORK:
            return f"private networks beyond the cluster ({_few(cidrs, 'block')})"
        case Place.NODES:
            return f"nodes, and what runs on their network ({_few(sorted(there.nodes), 'node')})"
        case Place.OTHER_NAMESPACES | Place.OWN_NAMESPACE:
            return _pods(place, there.groups)


def _told(place: Place, beyond: AddressSet) -> tuple[str, ...]:
    """Return the blocks, or nothing where they are all of the internet that speaks IPv4, or more."""
    return () if place is Place.INTERNET and not EVERYWHERE - beyond else beyond.cidrs()


def _short(cidr: str) -> str:
    return cidr.removesuffix("/128" if ":" in cidr else "/32")


EVERYWHERE: Final = addresses(("0.0.0.0/0",)) - PRIVATE - METADATA


def _pods(place: Place, groups: Iterable[PodGroup]) -> str:
    pods = sorted({f"{group.namespace}/{name}" for group in groups for name in group.pods})
    spaces = sorted({pod.split("/", 1)[0] for pod in pods})
    if len(pods) == 1:
        return f"pod {pods[0]}"
    if place is Place.OWN_NAMESPACE:
        return f"{len(pods)} pods of its own namespace"
    return f"{len(pods)} pods of {_few(spaces, 'other namespace')}"


def _few(names: Iterable[str], what: str) -> str:
    told = tuple(names)
    if len(told) <= MOST_SAID:
        return ", ".join(told)
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"{', '.join(told[:MOST_SAID])} and {len(told) - MOST_SAID} more {plural}"


def _why(causes: tuple[Cause, ...]) -> str:
    if causes == (UNSELECTED,):
        return "no policy selects it"
    said = (f"{cause} (rule {cause.rule + 1})" if cause.rule >= 0 else str(cause) for cause in causes)
    return "allowed by " + _few(said, "rule")


def _closing(
    place: Place, causes: tuple[Cause, ...], there: _Gathered, escapable: frozenset[Cause]
) -> Iterator[Closing]:
    if UNSELECTED in causes:
        yield Closing(How.ISOLATE)
    yield Closing(How.ENGINE_DENY)
    if all(cause == UNSELECTED or cause in escapable for cause in causes):
        yield Closing(How.DETACH)
    beyond = place in {Place.INTERNET, Place.NETWORK}
    if beyond and there.beyond.single:
        yield from _block(there.beyond.cidrs()[0])


def _block(cidr: str) -> Iterator[Closing]:
    """Yield the block of an address, where it is one that can be blocked."""
    try:
        yield Closing(How.BLOCK_ADDRESS, entries.entry(cidr))
    except ValueError:
        return


def _escapable(world: World, found: Residual) -> frozenset[Cause]:
    """Return the rules of policies that do not select a pod of this namespace without any labels."""
    spaces = {space.name: dict(space.labels) for space in world.namespaces}
    labels = {Of.POD: {}, Of.NAMESPACE: spaces.get(found.namespace, {})}
    bare = Point(Being.POD, 4, (), labels, {Of.NAMESPACE: found.namespace})
    named = {cause for a in found.allowances for cause in a.causes}
    wanted = {msgspec.structs.replace(cause, rule=-1) for cause in named}
    left = {r.cause for r in world.policies.rulings if r.cause in wanted and not _selects(r, bare)}
    return frozenset(cause for cause in named if msgspec.structs.replace(cause, rule=-1) in left)


def _selects(ruling: Ruling, bare: Point) -> bool:
    return holds(ruling.subject, bare)


def forecast(found: Residual, *, enforced: bool | None) -> Forecast:
    """
    Return what to expect of a residual. ``enforced``: whether an engine enforces policies for the pod, if known.

    What is not known is never good news: with nothing known to be open, but something not modelled, it is UNKNOWN.
    """
    if enforced is None:
        return Forecast.UNKNOWN
    if not enforced:
        return Forecast.NOT_ENFORCED
    if found.allowances:
        return Forecast.PARTIAL
    return Forecast.FULL if found.exact else Forecast.UNKNOWN
