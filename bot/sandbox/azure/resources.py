"""The resources that the double keeps, as frozen values, and their ids.

ARM ids are case-insensitive and keep the case they were made with: everything is kept under `key(id)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.sandbox.azure.errors import Json

SUCCEEDED = "Succeeded"
FAILED = "Failed"
UPDATING = "Updating"


def key(resource_id: str) -> str:
    """Return what an id is compared by."""
    return resource_id.rstrip("/").lower()


def name_of(resource_id: str) -> str:
    """Return the last segment."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def parent_of(resource_id: str) -> str:
    """Return the id of the resource that a child stands in."""
    return resource_id.rstrip("/").rsplit("/", 2)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`Microsoft.Network/firewallPolicies`; `base` is the id of its parent policy."""

    id: str
    location: str
    base: str | None = None
    tier: str = "Premium"
    afc_managed: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    state: str = SUCCEEDED
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """A rule collection group; `collections` are kept as they were sent."""

    id: str
    priority: int
    collections: tuple[Json, ...] = ()
    state: str = SUCCEEDED
    etag: str = ""

    @property
    def policy(self) -> str:
        """The id of the policy that it stands in."""
        return parent_of(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IpGroup:
    """`Microsoft.Network/ipGroups`: addresses, CIDRs and `a-b` ranges, in the order they were sent."""

    id: str
    location: str
    addresses: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    state: str = SUCCEEDED
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """`Microsoft.Network/azureFirewalls`; `policy` is an id, or None for a classic firewall."""

    id: str
    location: str
    policy: str | None
    private_address: str = "10.0.0.4"
    tier: str = "Premium"
    tags: Mapping[str, str] = field(default_factory=dict)
    state: str = SUCCEEDED
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedCluster:
    """`Microsoft.ContainerService/managedClusters`, as far as its network goes; None is what ARM leaves out."""

    id: str
    location: str
    plugin: str = "azure"
    mode: str | None = "overlay"
    policy: str | None = None
    dataplane: str = "azure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A management lock; `level` is ReadOnly or CanNotDelete."""

    scope: str
    name: str
    level: str
    notes: str = ""


Resource: TypeAlias = Policy | RuleGroup | IpGroup | Firewall
Resources: TypeAlias = Mapping[str, Resource]
