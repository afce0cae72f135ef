"""Evidence of clusters as they are found: one Linux node `n1`, and whatever engine a test puts on it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.domain.engines.evidence import (
    AgentPod,
    AgentProgram,
    AgentSet,
    Evidence,
    NetworkProfile,
    NodeFacts,
    NodeSeen,
    PodsThere,
    Seen,
    flags,
)
from bot.domain.findings import Unseen

NODE = "n1"
GONE = Unseen("it", "forbidden")
PIECES = ("daemon_sets", "pods", "nodes", "serves", "cilium", "overrides", "arm")
SETTINGS = {"enable-policy": "default", "policy-audit-mode": "false", "debug": "false"}
SETS: Mapping[str, tuple[str, str, str]] = {
    "cilium": ("kube-system", "cilium-agent", "quay.io/cilium/cilium:v1.18.6@sha256:00"),
    "calico-node": ("calico-system", "calico-node", "quay.io/calico/node:v3.30.2"),
    "azure-npm": ("kube-system", "azure-npm", "mcr.microsoft.com/containernetworking/azure-npm:v1.6.33"),
    "kube-router": ("kube-system", "kube-router", "docker.io/cloudnativelabs/kube-router:v2.5.0"),
    "kindnet": ("kube-system", "kindnet-cni", "docker.io/kindest/kindnetd:v20250512-df8de77b"),
    "kube-network-policies": (
        "kube-system",
        "kube-network-policies",
        "registry.k8s.io/networking/kube-network-policies:v0.8.1",
    ),
    "antrea-agent": ("kube-system", "antrea-agent", "antrea/antrea-agent-ubuntu:v2.3.0"),
    "ovnkube-node": ("openshift-ovn-kubernetes", "ovnkube-controller", "quay.io/openshift/ovn@sha256:11"),
    "weave-net": ("kube-system", "weave-npc", "weaveworks/weave-npc:2.8.1"),
    "kube-ovn-cni": ("kube-system", "cni-server", "kubeovn/kube-ovn:v1.13.0"),
}


def agents(
    name: str, arguments: tuple[str, ...] = (), env: Mapping[str, str] | None = None, **other: Any
) -> AgentSet:
    """Return the DaemonSet of an agent, as its project installs it."""
    namespace, program, image = SETS[name]
    made = AgentSet(
        namespace=namespace,
        name=name,
        uid=f"uid-{name}",
        labels=(),
        containers=(AgentProgram(program, image, flags(arguments), tuple((env or {}).items())),),
        desired=3,
        ready=3,
    )
    return msgspec.structs.replace(made, **other)


def plumbing(name: str, namespace: str = "kube-system") -> AgentSet:
    """Return the DaemonSet of a network that enforces nothing."""
    return AgentSet(namespace, name, f"uid-{name}", (), (AgentProgram("main", "x:1"),), 3, 3)


def pod_of(owner: AgentSet, *, ready: bool = True) -> AgentPod:
    """Return the agent's pod on the node."""
    images = tuple((program.name, program.image) for program in owner.containers)
    return AgentPod(owner.namespace, f"{owner.name}-x7k2p", owner.uid, ready, images)


def node(kubelet: str = "v1.34.2", os: str = "linux", **labels: str) -> Seen[NodeFacts | None]:
    """Return a node as its kubelet tells of it."""
    named = tuple((key.replace("__", "/").replace("_", "-"), value) for key, value in labels.items())
    return Seen(f"prod: Node {NODE}", NodeFacts(NODE, kubelet, os, named))


def cluster(*sets: AgentSet, on_node: tuple[AgentPod, ...] | None = None, **other: Any) -> Evidence:
    """Return a cluster in which all was seen; unless said otherwise each agent is Ready on the node."""
    pods = on_node if on_node is not None else tuple(pod_of(one) for one in sets)
    places = {one.namespace for one in sets}
    there = (PodsThere(p, NODE, Seen(p, tuple(q for q in pods if q.namespace == p))) for p in sorted(places))
    facts = {
        "daemon_sets": Seen("DaemonSets of the cluster", sets),
        "pods": tuple(there),
        "nodes": (NodeSeen(NODE, other.pop("node", node())),),
        "serves": Seen("API discovery", ()),
        "cilium": Seen("cilium-config", tuple(SETTINGS.items())),
        "overrides": Seen("CiliumNodeConfigs", ()),
        **other,
    }
    return Evidence(**facts)


def arm(policy: str, plugin: str = "azure") -> Seen[NetworkProfile | None]:
    """Return what ARM says."""
    return Seen("ARM managedClusters/prod", NetworkProfile(plugin, "overlay", policy))


def config(**settings: str) -> Seen[tuple[tuple[str, str], ...] | None]:
    """Return Cilium's ConfigMap, with settings over the usual ones."""
    given = SETTINGS | {key.replace("_", "-"): value for key, value in settings.items()}
    return Seen("cilium-config", tuple(given.items()))


def without(evidence: Evidence, piece: str) -> Evidence:
    """Return the evidence with one piece of it unseen."""
    match piece:
        case "pods":
            blind = tuple(PodsThere(p.namespace, p.node, GONE) for p in evidence.pods)
            return msgspec.structs.replace(evidence, pods=blind)
        case "nodes":
            return msgspec.structs.replace(evidence, nodes=(NodeSeen(NODE, GONE),))
        case _:
            return msgspec.structs.replace(evidence, **{piece: GONE})
