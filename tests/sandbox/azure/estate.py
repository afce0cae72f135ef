"""A firewall as many teams run it: a shared root policy, a child of it, one firewall, and the bot's standing denies."""

from dataclasses import dataclass
from typing import Any, Self

from azure.core.credentials import AccessToken
from azure.mgmt.network import models
from azure.mgmt.network.aio import NetworkManagementClient

from bot.sandbox.azure import RESOURCE_GROUP, SUBSCRIPTION, ArmDouble, rules
from bot.sandbox.azure.resources import name_of


class SandboxCredential:
    """Hands out a bearer token that is plainly none."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("sandbox-token", 9_999_999_999)

    async def close(self) -> None:
        return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None


@dataclass(frozen=True)
class Estate:
    """ARM ids."""

    root: str
    child: str
    firewall: str
    denies: str
    block: str
    other: str
    loose: str


def standing_denies(block: str, other: str) -> dict[str, Any]:
    return rules.filter_collection(
        "ir-deny-net",
        100,
        "Deny",
        [
            rules.network_rule("to-blocked", sources=["*"], destinations=[block]),
            rules.network_rule("from-blocked", sources=[other], destinations=["*"]),
        ],
    )


def build(double: ArmDouble) -> Estate:
    stage = double.stage
    root = stage.add_policy("root")
    child = stage.add_policy("child", base=root)
    firewall = stage.add_firewall("hub", policy=child)
    block = stage.add_ip_group("block", ["198.51.100.9"])
    other = stage.add_ip_group("other")
    loose = stage.add_ip_group("loose")
    denies = stage.add_rule_group(root, "ir-bot", priority=100, collections=[standing_denies(block, other)])
    return Estate(root, child, firewall, denies, block, other, loose)


def client_for(double: ArmDouble, **options: Any) -> NetworkManagementClient:
    settings: dict[str, Any] = {"polling_interval": 0, "retry_total": 0, **options}
    return NetworkManagementClient(
        SandboxCredential(),
        SUBSCRIPTION,
        base_url=double.url,
        connection_verify=str(double.ca_file),
        **settings,
    )


def addresses(*entries: str) -> models.IpGroup:
    """Return the body of an IP Group PUT."""
    return models.IpGroup({"location": "westeurope", "properties": {"ipAddresses": list(entries)}})


async def put(client: NetworkManagementClient, ip_group: str, *entries: str, **options: Any) -> Any:
    """Send the PUT and return the poller; nothing has been polled yet."""
    return await client.ip_groups.begin_create_or_update(
        RESOURCE_GROUP, name_of(ip_group), addresses(*entries), **options
    )


async def put_rules(
    client: NetworkManagementClient, policy: str, name: str, *collections: Any, **options: Any
) -> Any:
    body = models.FirewallPolicyRuleCollectionGroup(
        {"properties": {"priority": 100, "ruleCollections": list(collections)}}
    )
    return await client.firewall_policy_rule_collection_groups.begin_create_or_update(
        RESOURCE_GROUP, name_of(policy), name, body, **options
    )
