"""What the bot may be given beyond the smallest rights: engines, detaching, workloads, ranges that may stay open."""

import ipaddress
from typing import Final

import msgspec

from bot.domain.actions import Grant
from bot.domain.isolation.calico import DEFAULT_TIER, OWN_TIER

_WRITE: Final = ("get", "list", "create", "update", "delete")
_CALICO: Final = "projectcalico.org"
_STORED: Final = "crd.projectcalico.org"


def _tiered(*tiers: str) -> tuple[Grant, ...]:
    """Calico's API server asks twice: about the resource, and about the policy's tier."""
    names = tuple(f"{tier}.*" for tier in tiers)
    return (
        Grant(_CALICO, "networkpolicies", _WRITE),
        Grant(_CALICO, "globalnetworkpolicies", ("list",), namespaced=False),
        Grant(_CALICO, "tiers", ("get", "list"), namespaced=False),
        Grant(_CALICO, "tier.networkpolicies", _WRITE, names=names),
        Grant(_CALICO, "tier.networkpolicies", ("get", "list")),
        Grant(_CALICO, "tier.globalnetworkpolicies", ("get", "list"), namespaced=False),
    )


ENGINES: Final[dict[str, tuple[Grant, ...]]] = {
    "cilium": (
        Grant("cilium.io", "ciliumnetworkpolicies", _WRITE),
        Grant("cilium.io", "ciliumendpoints", ("get", "list")),
        Grant("cilium.io", "ciliumclusterwidenetworkpolicies", ("list",), namespaced=False),
    ),
    "calico": _tiered(OWN_TIER),
    "calico-default-tier": _tiered(OWN_TIER, DEFAULT_TIER),
    "calico-stored": (
        Grant(_STORED, "networkpolicies", _WRITE),
        Grant(_STORED, "globalnetworkpolicies", ("list",), namespaced=False),
        Grant(_STORED, "tiers", ("get", "list"), namespaced=False),
    ),
}
"""The rights for each engine's own deny, by the name that an operator chooses it by."""


class Width(msgspec.Struct, frozen=True):
    """
    How far the bot's rights go: which engines' denies it may write, and what its admission policies let through.

    ``detach``: labels of others on a pod that is marked as detached. ``workloads``: policies that select by labels of
    others. ``ranges``: networks that a quarantine may leave open; DNS always may stay open. ``canary``: the image that
    canaries may run, empty for none.

    Raises ``ValueError`` for an engine that is not known, and for what is no range.
    """

    engines: tuple[str, ...] = ()
    detach: bool = False
    workloads: bool = False
    ranges: tuple[str, ...] = ()
    canary: str = ""

    def __post_init__(self) -> None:
        unknown = next((name for name in self.engines if name not in ENGINES), None)
        if unknown is not None:
            raise ValueError(f"{unknown!r} is no engine with a deny of its own: one of {', '.join(ENGINES)}")
        for each in self.ranges:
            ipaddress.ip_network(each)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The rights on top of the actions' own."""
        workloads = (Grant("apps", "deployments", ("get",)),) if self.workloads else ()
        canaries = (Grant("", "pods", ("create", "delete")),) if self.canary else ()
        return (*(grant for name in self.engines for grant in ENGINES[name]), *workloads, *canaries)


SMALLEST: Final = Width()
EVERYTHING: Final = Width(tuple(ENGINES), detach=True, workloads=True)
"""All that can be chosen, but for ranges and an image."""
