"""
Cilium's deny policy (``cilium.io/v2``): deny beats allow, whatever kind of policy allows (Cilium, "Deny Policies").

What follows from that: what shall stay open must be carved out of the deny, and allowed besides, since a deny section
also puts the pod into default deny. ``[{}]`` denies nothing; one rule may name peers in one way only.
"""

import re
from typing import Any, Final

from bot.domain.actions import NAME_PREFIX
from bot.domain.changes import Create
from bot.domain.documents import Document
from bot.domain.isolation.allowances import DNS_LABEL, DNS_NAMESPACE, DNS_PORT, Allowances
from bot.domain.isolation.cutting import Cut, Options, Step
from bot.domain.isolation.marks import metadata
from bot.domain.isolation.network_policy import described, selector_body
from bot.domain.queries import kube
from bot.domain.refs import CILIUM_POLICY
from bot.domain.selectors import Selector

Rule = dict[str, Any]

_NAMESPACE: Final = "k8s:io.kubernetes.pod.namespace"
_CLUSTER: Final = "k8s:io.cilium.k8s.policy.cluster"
_INSIDE: Final = ("remote-node", "kube-apiserver", "ingress", "health", "init", "unmanaged")
"""Entities of every release from 1.15 to 1.20, but for world, the pods, and the pod's own node."""

_LAST_PORT: Final = 65535
_EVERY_POD: Final = (
    {"key": _NAMESPACE, "operator": "Exists"},
    {"key": _CLUSTER, "operator": "Exists"},
)
"""Without the second, a release that selects the local cluster by default would leave out the other clusters' pods."""

_IGNORED: Final = re.compile(
    r"io\.kubernetes|kubernetes\.io|k8s\.io|topology\.kubernetes\.io|.*beta\.kubernetes\.io"
    r"|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index"
    r"|batch\.kubernetes\.io/(job-completion-index|controller-uid)|controller-uid|controller-revision-hash"
    r"|pod-template-(generation|hash)|annotation|etcd_node"
)
"""Label keys that Cilium leaves out of identities unless told otherwise (Cilium, "Limiting Identity-Relevant Labels")."""


def ignored(selector: Selector) -> tuple[str, ...]:
    """Return the keys of a selector that Cilium ignores by default: a policy by them selects nothing, or too much."""
    keys = {*selector.match_labels, *(e.key for e in selector.match_expressions)}
    return tuple(sorted(key for key in keys if _IGNORED.match(key)))


def denying(cut: Cut, options: Options) -> Step:
    """Return the deny policy: strict, or with the pod's own node let in, so that the kubelet's probes go on."""
    own = kube(cut.cluster, CILIUM_POLICY, cut.namespace, f"{NAME_PREFIX}{cut.value}")
    spec: Rule = {
        "endpointSelector": selector_body(cut.selector),
        "ingressDeny": _incoming() if options.keep_probes else [{"fromEntities": ["all"]}],
        "egressDeny": _outgoing(options) if options.allow.any else [{"toEntities": ["all"]}],
    }
    opened = _opened(options)
    if opened:
        spec["egress"] = opened
    body = {
        "apiVersion": own.kind.api_version,
        "kind": own.kind.kind,
        "metadata": metadata(own.name, own.namespace, cut.request_id),
        "spec": spec,
    }
    return Step(Create(own, Document.of(body)), _words(cut, options, own.name))


def _words(cut: Cut, options: Options, name: str) -> str:
    inward = "everything in but what comes from its own node" if options.keep_probes else "everything in"
    outward = f"everything out but {options.allow}" if options.allow.any else "everything out"
    return (
        f"Create CiliumNetworkPolicy {cut.namespace}/{name}: for pods labelled {described(cut.selector)} "
        f"it denies {inward} and {outward}, whatever other policies allow"
    )


def _incoming() -> list[Rule]:
    """All but ``host``: Cilium lets the own node in by itself, until it is denied."""
    return [
        {"fromEntities": ["world", *_INSIDE]},
        {"fromEndpoints": [{"matchExpressions": list(_EVERY_POD)}]},
    ]


def _outgoing(options: Options) -> list[Rule]:
    allow = options.allow
    rules: list[Rule] = [{"toEntities": list(_INSIDE)}]
    rules += _world(allow)
    if not allow.dns:
        return [*rules, {"toEntities": ["host"]}, {"toEndpoints": [{"matchExpressions": list(_EVERY_POD)}]}]
    rules += [{"toEndpoints": [{"matchExpressions": each}]} for each in _other_pods()]
    if not options.port_ranges:
        return [*rules, {"toEntities": ["host"]}]
    return [
        *rules,
        {"toEntities": ["host"], "toPorts": _other_ports()},
        {"toEndpoints": [_servers()], "toPorts": _other_ports()},
    ]


def _world(allow: Allowances) -> list[Rule]:
    """Addresses outside, without the ranges that stay: the entity ``world`` would take them along."""
    if not allow.ranges:
        return [{"toEntities": ["world"]}]
    whole = {4: "0.0.0.0/0", 6: "::/0"}
    sets = [
        {"cidr": cidr} | ({"except": list(kept)} if (kept := allow.of_version(version)) else {})
        for version, cidr in whole.items()
    ]
    return [{"toCIDRSet": sets}]


def _other_pods() -> tuple[list[Rule], list[Rule]]:
    """Every pod but the DNS servers: those elsewhere, and those that are labelled otherwise."""
    key, value = DNS_LABEL
    elsewhere = {"key": _NAMESPACE, "operator": "NotIn", "values": [DNS_NAMESPACE]}
    labelled = {"key": f"k8s:{key}", "operator": "NotIn", "values": [value]}
    return [*_EVERY_POD, elsewhere], [*_EVERY_POD, labelled]


def _servers() -> Rule:
    key, value = DNS_LABEL
    return {"matchLabels": {_NAMESPACE: DNS_NAMESPACE, f"k8s:{key}": value}}


def _other_ports() -> list[Rule]:
    below = {"port": "1", "endPort": DNS_PORT - 1, "protocol": "ANY"}
    above = {"port": str(DNS_PORT + 1), "endPort": _LAST_PORT, "protocol": "ANY"}
    return [{"ports": [below, above]}]


def dns_rules(*, port_ranges: bool) -> list[Rule]:
    """Return what lets a pod ask the cluster's DNS servers and, where the deny could spare it, a cache on its node."""
    ports = [{"ports": [{"port": str(DNS_PORT), "protocol": protocol} for protocol in ("UDP", "TCP")]}]
    rules: list[Rule] = [{"toEndpoints": [_servers()], "toPorts": ports}]
    return [*rules, {"toEntities": ["host"], "toPorts": ports}] if port_ranges else rules


def _opened(options: Options) -> list[Rule]:
    """What stays must be allowed as well: a deny section puts the pod into default deny."""
    rules = dns_rules(port_ranges=options.port_ranges) if options.allow.dns else []
    return [*rules, {"toCIDR": list(options.allow.ranges)}] if options.allow.ranges else rules


def limits(options: Options) -> tuple[str, ...]:
    """Return what follows from the options, in plain words; what Cilium never stops is told with the engine."""
    if options.keep_probes:
        said = ["whatever runs on the pod's own node can still connect to it"]
    else:
        said = ["network probes fail: a container with a liveness probe is restarted, and its memory is lost"]
    if options.allow.ranges:
        said.append("an allowed range opens addresses outside of the cluster only, never pods or nodes")
    if options.allow.dns and not options.port_ranges:
        said.append(
            "this Cilium may not know ranges of ports: a DNS cache on the node stays cut, "
            "and other policies may allow other ports of the DNS pods"
        )
    return tuple(said)
