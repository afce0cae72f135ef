"""What a PUT may carry: read into resources, or refused.

Which word the provider has for each slip is mostly unknown; that it refuses is documented: IP Groups take IPv4
addresses, CIDRs and ranges, 5,000 at most ("IP Groups in Azure Firewall"), rule groups take priorities 100 to 65000.
"""

import ipaddress
from typing import Any

from bot.sandbox.azure import graph
from bot.sandbox.azure.errors import Json, invalid
from bot.sandbox.azure.resources import IpGroup, Resources, RuleGroup, key

MOST_ADDRESSES = 5000
_READ_ONLY = {"id", "name", "type", "etag"}
_IP_GROUP_PROPERTIES = {"ipAddresses", "provisioningState", "firewalls", "firewallPolicies"}
_RULE_GROUP_PROPERTIES = {"priority", "ruleCollections", "provisioningState", "size"}


def ip_group(resource_id: str, body: Any, existing: IpGroup | None) -> IpGroup:
    """Return the IP Group that a whole-object PUT asks for: what it leaves out is gone."""
    document = _object(body, _READ_ONLY | {"location", "tags", "properties"})
    properties = _object(document.get("properties", {}), _IP_GROUP_PROPERTIES)
    location = document.get("location")
    if not isinstance(location, str) or not location:
        raise invalid("The location property is required for this definition.", "LocationRequired")
    if existing is not None and region(location) != region(existing.location):
        raise invalid("The resource already exists in another location.", "InvalidResourceLocation")
    return IpGroup(
        id=existing.id if existing else resource_id,
        location=existing.location if existing else location,
        addresses=_addresses(properties.get("ipAddresses", [])),
        tags=tags(document.get("tags", {})),
    )


def rule_group(resource_id: str, body: Any, resources: Resources) -> RuleGroup:
    """Return the rule group that a whole-object PUT asks for."""
    document = _object(body, _READ_ONLY | {"properties"})
    properties = _object(document.get("properties", {}), _RULE_GROUP_PROPERTIES)
    priority = properties.get("priority")
    if not isinstance(priority, int) or not 100 <= priority <= 65000:
        raise invalid("The priority must be between 100 and 65000.")
    group = RuleGroup(id=resource_id, priority=priority, collections=_collections(properties))
    for name in sorted(graph.referenced_ip_groups(group.collections)):
        if key(name) not in resources:
            message = f"Resource {name} referenced by resource {resource_id} was not found."
            raise invalid(message, "InvalidResourceReference")
    return group


def tags(value: Any) -> dict[str, str]:
    """Return tags, refusing anything but strings."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise invalid("Tags are names with text.")
    return dict(value)


def tags_only(body: Any) -> dict[str, str]:
    """Return the tags of a PATCH. Azure's body is `{"tags"}`; anything else is refused so that no caller relies on it."""
    return tags(_object(body, {"tags"}).get("tags", {}))


def _object(value: Any, known: set[str]) -> Json:
    if not isinstance(value, dict):
        raise invalid(
            "The request content was invalid and could not be deserialized.", "InvalidRequestContent"
        )
    if unknown := sorted(set(value) - known):
        raise invalid(f"Could not find member '{unknown[0]}' on object of this type.")
    return value


def region(location: str) -> str:
    """Return a region as ARM compares it: "West Europe" is westeurope."""
    return location.replace(" ", "").lower()


def _addresses(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_ADDRESSES:
        raise invalid(f"ipAddresses is a list of at most {MOST_ADDRESSES} entries.")
    for entry in value:
        if not isinstance(entry, str) or not _is_ipv4(entry):
            raise invalid(f"'{entry}' is not an IPv4 address, prefix or range.")
    return tuple(value)


def _is_ipv4(entry: str) -> bool:
    first, dash, last = entry.partition("-")
    try:
        if dash:
            return ipaddress.IPv4Address(first) <= ipaddress.IPv4Address(last)
        ipaddress.IPv4Network(entry, strict=False)
    except ValueError:
        return False
    return True


def _collections(properties: Json) -> tuple[Json, ...]:
    value = properties.get("ruleCollections", [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid("ruleCollections is a list of rule collections.")
    if any("ruleCollectionType" not in item for item in value):
        raise invalid("A rule collection names its ruleCollectionType.")
    return tuple(value)
