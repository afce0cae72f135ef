"""How far back an answer reaches, and what fell out before anyone asked: each node keeps its last few thousand events."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bot.adapters.flows.hubble.words import DROP, EVENTS, POLICY_VERDICT
from bot.domain.directions import Direction
from bot.domain.flows.asked import About, Asked
from bot.domain.flows.concerning import Holds
from bot.domain.flows.flow import Endpoint, Flow
from bot.domain.flows.taken import Loss, Overrun, Window

_POLICED: Final = frozenset({EVENTS[DROP], EVENTS[POLICY_VERDICT]})

Edge = Mapping[str, datetime] | None
"""A time for each node that told one; ``None`` where it could not be asked."""


class Buffer(msgspec.Struct, frozen=True):
    """What one node keeps: ``held`` of ``room`` events, since ``began`` at the earliest, when its agent started."""

    node: str
    held: int
    room: int
    began: datetime

    @property
    def full(self) -> bool:
        """Whether the next event pushes out the oldest."""
        return self.held >= self.room


class Around(msgspec.Struct, frozen=True):
    """
    What was asked beside the flows: oldest and newest event of each node, and the buffers; ``None`` where unknown.

    ``present``: the nodes whose flows the relay said it would tell. Each of these questions may fail, or lack a node, alone.
    """

    oldest: Edge
    newest: Edge
    buffers: tuple[Buffer, ...] | None
    present: frozenset[str] = frozenset()

    def begins(self) -> dict[str, datetime]:
        """Return since when each node forgot nothing; a node of which that is not known is left out."""
        found = dict(self.oldest or {})
        found.update({each.node: each.began for each in self.buffers or () if not each.full})
        return found

    def nodes(self) -> set[str]:
        """Return every node that any of it tells of."""
        kept = {each.node for each in self.buffers or ()}
        return {*(self.oldest or ()), *(self.newest or ()), *kept, *self.present}


def covered(asked: Asked, flows: Iterable[Flow], around: Around, until: datetime | None) -> Window | None:
    """
    Return what of the question's time the buffers cover, ``None`` where that is not known or nothing.

    Since the last of the nodes began to keep, for any node may have seen the subject; of a pod whose own door was seen
    on one node, since that node did: a pod never moves. One that did not say since when may have forgotten anything, and
    no other vouches for it.
    """
    if until is None:
        return None
    told = tuple(flows)
    home = _home(asked, told)
    seen_by = {home} if home else {*around.nodes(), *(flow.observer.node for flow in told)}
    begins = around.begins()
    if not seen_by or not seen_by <= begins.keys():
        return None
    since = max(asked.since, *(begins[node] for node in seen_by))
    return Window(since, until) if since < until else None


def narrowed(window: Window, since: datetime) -> Window | None:
    """Return what is left of a window of which only the newest flows are kept."""
    since = max(window.since, since)
    return Window(since, window.until) if since < window.until else None


def at_home(asked: Asked, flows: Iterable[Flow], nodes: Mapping[str, timedelta]) -> Mapping[str, timedelta]:
    """Return those of the nodes that matter: the pod's own where that is certain, else all."""
    home = _home(asked, flows)
    return {node: by for node, by in nodes.items() if not home or node == home}


def overrun(asked: Asked, window: Window | None, around: Around) -> tuple[Loss, ...]:
    """Return that the beginning was forgotten, where a buffer is full and the answer does not reach back to it."""
    full = sorted(each.node for each in around.buffers or () if each.full)
    if not full or (window is not None and window.since <= asked.since):
        return ()
    return (Overrun(f"ring buffer of {full[0]}{f' and {len(full) - 1} more' if len(full) > 1 else ''}"),)


def _home(asked: Asked, flows: Iterable[Flow]) -> str:
    """Return the node of the pod that was asked about, empty where that is not certain."""
    subject = asked.subject
    if subject.about is not About.POD or len({subject.name, *subject.pods}) > 1:
        return ""

    def own(end: Endpoint) -> bool:
        return end.pod == subject.name and end.namespace == subject.namespace

    seen = {flow.observer.node for flow in flows if _at_door(flow, own)}
    return seen.pop() if len(seen) == 1 else ""


def _at_door(flow: Flow, own: Holds) -> bool:
    """Whether a flow was seen where only the pod's own node sees it: at its end of the line, or by its own policies."""
    point = flow.observer.point
    if point in _POLICED and not flow.reply:
        ends = {Direction.EGRESS: flow.source, Direction.INGRESS: flow.destination}
        return flow.direction in ends and own(ends[flow.direction])
    return (point == "to-endpoint" and own(flow.destination)) or (
        point == "from-endpoint" and own(flow.source)
    )


def newest(around: Around, last: datetime | None) -> datetime | None:
    """Return the time of the newest event of anyone."""
    times = [*(around.newest or {}).values(), *((last,) if last else ())]
    return max(times, default=None)
