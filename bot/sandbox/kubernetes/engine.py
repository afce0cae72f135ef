"""The network engine of the story's cluster: Calico by its operator, or Cilium; an agent on every node, its API served."""

from typing import Final

from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.resources import CONFIG_MAPS, EXTENSIONS
from bot.sandbox.kubernetes.workloads import REGISTRY, PodShape

HOME: Final = "calico-system"
AGENT: Final = "calico-node"
VERSION: Final = "v3.30.2"
DEFAULT_ORDER: Final = 1_000_000
"""Where Calico puts its tier ``default`` (docs.tigera.io, "Tier")."""

_TIERS: Final = next(kind for kind in EXTENSIONS["calico"] if kind.plural == "tiers")


def stage_engine(cluster: ClusterDouble) -> None:
    """
    Add the agents, the API and the default tier; the nodes must be there.

    Nothing here moves packets: what the policies amount to is computed by whoever looks.
    """
    cluster.install("calico")
    cluster.add_namespace(HOME)
    shape = PodShape(
        f"{REGISTRY}/calico/node:{VERSION}", 9099, host_network=True, privileged=True, container=AGENT
    )
    cluster.add_daemon_set(HOME, AGENT, labels={"k8s-app": AGENT}, shape=shape)
    cluster.add_object(_TIERS, {"metadata": {"name": "default"}, "spec": {"order": DEFAULT_ORDER}})


def stage_cilium(cluster: ClusterDouble) -> None:
    """Add Cilium's agents, their settings and its API; it keeps no CiliumEndpoints, as ``disable-endpoint-crd`` has it."""
    cluster.install("cilium")
    settings = {"enable-policy": "default", "disable-endpoint-crd": "true"}
    cluster.add_object(
        CONFIG_MAPS, {"metadata": {"name": "cilium-config", "namespace": "kube-system"}, "data": settings}
    )
    shape = PodShape(
        "quay.io/cilium/cilium:v1.18.6", 9879, host_network=True, privileged=True, container="cilium-agent"
    )
    cluster.add_daemon_set("kube-system", "cilium", labels={"k8s-app": "cilium"}, shape=shape)
