"""
The limits of engines that know a deny of their own.

Each limit has its source, a document or a file of the engine's own code. What no source tells is said to be unknown.
"""

from typing import Final

from bot.domain.engines.limit import (
    K8S,
    Cut,
    Delay,
    Deny,
    Established,
    Limits,
    Saying,
    from_node,
    icmp,
    kept,
    matches,
    node_both,
    soon,
    unsaid,
)

_SPEC: Final = "the API allows all that comes from the node a pod runs on, probes too"
_CILIUM: Final = "github.com/cilium/cilium"
_CALICO: Final = "github.com/projectcalico/calico"
_AKS: Final = "learn.microsoft.com/azure/aks"
_ANTREA: Final = ("github.com/antrea-io/antrea: docs/design/ovs-pipeline.md, docs/antrea-network-policy.md",)
_OVN: Final = (
    "github.com/ovn-kubernetes/ovn-kubernetes: docs; OVN: Apply ACL changes to existing connections",
)

CILIUM: Final = Limits(
    deny=Deny(
        "cilium.io",
        Saying(
            "deny",
            "its own deny beats every allow",
            "CiliumNetworkPolicy ingressDeny and egressDeny beat every allow, of any policy kind; only a ClusterNetworkPolicy "
            "that accepts in tier Admin (1.20, opt-in) would come first",
            (f"{_CILIUM}: Documentation/security/policy/deny.rst",),
        ),
    ),
    established=Established(
        Cut.FORWARD,
        Saying(
            "established-connections",
            "open connections are cut where it opened them; replies pass",
            "each packet in the direction in which a connection was opened is checked anew and dropped; replies skip the check, "
            "so on a connection that others opened the pod can go on sending: TCP starves, UDP goes on until it is forgotten",
            (f"{_CILIUM}: bpf/bpf_lxc.c", f"{_CILIUM}/issues/9187"),
        ),
    ),
    delay=Delay(
        20,
        40,
        Saying(
            "bites-late",
            "bites within 10 to 36 s, 40 s at worst",
            "since 1.18 a changed label waits up to identity-max-jitter (30 s) and then identity-change-grace-period (5 s)",
            (f"{_CILIUM}: pkg/option/config.go", f"{_CILIUM}/pull/38031"),
        ),
    ),
    ip_block=matches(
        False,
        False,
        (f"{_AKS}/azure-cni-powered-by-cilium", f"{_CILIUM}: pkg/option/config.go, policy-cidr-match-mode"),
        ", unless policy-cidr-match-mode names them: 0.0.0.0/0 still blocks pods and nodes",
    ),
    holes=(
        from_node(
            "what runs on the pod's node, kubelet and hostNetwork pods, may connect to it; an explicit deny of host cuts that, "
            "and the probes with it",
            (f"{_CILIUM}/issues/48444",),
        ),
    ),
    end_port="1.17",
    quirks=(
        Saying(
            "named-port",
            "a named port that differs between pods may be read wrongly",
            "one name with different numbers in different pods is not always resolved for each",
            (f"{_CILIUM}/issues/30003",),
        ),
        Saying(
            "identity-labels",
            "labels that are no identity select nothing",
            "the setting `labels` leaves labels out of a pod's identity, and a policy that selects by such a label selects nothing",
            ("docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels",),
        ),
    ),
)

CALICO: Final = Limits(
    deny=Deny(
        "projectcalico.org",
        Saying(
            "deny",
            "an early Deny beats every later allow",
            "a projectcalico.org/v3 policy that denies in an early tier or order comes before all later ones; AKS-managed Calico does "
            "not serve that API",
            ("docs.tigera.io/calico/latest/reference/resources/tier", "github.com/Azure/AKS/issues/4038"),
        ),
    ),
    established=kept(
        (f"{_CALICO}: felix/rules/endpoints.go, felix/bpf-gpl/tc.c",),
        "; every endpoint's chain accepts what conntrack knows, with eBPF too",
    ),
    delay=soon(1, (f"{_CALICO}: felix 3.28.5, as the packet tests see it",)),
    ip_block=matches(True, True, (f"{_CALICO}: libcalico-go/lib/backend/k8s/conversion/conversion.go",)),
    holes=(
        from_node(
            "what runs on the pod's node may always connect to it: Calico does not police host to workload",
            (f"{_CALICO}: felix/rules/static.go",),
        ),
    ),
)


ANTREA: Final = Limits(
    deny=Deny(
        "crd.antrea.io",
        Saying(
            "deny",
            "a Drop in an early tier beats every later allow",
            "crd.antrea.io/v1beta1 policies that drop in tier emergency come before NetworkPolicies",
            _ANTREA,
        ),
    ),
    established=kept(_ANTREA),
    delay=unsaid(_ANTREA),
    ip_block=matches(None, None, _ANTREA),
    holes=(
        from_node(_SPEC, K8S),
        icmp("NetworkPolicies govern TCP, UDP and SCTP; what becomes of all else is not defined", K8S),
    ),
    end_port=None,
)

OVN: Final = Limits(
    deny=Deny(
        "policy.networking.k8s.io",
        Saying(
            "deny",
            "an AdminNetworkPolicy's Deny beats every NetworkPolicy",
            "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy that denies comes before NetworkPolicies, against pods only on "
            "the way in",
            ("network-policy-api.sigs.k8s.io/api-overview",),
        ),
    ),
    established=Established(
        Cut.ALL,
        Saying(
            "established-connections",
            "open connections are cut",
            "changed rules are applied to connections that are open, in the direction of the request",
            _OVN,
        ),
    ),
    delay=unsaid(_OVN),
    ip_block=matches(None, None, _OVN),
    holes=(node_both("it cannot block traffic of the pod's own node", _OVN),),
    end_port=None,
    quirks=(Saying("protocols", "other protocols pass", "only TCP, UDP, ICMP and SCTP are judged", _OVN),),
)
