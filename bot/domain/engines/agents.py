"""
The agents of the engines that are known, as data: by which DaemonSet, container and namespace one recognises them.

Sources: the manifests and charts of each project; for AKS "Container network interface (CNI) networking overview" and
Microsoft Defender's own check ("Investigate and respond to container threats": k8s-app in azure-npm, calico-node,
cilium, aws-node).
"""

import re
from typing import Final

import msgspec

from bot.domain.engines.engine import EngineName
from bot.domain.engines.evidence import AgentProgram, AgentSet
from bot.domain.reading import cut

_SYSTEM: Final = "kube-system"


class Agent(msgspec.Struct, frozen=True):
    """
    How an engine's agent looks: a DaemonSet of one of the ``names`` or ``labels`` that runs one of the ``programs``.

    ``homes`` are the namespaces where it is usually installed: elsewhere the same name proves nothing, since whoever
    may create DaemonSets in a namespace may call one as he likes.
    """

    engine: EngineName
    names: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    programs: tuple[str, ...]
    homes: tuple[str, ...] = (_SYSTEM,)
    windows: bool = False
    product: str = ""


AGENTS: Final = (
    Agent(
        EngineName.CILIUM,
        ("cilium", "anetd"),
        (("k8s-app", "cilium"),),
        ("cilium-agent",),
        (_SYSTEM, "cilium", "cilium-system"),
    ),
    Agent(
        EngineName.CALICO,
        ("calico-node", "canal", "rke2-canal"),
        (("k8s-app", "calico-node"), ("k8s-app", "canal")),
        ("calico-node",),
        (_SYSTEM, "calico-system"),
    ),
    Agent(
        EngineName.CALICO,
        ("calico-node-windows",),
        (("k8s-app", "calico-node-windows"),),
        ("felix", "calico-node-felix"),
        (_SYSTEM, "calico-system"),
        windows=True,
    ),
    Agent(EngineName.AZURE_NPM, ("azure-npm",), (("k8s-app", "azure-npm"),), ("azure-npm",)),
    Agent(
        EngineName.AZURE_NPM,
        ("azure-npm-win",),
        (("k8s-app", "azure-npm"),),
        ("azure-npm",),
        windows=True,
    ),
    Agent(EngineName.KUBE_ROUTER, ("kube-router",), (("k8s-app", "kube-router"),), ("kube-router",)),
    Agent(EngineName.KINDNET, ("kindnet",), (("app", "kindnet"),), ("kindnet-cni",)),
    Agent(
        EngineName.KINDNET,
        ("kube-network-policies",),
        (("app", "kube-network-policies"), ("k8s-app", "kube-network-policies")),
        ("kube-network-policies",),
    ),
    Agent(EngineName.ANTREA, ("antrea-agent",), (("component", "antrea-agent"),), ("antrea-agent",)),
    Agent(
        EngineName.OVN,
        ("ovnkube-node",),
        (("app", "ovnkube-node"), ("name", "ovnkube-node")),
        ("ovnkube-controller", "ovnkube-node", "ovn-controller"),
        ("openshift-ovn-kubernetes", "ovn-kubernetes"),
    ),
    Agent(
        EngineName.AWS,
        ("aws-node",),
        (("k8s-app", "aws-node"),),
        ("aws-eks-nodeagent", "aws-network-policy-agent"),
    ),
    Agent(EngineName.WEAVE, ("weave-net",), (("name", "weave-net"),), ("weave-npc",)),
    Agent(
        EngineName.OTHER,
        ("kube-ovn-cni",),
        (("app", "kube-ovn-cni"),),
        ("cni-server",),
        (_SYSTEM, "kube-ovn"),
        product="Kube-OVN",
    ),
    Agent(
        EngineName.OTHER, ("sdn",), (("app", "sdn"),), ("sdn",), ("openshift-sdn",), product="OpenShift SDN"
    ),
    Agent(
        EngineName.OTHER,
        ("romana-agent",),
        (("k8s-app", "romana-agent"),),
        ("romana-agent",),
        product="Romana",
    ),
    Agent(
        EngineName.OTHER,
        ("terway-eniip", "terway-eni", "terway"),
        (("app", "terway-eniip"), ("app", "terway")),
        ("policy", "terway"),
        product="Terway",
    ),
)

PLUMBING: Final = {
    "kube-flannel-ds": "Flannel carries packets and enforces no policy",
    "kube-flannel": "Flannel carries packets and enforces no policy",
    "azure-cns": "Azure CNI carries packets and enforces no policy by itself",
    "aws-node": "the VPC CNI carries packets; its policy agent is not part of it here",
}
"""DaemonSets of networks that are known to enforce nothing by themselves."""

PLUMBED: Final = (_SYSTEM, "kube-flannel")
"""Where such networks are installed."""

GROUPS: Final = {
    EngineName.CILIUM: "cilium.io",
    EngineName.CALICO: "projectcalico.org",
    EngineName.ANTREA: "crd.antrea.io",
}
"""API groups of engines: their CRDs outlive them."""

_TAG: Final = re.compile(r":v?([0-9][A-Za-z0-9._+-]*)$")


def recognised(agents: AgentSet) -> tuple[Agent, AgentProgram] | None:
    """Return whose agent a DaemonSet is, and the container that enforces; ``None`` for any other. Its name counts first."""
    named = [agent for agent in AGENTS if agents.name in agent.names]
    labelled = [agent for agent in AGENTS if any(label in agents.labels for label in agent.labels)]
    for agent in named or labelled:
        program = next((p for p in agents.containers if p.name in agent.programs), None)
        if program is not None:
            return agent, program
    return None


def version_of(image: str) -> str:
    """Return the version that an image's tag tells: ``1.18.6-5``; empty where it has none, as with a digest alone."""
    found = _TAG.search(image.partition("@")[0].rpartition("/")[2])
    return cut(found[1], 64) if found else ""


def numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, to compare by; empty for none."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part[:9]) for part in found[0].split(".")) if found else ()


def kindnet_enforces(version: str) -> bool | None:
    """
    Whether a kindnet of this version enforces policies; ``None`` for a version that does not tell.

    The one in kind does since v0.24.0, whose image is v20240813 (kubernetes-sigs/kind#3612), the one on its own
    since 1.3.0 (github.com/aojea/kindnet, releases).
    """
    found = numbers(version)
    if not found:
        return None
    return found[0] >= 20240813 if found[0] > 20000000 else found >= (1, 3)
