"""Setting the scene, and the hands of colleagues: changes that come from nowhere near the bot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.sandbox.azure import graph
from bot.sandbox.azure.errors import Json
from bot.sandbox.azure.faults import Run
from bot.sandbox.azure.operations import Operation
from bot.sandbox.azure.resources import Firewall, IpGroup, Lock, ManagedCluster, Policy, RuleGroup, key
from bot.sandbox.azure.world import World

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
RESOURCE_GROUP = "rg-network"
REGION = "westeurope"
Found = TypeVar("Found", Policy, RuleGroup, IpGroup, Firewall)


class Stage:
    """Puts resources into one resource group, at once and without an operation. Every `add_` returns the ARM id.

    Raises KeyError where a change names a resource that is not there: a stage that is wrong stops the test.
    """

    def __init__(
        self, world: World, subscription: str = SUBSCRIPTION, resource_group: str = RESOURCE_GROUP
    ) -> None:
        self._world = world
        self.scope = f"/subscriptions/{subscription}/resourceGroups/{resource_group}"

    def add_policy(
        self,
        name: str,
        *,
        base: str | None = None,
        afc_managed: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Add a firewall policy; `base` is the id of its parent."""
        policy_id = self._id("firewallPolicies", name)
        policy = Policy(id=policy_id, location=REGION, base=base, afc_managed=afc_managed, tags=tags or {})
        return self._world.store(policy).id

    def add_rule_group(
        self, policy: str, name: str, *, priority: int, collections: Sequence[Json] = ()
    ) -> str:
        """Add a rule collection group to a policy; `rules.py` makes the collections."""
        self._find(policy, Policy)
        group_id = f"{policy}/ruleCollectionGroups/{name}"
        return self._world.store(RuleGroup(id=group_id, priority=priority, collections=tuple(collections))).id

    def add_ip_group(
        self, name: str, addresses: Sequence[str] = (), *, tags: Mapping[str, str] | None = None
    ) -> str:
        """Add an IP Group."""
        group_id = self._id("ipGroups", name)
        group = IpGroup(id=group_id, location=REGION, addresses=tuple(addresses), tags=tags or {})
        return self._world.store(group).id

    def add_firewall(self, name: str, *, policy: str | None, private_address: str = "10.0.0.4") -> str:
        """Add a firewall that runs a policy; None makes it a classic one."""
        firewall_id = self._id("azureFirewalls", name)
        firewall = Firewall(id=firewall_id, location=REGION, policy=policy, private_address=private_address)
        return self._world.store(firewall).id

    def add_managed_cluster(self, name: str, *, plugin: str = "azure", policy: str | None = None) -> str:
        """Add an AKS cluster with its network plugin and its policy engine; None is what ARM leaves out."""
        place = f"{self.scope}/providers/Microsoft.ContainerService/managedClusters/{name}"
        cluster = ManagedCluster(id=place, location=REGION, plugin=plugin, policy=policy)
        self._world.managed[key(place)] = cluster
        return place

    def add_lock(self, scope: str, level: str = "ReadOnly", name: str = "keep", notes: str = "") -> None:
        """Lock a resource, a resource group or a subscription; `level` is ReadOnly or CanNotDelete."""
        self._world.locks.append(Lock(scope=scope, name=name, level=level, notes=notes))

    def remove_locks(self, scope: str) -> None:
        """Remove the locks that stand exactly here."""
        self._world.locks[:] = [lock for lock in self._world.locks if key(lock.scope) != key(scope)]

    def edit_ip_group(self, ip_group: str, addresses: Sequence[str], *, seconds: float = 0.0) -> None:
        """Write the whole list as a colleague; with `seconds` the update shows Updating for so long."""
        group = replace(self._find(ip_group, IpGroup), addresses=tuple(addresses))
        self._world.store(group)
        if seconds:
            self._world.start(group, Run(seconds=seconds))

    def edit_rule_group(self, rule_group: str, collections: Sequence[Json], *, seconds: float = 0.0) -> None:
        """Write the rules of a group as a colleague; with `seconds` the policy is busy for so long."""
        group = replace(self._find(rule_group, RuleGroup), collections=tuple(collections))
        self._world.store(group)
        if seconds:
            self._world.start(group, Run(seconds=seconds))

    def reparent(self, policy: str, base: str | None) -> None:
        """Put a policy under another parent, or under none."""
        self._world.store(replace(self._find(policy, Policy), base=base))

    def stage_draft(self, policy: str) -> None:
        """Open a draft: a copy of the rules as they are now."""
        groups = graph.rule_groups(self._world.resources, self._find(policy, Policy).id)
        self._world.drafts[key(policy)] = tuple(groups)

    def deploy_draft(self, policy: str) -> None:
        """Deploy the draft: what the rules became since it was opened is lost ("Draft and deploy changes")."""
        cloned = self._world.drafts.pop(key(policy))
        for group in list(graph.rule_groups(self._world.resources, policy)):
            del self._world.resources[key(group.id)]
        for group in cloned:
            self._world.store(group)

    def set_state(self, resource: str, state: str) -> None:
        """Leave a resource in a provisioning state, such as Failed."""
        self._world.store(replace(self._world.resources[key(resource)], state=state))

    def remove(self, resource: str) -> None:
        """Delete a resource; what stood in it goes too."""
        del self._world.resources[key(resource)]
        for name in [name for name in self._world.resources if name.startswith(key(resource) + "/")]:
            del self._world.resources[name]

    def forget_operations(self) -> None:
        """Let every operation's URL answer 404, as Azure does when it has been long; updates still running go on."""
        forgotten: dict[str, Operation] = {
            name: replace(operation, forgotten=True) for name, operation in self._world.operations.items()
        }
        self._world.operations.update(forgotten)

    def _id(self, kind: str, name: str) -> str:
        return f"{self.scope}/providers/Microsoft.Network/{kind}/{name}"

    def _find(self, resource_id: str, kind: type[Found]) -> Found:
        resource = self._world.resources[key(resource_id)]
        if not isinstance(resource, kind):
            raise KeyError(resource_id)
        return resource
