"""What merging makes of flows: who talked to whom, by source, and an account of what each source could know."""

from datetime import datetime
from typing import Final

import msgspec

from bot.domain.flows.flow import MOST_LABELS, Being, Counts, Endpoint, Granularity, Policy, Verdict
from bot.domain.flows.taken import Capability, Loss, Window

MOST_STARTS: Final = 200
"""Beginnings of connections that a talk keeps, the newest: what regular intervals are seen by."""

MOST_TOLD: Final = 10
"""Reasons, policies and notes that a talk keeps."""

_RANK: Final = {being: rank for rank, being in enumerate(reversed(Being))}


class Talk(msgspec.Struct, frozen=True, gc=False):
    """
    Connections of one kind: who asked whom on which port, and what became of them, as one source knows it.

    ``client`` is who connected. ``connections`` counts each once, whoever saw it and how often. Of ``counts``, ``out`` is
    from client to server. ``answered``: an answer, or its arrival at the other end, was seen. ``starts``: when the newest
    connections were first seen, in order; empty for sums. ``summed``: the source itself counted.
    """

    source: str
    client: Endpoint
    server: Endpoint
    protocol: str
    port: int
    verdict: Verdict
    connections: int
    first: datetime
    last: datetime
    answered: bool = False
    reasons: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Counts | None = None
    starts: tuple[datetime, ...] = ()
    summed: bool = False


class Account(msgspec.Struct, frozen=True):
    """
    What one source could know. ``silent`` says why it told nothing at all.

    ``windows`` are the stretches of time that it covers, in order and apart from each other.
    """

    source: str
    windows: tuple[Window, ...] = ()
    newest: datetime | None = None
    losses: tuple[Loss, ...] = ()
    blind: tuple[str, ...] = ()
    granularities: tuple[Granularity, ...] = ()
    can: frozenset[Capability] = frozenset()
    silent: tuple[str, ...] = ()


class Merged(msgspec.Struct, frozen=True):
    """What all sources told, side by side: the same traffic stands once under each source that saw it."""

    talks: tuple[Talk, ...] = ()
    accounts: tuple[Account, ...] = ()


Who = tuple[str, ...]


def who(end: Endpoint) -> Who:
    """Return what makes an end the same one: a pod by its name whatever its address, an outsider by its address."""
    if end.pod:
        return ("pod", end.namespace, end.pod)
    if end.being is Being.NODE and end.name:
        return ("node", end.name)
    if end.workload:
        return ("workload", end.namespace, end.workload)
    if end.address:
        return ("address", end.address)
    return (str(end.being), end.namespace, end.name, *end.names[:1], end.identity)


def both(one: Endpoint, other: Endpoint) -> Endpoint:
    """Return all that two observations know of one end, in whatever order they come."""
    if one == other:
        return one
    return Endpoint(
        address=max(one.address, other.address),
        being=max(one.being, other.being, key=_RANK.__getitem__),
        namespace=max(one.namespace, other.namespace),
        pod=max(one.pod, other.pod),
        workload=max(one.workload, other.workload),
        name=max(one.name, other.name),
        names=least(one.names, other.names, MOST_TOLD),
        labels=least(one.labels, other.labels, MOST_LABELS),
        identity=max(one.identity, other.identity),
        shared=one.shared or other.shared,
    )


def least(one: tuple[str, ...], other: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return the first of both in order: the same whatever is joined first."""
    return one if one == other and len(one) <= most else tuple(sorted({*one, *other})[:most])
