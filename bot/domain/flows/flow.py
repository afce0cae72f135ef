"""
One observation of traffic, as any source tells it.

Texts stand here as they came, cut to `LONGEST`: pods, labels, names and reasons are written by whoever runs there, so
whoever shows them escapes them. Addresses have the one spelling of ``str(ipaddress.ip_address(...))``.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.directions import Direction

LONGEST: Final = 253
"""Characters of a name from outside; a DNS name (RFC 1035) and a Kubernetes name fit."""

MOST_LABELS: Final = 64


class Being(StrEnum):
    """What stands at an end of a connection. ``WORLD``: certainly outside the cluster."""

    POD = "pod"
    NODE = "node"
    SERVICE = "service"
    WORLD = "world"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """
    What was done with the traffic.

    ``AUDITED``: a policy would deny it and only watches, so it passed. ``ERROR``: lost for another reason than a policy
    or rule. ``UNKNOWN``: the source does not say; it is neither allowed nor denied.
    """

    ALLOWED = "allowed"
    DENIED = "denied"
    AUDITED = "audited"
    ERROR = "error"
    UNKNOWN = "unknown"


PASSED: Final = frozenset({Verdict.ALLOWED, Verdict.AUDITED})

BY_POLICY: Final = frozenset(
    {"POLICY_DENIED", "POLICY_DENY", "AUTH_REQUIRED", "DENIED_BY_LB_SRC_RANGE_CHECK"}
)
"""
Cilium's reasons of a drop that a policy or a rule decided: not allowed by any, denied by one, no mutual login, source range.

Whatever else is dropped was lost (``DropReason`` of Hubble's API, Cilium 1.19).
"""


class Grain(StrEnum):
    """What one observation stands for."""

    CONNECTION = "connection"
    AGGREGATE = "aggregate"
    LOG_ROW = "log-row"


class Granularity(msgspec.Struct, frozen=True, gc=False):
    """What one observation stands for; ``seconds`` is the width of an aggregate, 0 where it is not known."""

    grain: Grain
    seconds: int = 0

    def __str__(self) -> str:
        """Say it for people."""
        match self.grain:
            case Grain.CONNECTION:
                return "single connections"
            case Grain.AGGREGATE:
                return f"sums over {self.seconds} s" if self.seconds else "sums"
            case Grain.LOG_ROW:
                return "log rows"


CONNECTION: Final = Granularity(Grain.CONNECTION)
LOG_ROW: Final = Granularity(Grain.LOG_ROW)


class Endpoint(msgspec.Struct, frozen=True, order=True, gc=False, cache_hash=True):
    """
    One end, as far as its source knows it; what it does not know is empty.

    ``workload`` is ``kind/name`` in lower case (``deployment/api``). ``labels`` are ``key=value``, sorted. ``names`` are
    DNS names without the last dot, in lower case, sorted. ``name`` is the node's or Service's, for those beings;
    ``identity`` the number that an engine gives to a set of labels. A source that tells many flows makes equal ends one
    object: that is what merging is fast by. ``shared``: that it is a node was told by its address alone, so that it may as
    well be any pod that leaves the cluster under that address.
    """

    address: str = ""
    being: Being = Being.UNKNOWN
    namespace: str = ""
    pod: str = ""
    workload: str = ""
    name: str = ""
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    identity: str = ""
    shared: bool = False


class Policy(msgspec.Struct, frozen=True, order=True, gc=False, cache_hash=True):
    """Which policy or rule decided; ``kind`` as the source names it (``CiliumNetworkPolicy``, ``rule collection``)."""

    name: str
    namespace: str = ""
    kind: str = ""

    def __str__(self) -> str:
        """Name it for people."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}" if self.kind else place


class Observer(msgspec.Struct, frozen=True, order=True, gc=False, cache_hash=True):
    """Where it was seen: by which source (its name), on which node or firewall, at which point on the way."""

    source: str
    node: str = ""
    point: str = ""


class Counts(msgspec.Struct, frozen=True, gc=False):
    """
    How much one observation saw; ``None`` where the source does not say.

    ``out`` is from source to destination of the flow, ``back`` the other way.
    """

    packets_out: int | None = None
    packets_back: int | None = None
    bytes_out: int | None = None
    bytes_back: int | None = None


class Flow(msgspec.Struct, frozen=True, gc=False):
    """
    One observation. ``source`` is who sent what was seen: of a reply, the side that was connected to.

    ``start`` and ``end`` are UTC, equal for one instant. Ports are 0 where there are none or they are not told. ``protocol``
    is in upper case (``TCP``, ``UDP``, ``ICMP``, ``SCTP``), empty where it is not told. ``direction`` is that of the
    observed side: ``EGRESS`` as it left its source, ``INGRESS`` as it came to its destination. ``reply`` is ``None`` where
    the source does not say. ``connections`` is ``None`` where this is about one connection, known by its addresses and
    ports, and otherwise how many the row stands for. ``policies`` are those that decided. ``note`` is what else is worth
    telling: a server name, a request path, a DNS question.
    """

    start: datetime
    end: datetime
    source: Endpoint
    destination: Endpoint
    observer: Observer
    source_port: int = 0
    destination_port: int = 0
    protocol: str = ""
    verdict: Verdict = Verdict.UNKNOWN
    reason: str = ""
    policies: tuple[Policy, ...] = ()
    direction: Direction | None = None
    reply: bool | None = None
    connections: int | None = None
    counts: Counts | None = None
    granularity: Granularity = CONNECTION
    note: str = ""
