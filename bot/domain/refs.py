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
    def served(self) -> str:
        """``cilium.io/v2/ciliumnetworkpolicies``, as ``Discovered.serves`` lists what a cluster serves."""
        return f"{self.api_version}/{self.plural}"

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
ENDPOINT_SLICE = Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")

ROLE = Kind("rbac.authorization.k8s.io", "v1", "roles", "Role")
CLUSTER_ROLE = Kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE_BINDING = Kind(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)

RIGHTS: tuple[Kind, ...] = (ROLE, CLUSTER_ROLE, ROLE_BINDING, CLUSTER_ROLE_BINDING)
"""Who may do what. No action needs them: only ``/ir posture`` reads them, where the bot is allowed to."""

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

CILIUM_POLICY = Kind("cilium.io", "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy")
CILIUM_CLUSTERWIDE_POLICY = Kind(
    "cilium.io", "v2", "ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy", namespaced=False
)
CILIUM_ENDPOINT = Kind("cilium.io", "v2", "ciliumendpoints", "CiliumEndpoint")
CILIUM_NODE_CONFIG = Kind("cilium.io", "v2", "ciliumnodeconfigs", "CiliumNodeConfig")
CILIUM_NODE_CONFIG_ALPHA = Kind("cilium.io", "v2alpha1", "ciliumnodeconfigs", "CiliumNodeConfig")
CALICO_POLICY = Kind("projectcalico.org", "v3", "networkpolicies", "NetworkPolicy")
CALICO_GLOBAL_POLICY = Kind(
    "projectcalico.org", "v3", "globalnetworkpolicies", "GlobalNetworkPolicy", namespaced=False
)
CALICO_TIER = Kind("projectcalico.org", "v3", "tiers", "Tier", namespaced=False)
CALICO_NETWORK_SET = Kind("projectcalico.org", "v3", "networksets", "NetworkSet")
CALICO_GLOBAL_NETWORK_SET = Kind(
    "projectcalico.org", "v3", "globalnetworksets", "GlobalNetworkSet", namespaced=False
)
CALICO_STORED_POLICY = Kind("crd.projectcalico.org", "v1", "networkpolicies", "NetworkPolicy")
CALICO_STORED_GLOBAL_POLICY = Kind(
    "crd.projectcalico.org", "v1", "globalnetworkpolicies", "GlobalNetworkPolicy", namespaced=False
)
CALICO_STORED_TIER = Kind("crd.projectcalico.org", "v1", "tiers", "Tier", namespaced=False)
CALICO_STORED_NETWORK_SET = Kind("crd.projectcalico.org", "v1", "networksets", "NetworkSet")
CALICO_STORED_GLOBAL_NETWORK_SET = Kind(
    "crd.projectcalico.org", "v1", "globalnetworksets", "GlobalNetworkSet", namespaced=False
)
ADMIN_POLICY = Kind(
    "policy.networking.k8s.io", "v1alpha1", "adminnetworkpolicies", "AdminNetworkPolicy", namespaced=False
)
BASELINE_ADMIN_POLICY = Kind(
    "policy.networking.k8s.io",
    "v1alpha1",
    "baselineadminnetworkpolicies",
    "BaselineAdminNetworkPolicy",
    namespaced=False,
)
CLUSTER_POLICY = Kind(
    "policy.networking.k8s.io", "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy", namespaced=False
)

API_SERVICE = Kind("apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False)
AWS_GROUP = "networking.k8s.aws"
"""Where AWS keeps what its agents read, and policies of its own."""

RULING_KINDS: tuple[Kind, ...] = (
    CILIUM_POLICY,
    CILIUM_CLUSTERWIDE_POLICY,
    CALICO_POLICY,
    CALICO_GLOBAL_POLICY,
    CALICO_TIER,
    CALICO_NETWORK_SET,
    CALICO_GLOBAL_NETWORK_SET,
    CALICO_STORED_POLICY,
    CALICO_STORED_GLOBAL_POLICY,
    CALICO_STORED_TIER,
    CALICO_STORED_NETWORK_SET,
    CALICO_STORED_GLOBAL_NETWORK_SET,
    ADMIN_POLICY,
    BASELINE_ADMIN_POLICY,
    CLUSTER_POLICY,
)
"""Policies of network engines, and what policies name."""

ENGINE_KINDS: tuple[Kind, ...] = (
    *RULING_KINDS,
    CILIUM_ENDPOINT,
    CILIUM_NODE_CONFIG,
    CILIUM_NODE_CONFIG_ALPHA,
)
"""Kinds of network engines, in clusters that serve them. They are listed as they are (``views.Foreign``)."""


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
