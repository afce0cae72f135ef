"""
The limits of engines that only know allows: what another policy lets through, they cannot take back.

Each limit has its source, a document or a file of the engine's own code. What no source tells is said to be unknown.
"""

from typing import Final

from bot.domain.engines.limit import (
    K8S,
    Beyond,
    Cut,
    Delay,
    Established,
    Hole,
    Limits,
    Peer,
    Saying,
    Unpoliced,
    Way,
    from_node,
    icmp,
    kept,
    matches,
    no_deny,
    node_both,
    unsaid,
)

_SPEC: Final = "the API allows all that comes from the node a pod runs on, probes too"
_AKS: Final = "learn.microsoft.com/azure/aks"
_ROUTER: Final = ("github.com/cloudnativelabs/kube-router: pkg/controllers/netpol, docs/troubleshoot.md",)
_KNP: Final = ("github.com/kubernetes-sigs/kube-network-policies: pkg/dataplane/controller.go",)
_AWS: Final = ("docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html",)
_AWS_STATE: Final = ("github.com/aws/aws-network-policy-agent/issues/650",)
_NPM: Final = ("github.com/Azure/azure-container-networking: npm/pkg/dataplane/policies",)
_NPM_DOC: Final = (f"{_AKS}/use-network-policies",)


_ROUTER_HOLES: Final = (
    from_node("packets from the node's own addresses are always accepted", _ROUTER),
    Hole(
        Way.OUT,
        Peer.NODE_PORT,
        Saying(
            "node-port",
            "it can still reach NodePorts and service addresses on its node",
            "the NodePort range and service addresses are accepted on the way into the node, before policies",
            _ROUTER,
        ),
    ),
    icmp(
        "echo requests, unreachable and time exceeded are always accepted: a tunnel through ping stays open",
        _ROUTER,
    ),
)

KUBE_ROUTER: Final = Limits(
    deny=no_deny("kube-router", _ROUTER),
    established=kept(_ROUTER),
    delay=Delay(
        None,
        300,
        Saying(
            "bites-late",
            "bites at once, or within 5 min",
            "it acts on each change, and anew every --iptables-sync-period (5 min) where it missed one",
            ("github.com/cloudnativelabs/kube-router: docs/user-guide.md",),
        ),
    ),
    ip_block=matches(None, None, _ROUTER),
    holes=_ROUTER_HOLES,
)


AZURE_NPM: Final = Limits(
    deny=no_deny("Azure NPM", _NPM_DOC),
    established=kept(_NPM, "; only packets that conntrack calls new are looked at"),
    delay=unsaid(_NPM),
    ip_block=matches(True, True, _NPM_DOC),
    holes=(
        node_both(
            "its own node's private address, with kubelet and ssh, is neither policed on the way in nor on the way out",
            (
                "github.com/Azure/azure-container-networking/issues/2786",
                "github.com/Azure/azure-container-networking/issues/579",
            ),
        ),
        Hole(
            Way.IN,
            Peer.NODE_PORT,
            Saying(
                "node-port",
                "NodePorts and load balancers still lead to it",
                "a Service with externalTrafficPolicy Cluster brings traffic in from a node's address, which is not policed",
                _NPM_DOC,
            ),
        ),
        Hole(
            Way.OUT,
            Peer.NODE_DNS,
            Saying(
                "node-dns",
                "DNS on its node probably stays reachable",
                "LocalDNS listens on the node (169.254.10.0/24), and what goes to the own node is not policed",
                ("github.com/Azure/AKS: CHANGELOG.md",),
            ),
            "UDP",
        ),
        icmp("policies govern TCP, UDP and SCTP; what becomes of all else is not defined", K8S),
    ),
    end_port=None,
    quirks=(
        Saying(
            "reopens",
            "when its agent restarts, everything is open for a moment",
            "at a restart the agent removes all its rules and writes them again",
            _NPM_DOC,
        ),
    ),
    unpoliced=(
        Unpoliced(
            Beyond.IPV6,
            Saying(
                "no-ipv6",
                "IPv6 is not policed",
                "it does not support IPv6; on Windows no named ports, SCTP, NotIn, DoesNotExist or except",
                _NPM_DOC,
            ),
        ),
    ),
)

KINDNET: Final = Limits(
    deny=no_deny("kindnet", _KNP),
    established=Established(
        Cut.ALL,
        Saying(
            "established-connections",
            "open connections are cut within 30 s",
            "with --strict-mode, its default, connections that a policy no longer allows are ended: at most every 30 s",
            _KNP,
        ),
    ),
    delay=Delay(
        1,
        45,
        Saying(
            "bites-late",
            "new connections are judged at once, open ones within 45 s",
            "each first packet is judged anew; open connections are looked at every 30 s at most, again 15 s after a failure",
            _KNP,
        ),
    ),
    ip_block=matches(None, None, _KNP),
    holes=(
        from_node(_SPEC, K8S),
        icmp("only TCP, UDP and SCTP are judged", _KNP),
    ),
    quirks=(
        Saying(
            "queue",
            "without nfqueue in the kernel it enforces nothing",
            "packets are judged in user space by nfqueue; a kernel without it lets all pass",
            ("kindnet.es/docs/user/network-policies",),
        ),
    ),
)

AWS: Final = Limits(
    deny=no_deny("the AWS agent", _AWS),
    established=Established(
        Cut.AT_FIRST,
        Saying(
            "established-connections",
            "open connections go on where policies selected the pod before",
            "a connection is judged once and again only when the pod's state changes: its first policy cuts what is open, a further "
            "one does not",
            _AWS_STATE,
        ),
    ),
    delay=unsaid(_AWS),
    ip_block=matches(None, None, _AWS),
    holes=(
        from_node(_SPEC, K8S),
        icmp("only TCP, UDP and SCTP are judged", _AWS),
    ),
    end_port=None,
    quirks=(
        Saying(
            "few-ports",
            "24 ports for each range of addresses",
            "more than 24 combinations of port and protocol for one range of addresses are not supported",
            _AWS,
        ),
        Saying(
            "service-port",
            "a service's port must be the container's",
            "where a service's port differs from the container's, policies are not applied as written",
            _AWS,
        ),
    ),
    unpoliced=(
        Unpoliced(
            Beyond.UNOWNED,
            Saying(
                "owned-only",
                "a pod without an owner is not policed",
                "policies only reach pods with ownerReferences: a pod that was detached from its controller is let go",
                _AWS,
            ),
        ),
    ),
)
