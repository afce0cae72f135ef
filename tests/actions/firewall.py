"""The staged estate of the block tests: one root policy with its firewall, our rule group and two IP Groups."""

from typing import Literal

from bot.actions.block_address import BlockAddress
from bot.domain.queries import Discovered, FirewallFacts
from tests.actions.staged import Body, Staged, arm, resource

POLICY = arm("firewallPolicies", "root")
RULES = arm("firewallPolicies/root/ruleCollectionGroups", "firebreak")
PROD, ESTATE = arm("ipGroups", "ir-block-prod"), arm("ipGroups", "ir-block-estate")
RANGES = arm("ipGroups", "prod-ranges")
FIREWALL = arm("azureFirewalls", "hub")
FACTS = FirewallFacts(POLICY, RULES, PROD, ESTATE, (FIREWALL,), (("20.1.0.0/16", "the API server"),))


def rule(name: str, **sides: list[str]) -> Body:
    """Return a network rule for all protocols and ports."""
    return {
        "name": name,
        "ruleType": "NetworkRule",
        "ipProtocols": ["Any"],
        "destinationPorts": ["*"],
        "sourceAddresses": [],
        "destinationAddresses": [],
        "sourceIpGroups": [],
        "destinationIpGroups": [],
        **sides,
    }


def standing() -> list[Body]:
    """Return the four standing rules: two scopes, two sides."""
    return [
        rule("estate-destination", sourceAddresses=["*"], destinationIpGroups=[ESTATE.id]),
        rule("estate-source", sourceIpGroups=[ESTATE.id], destinationAddresses=["*"]),
        rule("prod-destination", sourceIpGroups=[RANGES.id], destinationIpGroups=[PROD.id]),
        rule("prod-source", sourceIpGroups=[PROD.id], destinationIpGroups=[RANGES.id]),
    ]


def collection(rules: list[Body], action: str = "Deny") -> Body:
    """Return a filter collection."""
    kind = "FirewallPolicyFilterRuleCollection"
    return {
        "ruleCollectionType": kind,
        "name": "deny",
        "priority": 100,
        "action": {"type": action},
        "rules": rules,
    }


def estate(*entries: str) -> Staged:
    """Return the estate at peace; ``entries`` stand in the cluster's group already."""
    world = Staged(Discovered("prod", "uid-cluster", firewall=FACTS))
    private = [{"name": "a", "properties": {"privateIPAddress": "10.9.0.4"}}]
    world.objects = {
        POLICY: resource(POLICY, firewalls=[{"id": FIREWALL.id}], childPolicies=[]),
        RULES: resource(RULES, priority=100, ruleCollections=[collection(standing())]),
        PROD: resource(PROD, ipAddresses=list(entries)),
        ESTATE: resource(ESTATE, ipAddresses=[]),
        FIREWALL: resource(FIREWALL, ipConfigurations=private, firewallPolicy={"id": POLICY.id.upper()}),
    }
    return world


def block(*addresses: str, scope: Literal["cluster", "estate"] = "cluster") -> BlockAddress:
    """Return the action."""
    return BlockAddress("prod", addresses or ("203.0.113.7",), scope)
