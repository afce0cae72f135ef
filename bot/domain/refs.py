"""Names of things outside: Kubernetes objects and ARM resources."""

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """A Kubernetes resource type, as API discovery names it (group ``""`` is the core group)."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``v1`` or ``group/v1``, as written in manifests."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """``pods`` or ``networkpolicies.networking.k8s.io``, as kubectl names it without ambiguity."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


POD = Kind("", "v1", "pods", "Pod")
NODE = Kind("", "v1", "nodes", "Node", namespaced=False)
NAMESPACE = Kind("", "v1", "namespaces", "Namespace", namespaced=False)
SERVICE = Kind("", "v1", "services", "Service")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
REPLICA_SET = Kind("apps", "v1", "replicasets", "ReplicaSet")
STATEFUL_SET = Kind("apps", "v1", "statefulsets", "StatefulSet")
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment")
DAEMON_SET = Kind("apps", "v1", "daemonsets", "DaemonSet")
JOB = Kind("batch", "v1", "jobs", "Job")
EVENT = Kind("", "v1", "events", "Event")
POD_LOG = Kind("", "v1", "pods/log", "Pod")
POD_DISRUPTION_BUDGET = Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")

KINDS: tuple[Kind, ...] = (
    POD,
    NODE,
    NAMESPACE,
    SERVICE,
    NETWORK_POLICY,
    REPLICA_SET,
    STATEFUL_SET,
    POD_DISRUPTION_BUDGET,
)

CAPTURED: tuple[Kind, ...] = (DEPLOYMENT, DAEMON_SET, JOB, EVENT, POD_LOG)
"""Kinds that no plan reads, only the capture of evidence."""


class KubeRef(msgspec.Struct, frozen=True, tag="kubernetes"):
    """One object of one cluster; ``namespace`` is empty for cluster-scoped kinds."""

    cluster: str
    kind: Kind
    namespace: str
    name: str

    @property
    def system(self) -> str:
        """Which outside system answers for it."""
        return f"kubernetes:{self.cluster}"

    def __str__(self) -> str:
        """How people read it: ``prod: NetworkPolicy payments/firebreak-fb-7k3q-0``."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.cluster}: {self.kind.kind} {place}"


class ArmRef(msgspec.Struct, frozen=True, tag="azure"):
    """One ARM resource by its full id, in the case that ARM returned it."""

    id: str

    @property
    def system(self) -> str:
        """Which outside system answers for it."""
        return "azure"

    @property
    def name(self) -> str:
        """The last segment of the id."""
        return self.id.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        """How people read it: ``ipGroups/ir-block-prod``."""
        return "/".join(self.id.rsplit("/", 2)[-2:])


Ref = KubeRef | ArmRef
