"""Whom a cut selects and how it is made: what every kind of policy is built from."""

from enum import StrEnum

import msgspec

from bot.domain.changes import OwnChange
from bot.domain.isolation.allowances import Allowances
from bot.domain.selectors import Selector


class StrategyName(StrEnum):
    """How pods are cut, strongest first. Each writes the NetworkPolicy too: it is the floor under the others."""

    CILIUM = "cilium-deny"
    CALICO = "calico-deny"
    CALICO_STORED = "calico-stored-deny"
    DETACH = "detach"
    NETWORK_POLICY = "network-policy"


class Cut(msgspec.Struct, frozen=True):
    """The pods of one namespace that a selector catches, and the names of what is written for them."""

    cluster: str
    namespace: str
    value: str
    request_id: str
    selector: Selector


class Placement(msgspec.Struct, frozen=True):
    """
    Where a Calico policy stands: its tier, and its order within (lower is earlier).

    ``tiered``: this Calico knows tiers (open source since 3.29); an older one would drop the field. ``before`` names
    what Calico may ask first all the same.
    """

    tier: str = "default"
    order: int = -1000
    tiered: bool = True
    before: tuple[str, ...] = ()


class Relabel(msgspec.Struct, frozen=True):
    """One label of somebody else that is taken off (``after`` is ``None``) or changed, and put back later."""

    key: str
    before: str | None
    after: str | None


class Options(msgspec.Struct, frozen=True):
    """
    What was chosen for a cut.

    ``keep_probes``: the pod's own node may still reach it, so that probes go on. ``port_ranges``: the engine knows
    ranges of ports. ``place`` is for Calico, ``moved`` for detaching.
    """

    strategy: StrategyName = StrategyName.NETWORK_POLICY
    keep_probes: bool = False
    allow: Allowances = Allowances()
    port_ranges: bool = False
    place: Placement = Placement()
    moved: tuple[Relabel, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """One change, the sentence about it, and what must read back afterwards."""

    change: OwnChange
    words: str
    expected: str = "stands as written"
