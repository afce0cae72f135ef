"""Rules as ARM writes them, for staging: the bot's own standing denies and what colleagues have."""

from collections.abc import Sequence

from bot.sandbox.azure.errors import Json

EVERYTHING = ("*",)


def network_rule(
    name: str,
    *,
    sources: Sequence[str] = (),
    destinations: Sequence[str] = (),
    ports: Sequence[str] = EVERYTHING,
) -> Json:
    """Return a network rule for any protocol; a side that starts with `/subscriptions/` names IP Groups."""
    return {
        "ruleType": "NetworkRule",
        "name": name,
        "ipProtocols": ["Any"],
        **_side("source", sources),
        **_side("destination", destinations),
        "destinationPorts": list(ports),
    }


def _side(side: str, members: Sequence[str]) -> Json:
    groups = [member for member in members if member.lower().startswith("/subscriptions/")]
    return {f"{side}Addresses": [m for m in members if m not in groups], f"{side}IpGroups": groups}


def filter_collection(name: str, priority: int, action: str, rules: Sequence[Json]) -> Json:
    """Return a filter collection; `action` is Allow or Deny."""
    return {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": name,
        "priority": priority,
        "action": {"type": action},
        "rules": list(rules),
    }
