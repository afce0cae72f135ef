"""Who depends on whom: parents, children, firewalls and IP Groups, computed from the resources at each question.

Azure keeps these as back-references on the resources; computing them means that they are never out of step.
"""

from collections.abc import Iterable, Iterator

from bot.sandbox.azure.errors import Json
from bot.sandbox.azure.resources import Firewall, IpGroup, Policy, Resources, RuleGroup, key

_IP_GROUP_FIELDS = ("sourceIpGroups", "destinationIpGroups")


def policies(resources: Resources) -> Iterator[Policy]:
    """Yield every policy."""
    return (resource for resource in resources.values() if isinstance(resource, Policy))


def rule_groups(resources: Resources, policy_id: str) -> Iterator[RuleGroup]:
    """Yield the rule groups that stand in one policy."""
    groups = (resource for resource in resources.values() if isinstance(resource, RuleGroup))
    return (group for group in groups if key(group.policy) == key(policy_id))


def children(resources: Resources, policy_id: str) -> Iterator[Policy]:
    """Yield the policies whose parent this is."""
    return (policy for policy in policies(resources) if policy.base and key(policy.base) == key(policy_id))


def root_of(resources: Resources, policy_id: str) -> str:
    """Return the key of the parent-most policy; a ring of parents ends where it closes."""
    seen = [key(policy_id)]
    while isinstance(policy := resources.get(seen[-1]), Policy) and policy.base:
        if key(policy.base) in seen:
            break
        seen.append(key(policy.base))
    return seen[-1]


def with_descendants(resources: Resources, policy_ids: Iterable[str]) -> set[str]:
    """Return the keys of these policies and of everything that inherits from them."""
    found: set[str] = set()
    waiting = [key(policy_id) for policy_id in policy_ids]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += [key(child.id) for child in children(resources, current)]
    return found


def firewalls_of(resources: Resources, policy_ids: Iterable[str]) -> list[Firewall]:
    """Return the firewalls that run one of these policies themselves."""
    wanted = {key(policy_id) for policy_id in policy_ids}
    firewalls = (resource for resource in resources.values() if isinstance(resource, Firewall))
    return [firewall for firewall in firewalls if firewall.policy and key(firewall.policy) in wanted]


def referenced_ip_groups(collections: Iterable[Json]) -> set[str]:
    """Return the ids of the IP Groups that rules name, as they were written."""
    rules = (rule for collection in collections for rule in collection.get("rules") or [])
    return {group for rule in rules for field in _IP_GROUP_FIELDS for group in rule.get(field) or []}


def users_of(resources: Resources, ip_group_id: str) -> list[Policy]:
    """Return the policies whose own rules name this IP Group."""
    return [policy for policy in policies(resources) if _names(resources, policy, key(ip_group_id))]


def _names(resources: Resources, policy: Policy, wanted: str) -> bool:
    groups = rule_groups(resources, policy.id)
    return any(wanted in {key(name) for name in referenced_ip_groups(group.collections)} for group in groups)


def firewalls_using(resources: Resources, ip_group_id: str) -> list[Firewall]:
    """Return the firewalls that an IP Group reaches: through a policy of their own or one that they inherit."""
    using = with_descendants(resources, (policy.id for policy in users_of(resources, ip_group_id)))
    return firewalls_of(resources, using)


def ip_groups_of(resources: Resources, firewall: Firewall) -> list[IpGroup]:
    """Return the IP Groups that reach a firewall."""
    groups = (resource for resource in resources.values() if isinstance(resource, IpGroup))
    return [group for group in groups if firewall in firewalls_using(resources, group.id)]


def touched_by(resources: Resources, changed: IpGroup | RuleGroup) -> set[str]:
    """Return the keys of all that shows Updating while this changes: itself, policies, firewalls."""
    users = (
        [changed.policy]
        if isinstance(changed, RuleGroup)
        else [p.id for p in users_of(resources, changed.id)]
    )
    reached = with_descendants(resources, users)
    return {key(changed.id)} | reached | {key(firewall.id) for firewall in firewalls_of(resources, reached)}


def roots_of(resources: Resources, changed: IpGroup | RuleGroup) -> frozenset[str]:
    """Return the keys of the root policies whose row of updates this change stands in."""
    users = (
        [changed.policy]
        if isinstance(changed, RuleGroup)
        else [p.id for p in users_of(resources, changed.id)]
    )
    return frozenset(root_of(resources, user) for user in users)
