"""By which view each kind of object is seen."""

from bot.domain.engines.views import DaemonSetView
from bot.domain.posture.views import ClusterRoleBindingView, ClusterRoleView, RoleBindingView, RoleView
from bot.domain.refs import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    DAEMON_SET,
    ENDPOINT_SLICE,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    POD_DISRUPTION_BUDGET,
    REPLICA_SET,
    ROLE,
    ROLE_BINDING,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from bot.domain.views import (
    BudgetView,
    EndpointSliceView,
    Foreign,
    NamespaceView,
    NetworkPolicyView,
    NodeView,
    PodView,
    ReplicaSetView,
    ServiceView,
    StatefulSetView,
)

View = (
    PodView
    | NodeView
    | NamespaceView
    | ServiceView
    | NetworkPolicyView
    | ReplicaSetView
    | StatefulSetView
    | BudgetView
    | DaemonSetView
    | RoleView
    | ClusterRoleView
    | RoleBindingView
    | ClusterRoleBindingView
    | EndpointSliceView
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
    DAEMON_SET: DaemonSetView,
    ENDPOINT_SLICE: EndpointSliceView,
    ROLE: RoleView,
    CLUSTER_ROLE: ClusterRoleView,
    ROLE_BINDING: RoleBindingView,
    CLUSTER_ROLE_BINDING: ClusterRoleBindingView,
}
