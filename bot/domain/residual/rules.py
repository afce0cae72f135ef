"""
What every kind of policy is turned into, so that one evaluator serves all engines.

A pod's rulings, in the order of their stage, are asked in turn for each connection. In a stage the first clause that
matches decides: allow, deny, or pass to the next stage. What no clause of a stage matches is denied if a ruling that
selects the pod closes this direction, and goes to the next stage otherwise. What comes out at the end is allowed.
"""

from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.directions import Direction
from bot.domain.residual.sets import ALL_PORTS, NO_PORTS, AddressSet, PortSet


class Verb(StrEnum):
    """What a clause does with what it matches."""

    ALLOW = "allow"
    DENY = "deny"
    NEXT = "pass"
    UNKNOWN = "unknown"
    """Nobody knows: whatever comes this far may be decided here, and not as what follows says."""


class Cause(msgspec.Struct, frozen=True, order=True, gc=False):
    """A policy, and which of its rules of a direction (from 0; -1 is the policy as a whole)."""

    kind: str
    namespace: str
    name: str
    rule: int = -1

    def __str__(self) -> str:
        """Name it, without the rule: ``NetworkPolicy payments/allow-dns``."""
        if self == UNSELECTED:
            return "no policy"
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


UNSELECTED: Final = Cause("", "", "no policy selects it")


class Of(StrEnum):
    """What a label or a name is looked up on. Of an address that is neither pod nor node there is none of them."""

    POD = "pod"
    NAMESPACE = "namespace"
    SERVICE_ACCOUNT = "serviceaccount"
    NODE = "node"


class Being(StrEnum):
    """What a peer is. A pod on the host network is its node; ``own-node`` is the one that the pod runs on."""

    POD = "pod"
    NODE = "node"
    OUTSIDE = "outside"
    OWN_NODE = "own-node"


class Text(StrEnum):
    """How a label's value may be compared beyond equality (Calico)."""

    CONTAINS = "contains"
    STARTS = "starts with"
    ENDS = "ends with"


class Is(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches peers of one sort."""

    being: Being


class Has(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches what carries a label, whatever its value."""

    of: Of
    key: str


class In(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches what carries a label with one of some values."""

    of: Of
    key: str
    values: tuple[str, ...]


class Like(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches what carries a label whose value compares so."""

    of: Of
    key: str
    how: Text
    text: str


class Named(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches by name: pods by their namespace or service account, nodes by their own."""

    of: Of
    names: tuple[str, ...]


class Within(msgspec.Struct, frozen=True, tag=True, gc=False):
    """
    Matches addresses: always those outside of the cluster, those of pods and nodes where it is said.

    The API leaves open whether an ``ipBlock`` matches pods and nodes, and engines differ.
    """

    addresses: AddressSet
    pods: bool = True
    nodes: bool = True


class Each(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches what every part matches; without parts, everything."""

    parts: tuple["Match", ...] = ()


class Some(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches what any part matches; without parts, nothing."""

    parts: tuple["Match", ...] = ()


class Not(msgspec.Struct, frozen=True, tag=True, gc=False):
    """Matches what its part does not match."""

    part: "Match"


Match = Is | Has | In | Like | Named | Within | Each | Some | Not

EVERYTHING: Final = Each()
NOTHING: Final = Some()
A_POD: Final = Is(Being.POD)


class PortName(msgspec.Struct, frozen=True, order=True, gc=False):
    """A named port, resolved on the pod that is connected to. An empty protocol is any of the three."""

    name: str
    protocol: str = ""


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """The ports of a clause: those by number and those by name, without the ones that are taken away."""

    fixed: PortSet = NO_PORTS
    named: tuple[PortName, ...] = ()
    without: PortSet = NO_PORTS
    without_named: tuple[PortName, ...] = ()


ANY_PORT: Final = Wanted(ALL_PORTS)


class Clause(msgspec.Struct, frozen=True, gc=False):
    """
    One rule: what it does with connections to or from these peers on these ports.

    ``odd`` says what of it is not modelled: the answer is "at least" where anything comes as far as this rule.
    """

    verb: Verb
    peers: Match
    ports: Wanted
    cause: Cause
    odd: str = ""


class Ruling(msgspec.Struct, frozen=True, gc=False):
    """
    One policy for the pods that it selects.

    ``stage`` and ``order`` say when it is asked, lowest first; ``closes`` in which directions its stage denies what
    no clause matched.
    """

    stage: tuple[float, str]
    order: tuple[float, str]
    subject: Match
    cause: Cause
    ingress: tuple[Clause, ...] = ()
    egress: tuple[Clause, ...] = ()
    closes: tuple[Direction, ...] = ()

    def clauses(self, direction: Direction) -> tuple[Clause, ...]:
        """Return its clauses of a direction, in their order."""
        return self.ingress if direction is Direction.INGRESS else self.egress


DEFAULT_STAGE: Final = (1_000_000.0, "default")
"""Where NetworkPolicies are asked; Calico's tier of that name has this order (Calico documentation, "Tier")."""
LAST: Final = 1e300
"""The order of what has none: after all others. JSON has no infinity."""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Something that is not modelled, wherever it may stand in the order, and the pods whose own side it may change."""

    subject: Match
    text: str


class Compiled(msgspec.Struct, frozen=True, gc=False):
    """What policies became, and what of them is not modelled."""

    rulings: tuple[Ruling, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def __add__(self, other: "Compiled") -> "Compiled":
        """Return both."""
        return Compiled(self.rulings + other.rulings, self.gaps + other.gaps)
