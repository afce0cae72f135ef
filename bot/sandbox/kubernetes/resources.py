"""The kinds that this server knows, and what the rules for each depend on."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object as the API serves it.

    `has_status` tells of a status subresource; `counted` of a `metadata.generation` that follows the spec;
    `returned` that a delete answers with the object instead of a `Status`; `label_name` that names are
    DNS-1123 labels rather than subdomains; `custom` of a kind that is there only where it was installed.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    has_status: bool = True
    counted: bool = False
    returned: bool = False
    label_name: bool = False
    custom: bool = False

    @property
    def api_version(self) -> str:
        """`v1`, or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name in messages: `pods`, `networkpolicies.networking.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _core(plural: str, kind: str, **traits: bool) -> Resource:
    return Resource("", "v1", plural, kind, **traits)


def _apps(plural: str, kind: str) -> Resource:
    return Resource("apps", "v1", plural, kind, counted=True)


NAMESPACES: Final = _core("namespaces", "Namespace", namespaced=False, returned=True, label_name=True)
NODES: Final = _core("nodes", "Node", namespaced=False)
PODS: Final = _core("pods", "Pod", counted=True, returned=True)
SERVICES: Final = _core("services", "Service", returned=True, label_name=True)
SERVICE_ACCOUNTS: Final = _core("serviceaccounts", "ServiceAccount", has_status=False, returned=True)
CONFIG_MAPS: Final = _core("configmaps", "ConfigMap", has_status=False)
EVENTS: Final = _core("events", "Event", has_status=False)
DEPLOYMENTS: Final = _apps("deployments", "Deployment")
REPLICA_SETS: Final = _apps("replicasets", "ReplicaSet")
STATEFUL_SETS: Final = _apps("statefulsets", "StatefulSet")
DAEMON_SETS: Final = _apps("daemonsets", "DaemonSet")
JOBS: Final = Resource("batch", "v1", "jobs", "Job", counted=True)
NETWORK_POLICIES: Final = Resource(
    "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", has_status=False, counted=True
)
ENDPOINT_SLICES: Final = Resource(
    "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", has_status=False, counted=True
)
DISRUPTION_BUDGETS: Final = Resource(
    "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", counted=True
)

RESOURCES: Final = (
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
    SERVICE_ACCOUNTS,
    CONFIG_MAPS,
    EVENTS,
    DEPLOYMENTS,
    REPLICA_SETS,
    STATEFUL_SETS,
    DAEMON_SETS,
    JOBS,
    NETWORK_POLICIES,
    ENDPOINT_SLICES,
    DISRUPTION_BUDGETS,
)


def _custom(
    group: str, version: str, *kinds: tuple[str, str, bool], status: bool = False
) -> tuple[Resource, ...]:
    return tuple(
        Resource(group, version, plural, kind, namespaced, has_status=status, counted=True, custom=True)
        for plural, kind, namespaced in kinds
    )


EXTENSIONS: Final = MappingProxyType(
    {
        "cilium": (
            *_custom(
                "cilium.io",
                "v2",
                ("ciliumnetworkpolicies", "CiliumNetworkPolicy", True),
                ("ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy", False),
                ("ciliumendpoints", "CiliumEndpoint", True),
                status=True,
            ),
        ),
        "calico": _custom(
            "projectcalico.org",
            "v3",
            ("networkpolicies", "NetworkPolicy", True),
            ("globalnetworkpolicies", "GlobalNetworkPolicy", False),
            ("tiers", "Tier", False),
            ("networksets", "NetworkSet", True),
            ("globalnetworksets", "GlobalNetworkSet", False),
        ),
        "calico-stored": _custom(
            "crd.projectcalico.org",
            "v1",
            ("networkpolicies", "NetworkPolicy", True),
            ("globalnetworkpolicies", "GlobalNetworkPolicy", False),
            ("networksets", "NetworkSet", True),
            ("globalnetworksets", "GlobalNetworkSet", False),
        ),
    }
)
"""Kinds of network engines by the name that they are installed by, as Cilium 1.19 and Calico 3.28 define them.

Their objects are taken as they are: fields that the real definitions do not know are not dropped.
"""

EVERY: Final = (*RESOURCES, *(resource for some in EXTENSIONS.values() for resource in some))

BY_PATH: Final = MappingProxyType({(r.group, r.version, r.plural): r for r in EVERY})
SELECTABLE: Final = MappingProxyType(
    {
        PODS: frozenset(
            {
                "spec.nodeName",
                "spec.restartPolicy",
                "spec.schedulerName",
                "spec.serviceAccountName",
                "spec.hostNetwork",
                "status.phase",
                "status.podIP",
                "status.nominatedNodeName",
            }
        ),
        NAMESPACES: frozenset({"status.phase"}),
        NODES: frozenset({"spec.unschedulable"}),
        EVENTS: frozenset(
            {"involvedObject.kind", "involvedObject.name", "involvedObject.uid", "reason", "type"}
        ),
    }
)
"""Fields that a fieldSelector may name beside `metadata.name` and `metadata.namespace`."""


def field_names(resource: Resource) -> frozenset[str]:
    """Return the fields that a fieldSelector on this resource may name."""
    always = {"metadata.name"} | ({"metadata.namespace"} if resource.namespaced else set())
    return SELECTABLE.get(resource, frozenset()) | always
