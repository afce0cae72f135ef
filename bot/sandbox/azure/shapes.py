"""Resources as ARM answers them; property names are those of azure-mgmt-network's models, api-version 2026-03-01."""

from collections.abc import Iterable
from typing import assert_never

from bot.sandbox.azure import graph
from bot.sandbox.azure.errors import Json
from bot.sandbox.azure.resources import (
    Firewall,
    IpGroup,
    Lock,
    ManagedCluster,
    Policy,
    Resource,
    RuleGroup,
    key,
    name_of,
)
from bot.sandbox.azure.world import World


def document(world: World, resource: Resource) -> Json:
    """Return a resource as a GET answers it."""
    match resource:
        case Policy():
            return _policy(world, resource)
        case RuleGroup():
            return _rule_group(world, resource)
        case IpGroup():
            return _ip_group(world, resource)
        case Firewall():
            return _firewall(world, resource)
        case _:
            assert_never(resource)


def managed_document(cluster: ManagedCluster) -> Json:
    """Return an AKS cluster as its GET answers it ("Managed Clusters - Get", 2025-10-01), much shortened."""
    modes = {} if cluster.mode is None else {"networkPluginMode": cluster.mode}
    policies = {} if cluster.policy is None else {"networkPolicy": cluster.policy}
    profile = {
        "networkPlugin": cluster.plugin,
        **modes,
        **policies,
        "networkDataplane": cluster.dataplane,
        "loadBalancerSku": "standard",
        "podCidr": "10.244.0.0/16",
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10",
        "outboundType": "loadBalancer",
    }
    return {
        "id": cluster.id,
        "name": name_of(cluster.id),
        "type": "Microsoft.ContainerService/ManagedClusters",
        "location": cluster.location,
        "sku": {"name": "Base", "tier": "Standard"},
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "kubernetesVersion": "1.34.2",
            "nodeResourceGroup": f"MC_{name_of(cluster.id)}",
            "networkProfile": profile,
        },
    }


def lock_document(lock: Lock) -> Json:
    """Return a management lock (Microsoft.Authorization, 2020-05-01)."""
    return {
        "id": f"{lock.scope}/providers/Microsoft.Authorization/locks/{lock.name}",
        "type": "Microsoft.Authorization/locks",
        "name": lock.name,
        "properties": {"level": lock.level, "notes": lock.notes},
    }


def draft_document(policy: Policy) -> Json:
    """Return a policy's draft."""
    return {
        "id": f"{policy.id}/firewallPolicyDrafts/default",
        "name": "default",
        "type": "Microsoft.Network/firewallPolicies/firewallPolicyDrafts",
        "location": policy.location,
        "properties": {"threatIntelMode": "Alert", **_base(policy)},
    }


def _top(resource: Policy | IpGroup | Firewall, kind: str) -> Json:
    return {
        "name": name_of(resource.id),
        "id": resource.id,
        "etag": resource.etag,
        "type": f"Microsoft.Network/{kind}",
        "location": resource.location,
        "tags": dict(resource.tags),
    }


def _ids(resources: Iterable[Resource]) -> list[Json]:
    return [{"id": resource.id} for resource in resources]


def _base(policy: Policy) -> Json:
    return {} if policy.base is None else {"basePolicy": {"id": policy.base}}


def _policy(world: World, policy: Policy) -> Json:
    afc = {"afcManaged": True} if policy.afc_managed else {}
    properties = {
        "provisioningState": world.shown_state(policy),
        "size": "0.1MB",
        "sku": {"tier": policy.tier},
        "threatIntelMode": "Alert",
        "ruleCollectionGroups": _ids(graph.rule_groups(world.resources, policy.id)),
        "firewalls": _ids(graph.firewalls_of(world.resources, [policy.id])),
        "childPolicies": _ids(graph.children(world.resources, policy.id)),
        **_base(policy),
        **afc,
    }
    return {**_top(policy, "firewallPolicies"), "properties": properties}


def _rule_group(world: World, group: RuleGroup) -> Json:
    return {
        "name": name_of(group.id),
        "id": group.id,
        "etag": group.etag,
        "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        "properties": {
            "provisioningState": world.shown_state(group),
            "size": "0.1MB",
            "priority": group.priority,
            "ruleCollections": list(group.collections),
        },
    }


def _ip_group(world: World, group: IpGroup) -> Json:
    properties = {
        "provisioningState": world.shown_state(group),
        "ipAddresses": list(group.addresses),
        "firewalls": _ids(graph.firewalls_using(world.resources, group.id)),
        "firewallPolicies": _ids(graph.users_of(world.resources, group.id)),
    }
    return {**_top(group, "ipGroups"), "properties": properties}


def _firewall(world: World, firewall: Firewall) -> Json:
    groups = graph.ip_groups_of(world.resources, firewall)
    policy = {} if firewall.policy is None else {"firewallPolicy": {"id": firewall.policy}}
    properties = {
        "provisioningState": world.shown_state(firewall),
        "sku": {"name": "AZFW_VNet", "tier": firewall.tier},
        "threatIntelMode": "Alert",
        "additionalProperties": {},
        "ipConfigurations": [_ip_configuration(firewall)],
        "networkRuleCollections": [],
        "applicationRuleCollections": [],
        "natRuleCollections": [],
        "ipGroups": [{"id": group.id, "changeNumber": "1"} for group in groups],
        **policy,
    }
    return {**_top(firewall, "azureFirewalls"), "properties": properties}


def _ip_configuration(firewall: Firewall) -> Json:
    scope = key(firewall.id).split("/azurefirewalls/", maxsplit=1)[0]
    network = firewall.id[: len(scope)]
    return {
        "name": "primary",
        "id": f"{firewall.id}/azureFirewallIpConfigurations/primary",
        "etag": firewall.etag,
        "type": "Microsoft.Network/azureFirewalls/azureFirewallIpConfigurations",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": firewall.private_address,
            "subnet": {"id": f"{network}/virtualNetworks/hub/subnets/AzureFirewallSubnet"},
            "publicIPAddress": {"id": f"{network}/publicIPAddresses/egress"},
        },
    }
