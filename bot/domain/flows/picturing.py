"""
Who talks to whom, as a picture before it is drawn: what stands where, never how many pixels wide.

Bounded, and JSON: it is drawn in another program. Names are from outside, as they came; whoever draws cleans them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.flows.flow import Being, Endpoint
from bot.domain.flows.knowing import external
from bot.domain.flows.peers import Lot, called
from bot.domain.flows.summing import Noted, fared
from bot.domain.flows.talks import Account
from bot.domain.flows.telling import Seen, Traced
from bot.domain.flows.tracing import Hop
from bot.domain.reading import cut

MOST: Final = 200
"""Peers that are drawn; the others are counted."""
NEXT: Final = 50
"""Ends that are drawn behind one other."""
LONGEST: Final = 300
"""Characters of any text."""
TOLD: Final = 160

Text = Annotated[str, msgspec.Meta(max_length=LONGEST)]


class Group(StrEnum):
    """Where a peer stands, the farthest first."""

    EXTERNAL = "outside the cluster"
    OTHER = "other namespaces"
    SAME = "same namespace"
    NODE = "nodes and services"
    UNKNOWN = "not known where"


class Spoke(msgspec.Struct, frozen=True, gc=False):
    """
    One other end. ``weight`` is its connections; ``note`` what is told beside its name.

    ``inbound``: it connects to the subject. ``next`` is what was reached from it, ``more`` how much of that is left out.
    """

    label: Text
    group: Group
    lot: Lot
    weight: int = 0
    note: Text = ""
    inbound: bool = False
    next: Annotated[tuple["Spoke", ...], msgspec.Meta(max_length=NEXT)] = ()
    more: int = 0


class Sketch(msgspec.Struct, frozen=True):
    """A picture. ``more`` peers are not in it; ``footer`` is what must be said of the whole, line by line."""

    title: Text
    subtitle: Text
    centre: Text
    spokes: Annotated[tuple[Spoke, ...], msgspec.Meta(max_length=MOST)]
    more: int = 0
    footer: Annotated[tuple[Text, ...], msgspec.Meta(max_length=5)] = ()
    alt: Annotated[str, msgspec.Meta(max_length=1000)] = ""


def of_seen(seen: Seen) -> Sketch:
    """Return the picture of who talks to one subject."""
    asked, found = seen.asked, seen.summary
    spokes = tuple(_spoke(one, asked.subject.namespace) for one in found.peers[:MOST])
    more = len(found.peers) - len(spokes) + seen.left
    subject = str(asked.subject)
    subtitle = f"{span(asked.since, asked.until)} · {asked.cluster} · {sources(seen.accounts)}"
    drawn = f"{len(spokes)} of {len(spokes) + more} peers are drawn, by number of connections."
    return Sketch(
        title=cut(f"Who talks to whom: {subject}", TOLD),
        subtitle=cut(subtitle, TOLD),
        centre=cut(subject, LONGEST),
        spokes=_grouped(spokes),
        more=more,
        footer=_doubts(found.incomplete, () if found.peers else (found.sentence,)),
        alt=cut(
            f"Who talks to whom: {seen.headline} {span(asked.since, asked.until)}, {sources(seen.accounts)}. {drawn}",
            1000,
        ),
    )


def of_trace(traced: Traced) -> Sketch:
    """Return the picture of how far something may have come from one pod."""
    asked, trace = traced.asked, traced.trace
    room = MOST
    spokes: list[Spoke] = []
    for hop in trace.next[:MOST]:
        if room <= 0:
            break
        room -= 1
        spokes.append(_hop(hop, asked.subject.namespace, room))
        room -= len(spokes[-1].next)
    subject = called(trace.start)
    told = f"{trace.reached} ends were reached from {subject}, at most two hops away."
    return Sketch(
        title=cut(f"How far it may have come: {subject}", TOLD),
        subtitle=cut(
            f"{span(asked.since, asked.until)} · {asked.cluster} · {sources(traced.accounts)}", TOLD
        ),
        centre=cut(subject, LONGEST),
        spokes=tuple(spokes),
        more=len(trace.next) - len(spokes) + trace.more,
        footer=_doubts(traced.incomplete, ()),
        alt=cut(told, 1000),
    )


def span(since: datetime, until: datetime) -> str:
    """Say a window for people: UTC, the day once where it is one."""
    later = f"{until:%H:%M}" if since.date() == until.date() else f"{until:%Y-%m-%d %H:%M}"
    return f"{since:%Y-%m-%d %H:%M} to {later} UTC"


def sources(accounts: Iterable[Account]) -> str:
    """Name who told it; those that gave no answer are said to."""
    named = [f"{one.source} (no answer)" if one.silent else one.source for one in accounts]
    return ", ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "") or "no source"


def group_of(end: Endpoint, namespace: str) -> Group:
    """Return where an end stands, seen from a namespace."""
    if external(end):
        return Group.EXTERNAL
    if end.being in {Being.NODE, Being.SERVICE} and not end.pod:
        return Group.NODE
    if not end.namespace:
        return Group.UNKNOWN
    return Group.SAME if end.namespace == namespace else Group.OTHER


def _spoke(one: Noted, namespace: str) -> Spoke:
    peer = one.peer
    told = [f"{peer.connections}", fared(peer)]
    told += ["new"] if one.new else []
    told += [f"every {one.beat.every:.0f} s"] if one.beat else []
    return Spoke(
        label=cut(str(peer), LONGEST),
        group=Group.EXTERNAL if one.external else group_of(peer.end, namespace),
        lot=peer.lot,
        weight=peer.connections,
        note=" · ".join(told),
        inbound=peer.direction is Direction.INGRESS,
    )


def _hop(hop: Hop, namespace: str, room: int) -> Spoke:
    kept = tuple(_hop(one, namespace, 0) for one in hop.next[: min(NEXT, max(0, room))])
    ports = ", ".join(f"{port}" if protocol == "TCP" else f"{port}/{protocol}" for protocol, port in hop.ways)
    return Spoke(
        label=cut(called(hop.end), LONGEST),
        group=group_of(hop.end, namespace),
        lot=Lot.PASSES,
        weight=hop.connections,
        note=cut(f"{hop.connections} · {ports}", 60),
        next=kept,
        more=len(hop.next) - len(kept) + hop.more,
    )


def _grouped(spokes: Sequence[Spoke]) -> tuple[Spoke, ...]:
    """Keep the order of weight within each group."""
    order = list(Group)
    return tuple(sorted(spokes, key=lambda one: (one.inbound, order.index(one.group))))


def _doubts(incomplete: Sequence[tuple[str, str]], before: Sequence[str]) -> tuple[str, ...]:
    told = [f"{source} may have seen more: {why}" for source, why in incomplete]
    kept = [*before, *told][:3]
    left = len(before) + len(told) - len(kept)
    return tuple(cut(text, TOLD) for text in kept) + ((f"and {left} more doubts",) if left else ())
