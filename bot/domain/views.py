"""The few fields of outside objects that plans read, decoded straight from the API's bytes."""

from functools import cached_property

import msgspec

from bot.domain.refs import Kind
from bot.domain.selectors import Labels, Selector


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


class SecurityContext(msgspec.Struct, frozen=True, gc=False):
    """A container's ``securityContext``."""

    privileged: bool | None = None


class ContainerPort(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A port that a container declares; only its name means anything to policies."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"


class Container(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A container of a pod. An init container that restarts always runs beside the others (a sidecar)."""

    name: str
    image: str = ""
    security_context: SecurityContext | None = None
    ports: tuple[ContainerPort, ...] = ()
    restart_policy: str = ""


class PodSpec(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``spec`` of a pod."""

    node_name: str = ""
    host_network: bool = False
    host_pid: bool = msgspec.field(name="hostPID", default=False)
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    service_account_name: str = ""


class PodAddress(msgspec.Struct, frozen=True, gc=False):
    """An entry of ``status.podIPs``."""

    ip: str = ""


class PodStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status`` of a pod."""

    phase: str = ""
    host_ip: str = msgspec.field(name="hostIP", default="")
    pod_ip: str = msgspec.field(name="podIP", default="")
    pod_ips: tuple[PodAddress, ...] = msgspec.field(name="podIPs", default=())
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


class NodeAddress(msgspec.Struct, frozen=True, gc=False):
    """An entry of ``status.addresses``: also names, which are no addresses."""

    type: str
    address: str


class NodeInfo(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status.nodeInfo`` of a node."""

    kubelet_version: str = ""
    operating_system: str = ""


class NodeStatus(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """``status`` of a node."""

    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    node_info: NodeInfo = NodeInfo()


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
    """``spec`` of a Service; ``None`` or an empty selector selects nothing. ``addresses`` may hold ``None`` as a word."""

    selector: Labels | None = None
    addresses: tuple[str, ...] = msgspec.field(name="clusterIPs", default=())


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

    @property
    def governs(self) -> tuple[str, ...]:
        """Its directions: without ``policyTypes`` ingress always, egress only with egress rules (API reference)."""
        return self.policy_types or (("Ingress", "Egress") if self.egress else ("Ingress",))


class NetworkPolicyView(_View, frozen=True, tag="NetworkPolicy", dict=True):
    """A NetworkPolicy. ``raw`` is its spec as it came: `bot.domain.network_policies` reads it whole."""

    metadata: Meta
    raw: msgspec.Raw = msgspec.field(name="spec", default=msgspec.Raw(b"{}"))

    def __post_init__(self) -> None:
        """Raise ``msgspec.ValidationError`` for a spec that is none, which fails the reading of its bytes."""
        _ = self.spec

    @cached_property
    def spec(self) -> PolicySpec:
        """Whom it selects, and how many rules it has: read once, for a plan asks it of all policies of a cluster."""
        return msgspec.json.decode(self.raw, type=PolicySpec)


class ReplicaSpec(msgspec.Struct, frozen=True, gc=False):
    """``spec`` of a ReplicaSet or StatefulSet."""

    replicas: int = 1
    selector: Selector | None = None


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


class SliceEndpoint(msgspec.Struct, frozen=True, gc=False):
    """One endpoint of an EndpointSlice."""

    addresses: tuple[str, ...] = ()


class SlicePort(msgspec.Struct, frozen=True, gc=False):
    """A port of an EndpointSlice."""

    port: int | None = None
    protocol: str = "TCP"


class EndpointSliceView(_View, frozen=True, tag="EndpointSlice", gc=False):
    """An EndpointSlice: what stands behind a Service."""

    metadata: Meta
    endpoints: tuple[SliceEndpoint, ...] | None = ()
    ports: tuple[SlicePort, ...] | None = ()


class _Anything(msgspec.Struct, frozen=True, gc=False):
    metadata: Meta


class Foreign(msgspec.Struct, frozen=True, tag_field="kind", tag="Foreign", gc=False):
    """An object of a network engine's API, as its JSON text: decoded by who knows that engine."""

    of: Kind
    body: str

    @property
    def metadata(self) -> Meta:
        """What every object has. Raises ``msgspec.ValidationError`` where it cannot be understood."""
        return msgspec.json.decode(self.body, type=_Anything).metadata
