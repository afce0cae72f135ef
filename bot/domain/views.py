"""The few fields of outside objects that plans read, decoded straight from the API's bytes."""

import msgspec

from bot.domain.refs import (
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    POD_DISRUPTION_BUDGET,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)

Labels = dict[str, str]


class _View(msgspec.Struct, frozen=True, rename="camel", tag_field="kind"):
    pass


class Owner(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """An entry of ``metadata.ownerReferences``."""

    kind: str
    name: str
    uid: str
    controller: bool = False


class Meta(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``metadata``, as far as plans read it. ``deletion_timestamp`` set means: on its way out."""

    name: str
    uid: str = ""
    namespace: str = ""
    resource_version: str = ""
    labels: Labels = {}
    annotations: Labels = {}
    owner_references: tuple[Owner, ...] = ()
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None

    @property
    def controller(self) -> Owner | None:
        """The owner that made the object, if any."""
        return next((o for o in self.owner_references if o.controller), None)


class Condition(msgspec.Struct, frozen=True, gc=False):
    """A status condition."""

    type: str
    status: str


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """One ``matchExpressions`` entry."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class Selector(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A label selector; the empty one selects everything."""

    match_labels: Labels = {}
    match_expressions: tuple[Requirement, ...] = ()


class SecurityContext(msgspec.Struct, frozen=True, gc=False):
    """A container's ``securityContext``."""

    privileged: bool | None = None


class Container(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A container of a pod."""

    name: str
    image: str = ""
    security_context: SecurityContext | None = None


class PodSpec(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``spec`` of a pod."""

    node_name: str = ""
    host_network: bool = False
    host_pid: bool = msgspec.field(name="hostPID", default=False)
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    service_account_name: str = ""


class PodStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status`` of a pod."""

    phase: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    conditions: tuple[Condition, ...] = ()


class PodView(_View, frozen=True, tag="Pod", gc=False):
    """A pod."""

    metadata: Meta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """Whether the pod says that it is Ready and is not on its way out."""
        told = any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)
        return told and self.metadata.deletion_timestamp is None

    @property
    def ended(self) -> bool:
        """Whether the pod has run to its end, and has no network any more."""
        return self.status.phase in {"Succeeded", "Failed"}


class NodeStatus(msgspec.Struct, frozen=True, gc=False):
    """``status`` of a node."""

    conditions: tuple[Condition, ...] = ()


class NodeView(_View, frozen=True, tag="Node", gc=False):
    """A node."""

    metadata: Meta
    status: NodeStatus = NodeStatus()

    @property
    def ready(self) -> bool:
        """Whether the node says that it is Ready."""
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)


class NamespaceStatus(msgspec.Struct, frozen=True, gc=False):
    """``status`` of a namespace."""

    phase: str = "Active"


class NamespaceView(_View, frozen=True, tag="Namespace", gc=False):
    """A namespace."""

    metadata: Meta
    status: NamespaceStatus = NamespaceStatus()

    @property
    def ending(self) -> bool:
        """Whether it is being deleted: it takes no new objects."""
        return self.status.phase == "Terminating" or self.metadata.deletion_timestamp is not None


class ServiceSpec(msgspec.Struct, frozen=True, gc=False):
    """``spec`` of a Service; ``None`` or an empty selector selects nothing."""

    selector: Labels | None = None


class ServiceView(_View, frozen=True, tag="Service", gc=False):
    """A Service."""

    metadata: Meta
    spec: ServiceSpec = ServiceSpec()


class PolicySpec(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``spec`` of a NetworkPolicy: whom it selects, and how many allow rules it has in each direction."""

    pod_selector: Selector = Selector()
    policy_types: tuple[str, ...] = ()
    ingress: tuple[msgspec.Raw, ...] = ()
    egress: tuple[msgspec.Raw, ...] = ()


class NetworkPolicyView(_View, frozen=True, tag="NetworkPolicy", gc=False):
    """A NetworkPolicy."""

    metadata: Meta
    spec: PolicySpec = PolicySpec()


class ReplicaSpec(msgspec.Struct, frozen=True, gc=False):
    """``spec`` of a ReplicaSet or StatefulSet."""

    replicas: int = 1


class ReplicaSetView(_View, frozen=True, tag="ReplicaSet", gc=False):
    """A ReplicaSet."""

    metadata: Meta
    spec: ReplicaSpec = ReplicaSpec()


class StatefulSetView(_View, frozen=True, tag="StatefulSet", gc=False):
    """A StatefulSet."""

    metadata: Meta
    spec: ReplicaSpec = ReplicaSpec()


class BudgetSpec(msgspec.Struct, frozen=True, gc=False):
    """``spec`` of a PodDisruptionBudget."""

    selector: Selector | None = None


class BudgetStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status`` of a PodDisruptionBudget."""

    disruptions_allowed: int = 0


class BudgetView(_View, frozen=True, tag="PodDisruptionBudget", gc=False):
    """A PodDisruptionBudget."""

    metadata: Meta
    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus = BudgetStatus()


class Foreign(msgspec.Struct, frozen=True, tag_field="kind", tag="Foreign", gc=False):
    """An object of a network engine's API, as its JSON text: decoded by who knows that engine."""

    of: Kind
    body: str


View = (
    PodView
    | NodeView
    | NamespaceView
    | ServiceView
    | NetworkPolicyView
    | ReplicaSetView
    | StatefulSetView
    | BudgetView
    | Foreign
)

VIEWS: dict[Kind, type[View]] = {
    POD: PodView,
    NODE: NodeView,
    NAMESPACE: NamespaceView,
    SERVICE: ServiceView,
    NETWORK_POLICY: NetworkPolicyView,
    REPLICA_SET: ReplicaSetView,
    STATEFUL_SET: StatefulSetView,
    POD_DISRUPTION_BUDGET: BudgetView,
}


def selects(selector: Selector, labels: Labels) -> bool:
    """Whether a label selector matches, by the API reference (an unknown operator matches nothing)."""
    if any(labels.get(k) != v for k, v in selector.match_labels.items()):
        return False
    return all(_meets(r, labels) for r in selector.match_expressions)


def _meets(need: Requirement, labels: Labels) -> bool:
    match need.operator:
        case "In":
            return labels.get(need.key) in need.values
        case "NotIn":
            return labels.get(need.key) not in need.values
        case "Exists":
            return need.key in labels
        case "DoesNotExist":
            return need.key not in labels
        case _:
            return False
