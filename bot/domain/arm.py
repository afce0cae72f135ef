"""
The few fields of ARM resources that plans read, under their names in the Microsoft.Network API.

Unknown fields are passed over; a list that ARM leaves out or sends as ``null`` is empty.
"""

import msgspec


class _Arm(msgspec.Struct, frozen=True, rename="camel"):
    pass


class SubResource(_Arm, frozen=True):
    """A reference to another resource by id."""

    id: str = ""


class PolicyProperties(_Arm, frozen=True):
    """``properties`` of a ``firewallPolicies`` resource. ``afc_managed``: only Azure Firewall Manager writes it."""

    provisioning_state: str = ""
    base_policy: SubResource | None = None
    child_policies: list[SubResource] | None = None
    firewalls: list[SubResource] | None = None
    afc_managed: bool | None = None


class FirewallPolicy(_Arm, frozen=True):
    """A firewall policy."""

    properties: PolicyProperties
    id: str = ""
    name: str = ""

    @property
    def based_on(self) -> str:
        """The id of its parent; empty for a root policy."""
        return self.properties.base_policy.id if self.properties.base_policy else ""

    @property
    def attached(self) -> int:
        """How many firewalls and child policies it reaches directly."""
        return len(self.properties.firewalls or ()) + len(self.properties.child_policies or ())


class Rule(_Arm, frozen=True):
    """A rule of a collection; only ``ruleType`` ``NetworkRule`` has all of these."""

    name: str = ""
    rule_type: str = ""
    ip_protocols: list[str] | None = None
    source_addresses: list[str] | None = None
    destination_addresses: list[str] | None = None
    source_ip_groups: list[str] | None = None
    destination_ip_groups: list[str] | None = None
    destination_ports: list[str] | None = None


class RuleAction(_Arm, frozen=True):
    """``action`` of a filter collection: ``Allow`` or ``Deny``."""

    type: str = ""


class RuleCollection(_Arm, frozen=True):
    """A collection of rules."""

    name: str = ""
    rule_collection_type: str = ""
    priority: int = 0
    action: RuleAction | None = None
    rules: list[Rule] | None = None


class RuleGroupProperties(_Arm, frozen=True):
    """``properties`` of a ``ruleCollectionGroups`` resource."""

    provisioning_state: str = ""
    priority: int = 0
    rule_collections: list[RuleCollection] | None = None


class RuleGroup(_Arm, frozen=True):
    """A rule collection group."""

    properties: RuleGroupProperties
    id: str = ""
    name: str = ""

    @property
    def denying(self) -> tuple[Rule, ...]:
        """The network rules of its deny collections."""
        collections = self.properties.rule_collections or ()
        rules = (c.rules or () for c in collections if c.action and c.action.type.casefold() == "deny")
        return tuple(rule for some in rules for rule in some if rule.rule_type == "NetworkRule")


class IpGroupProperties(_Arm, frozen=True):
    """``properties`` of an ``ipGroups`` resource."""

    provisioning_state: str = ""
    ip_addresses: list[str] | None = None


class IpGroup(_Arm, frozen=True):
    """An IP Group."""

    properties: IpGroupProperties
    id: str = ""
    name: str = ""

    @property
    def entries(self) -> tuple[str, ...]:
        """What it holds, as written."""
        return tuple(self.properties.ip_addresses or ())


class IpConfigurationProperties(_Arm, frozen=True):
    """``properties`` of a firewall's IP configuration."""

    private_ip_address: str | None = msgspec.field(name="privateIPAddress", default=None)


class IpConfiguration(_Arm, frozen=True):
    """One IP configuration of a firewall."""

    properties: IpConfigurationProperties = IpConfigurationProperties()


class HubAddress(_Arm, frozen=True):
    """A public address of a firewall in a hub."""

    address: str | None = None


class HubPublicAddresses(_Arm, frozen=True):
    """The public addresses of a firewall in a hub."""

    addresses: list[HubAddress] | None = None


class HubAddresses(_Arm, frozen=True):
    """``hubIPAddresses`` of a firewall in a hub."""

    private_ip_address: str | None = msgspec.field(name="privateIPAddress", default=None)
    public_ips: HubPublicAddresses | None = msgspec.field(name="publicIPs", default=None)


class FirewallProperties(_Arm, frozen=True):
    """``properties`` of an ``azureFirewalls`` resource."""

    provisioning_state: str = ""
    firewall_policy: SubResource | None = None
    ip_configurations: list[IpConfiguration] | None = None
    management_ip_configuration: IpConfiguration | None = None
    hub_ip_addresses: HubAddresses | None = msgspec.field(name="hubIPAddresses", default=None)


class Firewall(_Arm, frozen=True):
    """An Azure Firewall."""

    properties: FirewallProperties
    id: str = ""
    name: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its own addresses, as far as its body tells them; public ones of a VNet firewall are references."""
        own = self.properties
        configured = [*(own.ip_configurations or ()), own.management_ip_configuration]
        found = [c.properties.private_ip_address for c in configured if c]
        if own.hub_ip_addresses:
            public = own.hub_ip_addresses.public_ips
            found.append(own.hub_ip_addresses.private_ip_address)
            found += [a.address for a in (public.addresses or ())] if public else []
        return tuple(address for address in found if address)


def same(one: str, other: str) -> bool:
    """Whether two resource ids name the same resource: ARM compares them without case."""
    return one.casefold() == other.casefold()


def holds(ids: list[str] | None, wanted: str) -> bool:
    """Whether a list of resource ids names this one."""
    return any(same(known, wanted) for known in ids or ())
