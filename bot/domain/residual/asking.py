"""One pod's question put to an atlas: its own side first, then that of the pods that this side leaves open."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from bot.domain.directions import Direction
from bot.domain.residual.answers import Allowance, Residual
from bot.domain.residual.atlas import Atlas, NodeGroup, Outside, Peer, PodGroup, joined
from bot.domain.residual.fold import Cell, Entry, Patch, Stage, fold
from bot.domain.residual.pace import Pace, Steps
from bot.domain.residual.points import NO_VERSION, Point, holds, leaves, pod_points, resolved, spaces_of
from bot.domain.residual.rules import Being, Cause, Clause, Of, Ruling, Within
from bot.domain.residual.sets import NO_ADDRESS, PortSet
from bot.domain.residual.world import Pod

ON_HOST_NETWORK = "is on its node's network: what policies mean for it is not defined"

_Key = tuple[Direction, PortSet, tuple[Cause, ...], tuple[Cause, ...]]


Selecting = tuple[Ruling, int]
"""A ruling, and which of the pod's classes it selects."""


def asking_of(pod: Pod, atlas: Atlas, pace: Pace) -> Steps["Asking"]:
    """Prepare a question: which rulings select the pod, and where their blocks cut the addresses beyond."""
    classes = 0 if pod.host_network else atlas.classes_of(pod)
    own: list[Selecting] = []
    blocks: dict[Within, None] = {}
    for ruling, subject in zip(atlas.rulings, atlas.subjects, strict=True):
        if not subject & classes:
            continue
        own.append((ruling, subject & classes))
        for clause in (*ruling.ingress, *ruling.egress):
            if pace.due(10):
                yield
            blocks.update((leaf, None) for leaf in leaves(clause.peers) if isinstance(leaf, Within))
    if pace.due(5 * len(blocks)):
        yield
    return Asking(pod, classes, tuple(own), atlas.around(pod.node, blocks), pace)


class Asking:
    """Gathers what is open for one pod, by direction, ports and causes."""

    def __init__(self, pod: Pod, classes: int, own: tuple[Selecting, ...], around: Atlas, pace: Pace) -> None:
        nodes = {node.name: node for node in around.world.nodes}
        self._pod, self._classes, self._own = pod, classes, own
        self._atlas, self._pace = around, pace
        self._points = tuple(pod_points(pod, spaces_of(around.world), nodes))
        self._pods = around.beings.get(Being.POD, 0)
        self._open: dict[_Key, int] = {}
        self._reached = 0
        self._odd: dict[str, None] = {}

    def ask(self, direction: Direction) -> Steps[None]:
        """Find out what is open in one direction."""
        for point in self._points:
            stages = yield from self._own_stages(point, direction)
            own = yield from fold(self._universe(point), stages, self._pace, self._odd)
            target = 0
            for cell in own:
                self._keep((direction, cell.ports, cell.causes, ()), cell.mask & ~self._pods)
                target |= cell.mask & self._pods
            self._reached |= target
            yield from self._pods_side(point, direction, own, target)

    def told(self) -> Steps[Residual]:
        """Return all that was found."""
        found: list[Allowance] = []
        for (direction, ports, causes, theirs), mask in self._open.items():
            if self._pace.due(mask.bit_count()):
                yield
            peers = dict.fromkeys(self._peers(mask))
            found += [Allowance(direction, peer, ports, causes, theirs) for peer in peers]
        return Residual(self._pod.namespace, self._pod.name, tuple(found), tuple(self._gaps()))

    def _gaps(self) -> Iterator[str]:
        if self._pod.host_network:
            yield f"{self._pod} {ON_HOST_NETWORK}"
        seen = self._reached | self._classes
        told = (gap.text for gap in self._atlas.world.policies.gaps if self._atlas.mask(gap.subject) & seen)
        yield from dict.fromkeys((*told, *self._odd))

    def _peers(self, mask: int) -> Iterator[Peer]:
        beyond = NO_ADDRESS
        for at in bits(mask):
            match self._atlas.groups[at]:
                case Outside(addresses):
                    beyond = beyond | addresses
                case NodeGroup() as nodes:
                    yield nodes
                case PodGroup() as group:
                    own = self._classes >> at & 1
                    yield self._without_itself(group) if own else group
        if beyond:
            yield Outside(beyond)

    def _without_itself(self, group: PodGroup) -> PodGroup:
        return msgspec.structs.replace(
            group, pods=tuple(name for name in group.pods if name != self._pod.name)
        )

    def _keep(self, key: _Key, mask: int) -> None:
        if mask:
            self._open[key] = self._open.get(key, 0) | mask

    def _universe(self, point: Point) -> int:
        """Return everybody who speaks this IP version, but the pod alone: it always reaches itself."""
        atlas = self._atlas
        found = (1 << atlas.size) - 1
        if point.version != NO_VERSION:
            found = atlas.versions.get(point.version, 0) | atlas.versions.get(NO_VERSION, 0)
        for at in bits(self._classes):
            group = atlas.groups[at]
            if isinstance(group, PodGroup) and len(group.pods) == 1:
                found &= ~(1 << at)
        return found

    def _own_stages(self, point: Point, direction: Direction) -> Steps[list[Stage]]:
        everyone = (1 << self._atlas.size) - 1
        stages: list[Stage] = []
        speaking = self._atlas.versions.get(point.version, 0)
        selecting = (ruling for ruling, mask in self._own if mask & speaking)
        for _, rulings in groupby(selecting, key=lambda ruling: ruling.stage):
            entries: list[Entry] = []
            closed = 0
            for ruling in rulings:
                clauses = ruling.clauses(direction)
                if self._pace.due(5 * len(clauses) + 1):
                    yield
                entries += [self._own_entry(clause, point, direction) for clause in clauses]
                closed |= everyone if direction in ruling.closes else 0
            stages.append(Stage(entries, closed))
        return stages

    def _own_entry(self, clause: Clause, point: Point, direction: Direction) -> Entry:
        peers = self._atlas.mask(clause.peers)
        at_peers = direction is Direction.EGRESS
        where = self._where(clause, peers, None if at_peers else point)
        return Entry(clause.verb, where, clause.cause, clause.odd)

    def _where(self, clause: Clause, mask: int, reached: Point | None) -> tuple[Patch, ...]:
        """Return where a clause applies: its named ports are those of the end that is connected to."""
        if reached is None:
            return self._atlas.open_ports(clause.ports, mask)
        ports = resolved(clause.ports, reached.ports)
        return ((mask, ports),) if mask and ports else ()

    def _pods_side(self, point: Point, direction: Direction, own: list[Cell], target: int) -> Steps[None]:
        spaces = self._atlas.names.get(Of.NAMESPACE, {})
        for space, there in spaces.items():
            if not there & target:
                continue
            near = [cell for cell in own if cell.mask & there]
            stages = yield from self._their_stages(point, direction, space, there & target)
            for theirs in (yield from fold(there & target, stages, self._pace, self._odd)):
                if self._pace.due(len(near)):
                    yield
                for cell in near:
                    mask = cell.mask & theirs.mask
                    ports = cell.ports & theirs.ports if mask else None
                    if ports:
                        self._keep((direction, ports, cell.causes, theirs.causes), mask)

    def _their_stages(
        self, point: Point, direction: Direction, space: str, target: int
    ) -> Steps[list[Stage]]:
        atlas, seen = self._atlas, direction.other
        reached = None if direction is Direction.EGRESS else point
        stages: dict[tuple[float, str], tuple[list[Entry], list[int]]] = {}
        for at in sorted((*atlas.local.get(space, ()), *atlas.wide)):
            ruling, mask = atlas.rulings[at], atlas.subjects[at] & target
            clauses = ruling.clauses(seen) if mask else ()
            if self._pace.due(5 * len(clauses) + 1):
                yield
            if not mask:
                continue
            entries, closed = stages.setdefault(ruling.stage, ([], []))
            entries += [
                Entry(clause.verb, self._where(clause, mask, reached), clause.cause, clause.odd)
                for clause in clauses
                if holds(clause.peers, point)
            ]
            closed += [mask] if seen in ruling.closes else []
        return [Stage(entries, joined(closed)) for entries, closed in stages.values()]


def bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
