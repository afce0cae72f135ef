"""The state behind the double: resources, locks, drafts and running operations."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import uuid4

from bot.sandbox.azure import graph
from bot.sandbox.azure.clock import DoubleClock
from bot.sandbox.azure.faults import Run
from bot.sandbox.azure.operations import Kind, Operation
from bot.sandbox.azure.resources import (
    UPDATING,
    Firewall,
    IpGroup,
    Lock,
    ManagedCluster,
    Policy,
    Resource,
    RuleGroup,
    key,
)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the double behaves; times are in seconds on its own clock unless said otherwise.

    `speed` and `turn_per_poll` move that clock: so many seconds pass in one real second, and at each poll of an
    operation. `retry_after` is sent with running operations, in the client's real seconds; the SDK prefers any value
    but 0 to its own `polling_interval`, so 0 lets a test poll as fast as it likes. `attached_seconds` is within the
    "3-5 minutes on average" of Azure Firewall's known issues; `unattached_seconds` is hashicorp/terraform-provider-azurerm#15440.
    """

    speed: float = 0.0
    turn_per_poll: float = 0.0
    retry_after: int = 0
    honours_if_match: bool = True
    attached_seconds: float = 210.0
    unattached_seconds: float = 8.0
    parallel_ip_groups: int = 20
    page_size: int = 100


class World:
    """Holds what there is. Time passes only in `settle`, which every request begins with."""

    def __init__(self, clock: DoubleClock, behaviour: Behaviour) -> None:
        self.clock = clock
        self.behaviour = behaviour
        self.resources: dict[str, Resource] = {}
        self.managed: dict[str, ManagedCluster] = {}
        self.locks: list[Lock] = []
        self.drafts: dict[str, tuple[RuleGroup, ...]] = {}
        self.operations: dict[str, Operation] = {}

    def store(self, resource: Resource) -> Resource:
        """Keep a resource under a new ETag, as every write and every end of one does."""
        stored = replace(resource, etag=f'W/"{uuid4()}"')
        self.resources[key(stored.id)] = stored
        return stored

    def find(self, resource_id: str) -> Resource | None:
        """Return a resource, or None."""
        return self.resources.get(key(resource_id))

    def running(self) -> list[Operation]:
        """Return the operations that have not ended."""
        return [operation for operation in self.operations.values() if not operation.settled]

    def shown_state(self, resource: Resource) -> str:
        """Return the provisioning state: Updating while any operation touches the resource."""
        touched = any(key(resource.id) in operation.touched for operation in self.running())
        return UPDATING if touched else resource.state

    def blocking(self, changed: IpGroup | RuleGroup) -> Operation | None:
        """Return the operation that a change must wait for.

        "IP Groups in Azure Firewall": up to 20 groups update at once, beside policy updates. Rule groups go one at a
        time per root policy (hashicorp/terraform-provider-azurerm#15440, Azure/ResourceModules#1325).
        """
        row = [o for o in self.running() if o.kind is _kind(changed) and self._same_row(o, changed)]
        own = next((operation for operation in row if operation.target == key(changed.id)), None)
        limit = self.behaviour.parallel_ip_groups if isinstance(changed, IpGroup) else 1
        return own or (row[0] if len(row) >= limit else None)

    def _same_row(self, operation: Operation, changed: IpGroup | RuleGroup) -> bool:
        roots = graph.roots_of(self.resources, changed)
        return operation.target == key(changed.id) or bool(operation.roots & roots)

    def start(self, changed: IpGroup | RuleGroup, run: Run) -> Operation:
        """Begin the operation that follows an accepted write."""
        touched = graph.touched_by(self.resources, changed)
        now = self.clock.now()
        operation = Operation(
            id=str(uuid4()),
            kind=_kind(changed),
            target=key(changed.id),
            roots=graph.roots_of(self.resources, changed),
            touched=frozenset(touched),
            started=now,
            ends=None if run.never_ends else now + self._seconds(touched, run),
            outcome=run.outcome,
            forgotten=run.forgotten,
        )
        self.operations[operation.id] = operation
        return operation

    def _seconds(self, touched: Iterable[str], run: Run) -> float:
        if run.seconds is not None:
            return run.seconds
        attached = any(isinstance(self.resources.get(item), Firewall) for item in touched)
        return self.behaviour.attached_seconds if attached else self.behaviour.unattached_seconds

    def settle(self) -> None:
        """End what is due, in the order in which it ends."""
        now = self.clock.now()
        due = [operation for operation in self.operations.values() if operation.due(now)]
        for operation in sorted(due, key=lambda item: item.ends or 0.0):
            self.operations[operation.id] = replace(operation, settled=True)
            for item in operation.touched:
                self._leave(operation, item)

    def _leave(self, operation: Operation, item: str) -> None:
        resource = self.resources.get(item)
        if resource is not None:
            self.store(replace(resource, state=_state(operation, resource)))


def _kind(changed: IpGroup | RuleGroup) -> Kind:
    return Kind.IP_GROUP if isinstance(changed, IpGroup) else Kind.RULE_GROUP


def _state(operation: Operation, resource: Resource) -> str:
    if isinstance(resource, Policy):
        return operation.outcome.policies
    return operation.outcome.firewalls if isinstance(resource, Firewall) else operation.outcome.target
