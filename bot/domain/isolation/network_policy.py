"""
The NetworkPolicy under every other means: it selects the cut pods and allows nothing but what was asked to stay.

It is written beside an engine's own deny as well. There it changes nothing while that engine runs, and it holds when
the engine's own policies are switched off, its API goes away, or another engine takes over.
"""

from typing import Any

from bot.domain.actions import NAME_PREFIX
from bot.domain.changes import Create
from bot.domain.documents import Document
from bot.domain.isolation.allowances import DNS_LABEL, DNS_NAMESPACE, DNS_PORT, NODE_DNS, Allowances
from bot.domain.isolation.cutting import Cut, Step
from bot.domain.isolation.marks import metadata
from bot.domain.queries import kube
from bot.domain.refs import NETWORK_POLICY
from bot.domain.selectors import Selector


def floor(cut: Cut, allow: Allowances) -> Step:
    """Return the isolating policy: both directions named, no rule but for what stays open."""
    own = kube(cut.cluster, NETWORK_POLICY, cut.namespace, f"{NAME_PREFIX}{cut.value}")
    body: dict[str, Any] = {
        "apiVersion": own.kind.api_version,
        "kind": own.kind.kind,
        "metadata": metadata(own.name, own.namespace, cut.request_id),
        "spec": {"podSelector": selector_body(cut.selector), "policyTypes": ["Ingress", "Egress"]},
    }
    if allow.any:
        body["spec"]["egress"] = _egress(allow)
    opened = f"allows only {allow} out and nothing in" if allow.any else "allows nothing in or out"
    words = (
        f"Create NetworkPolicy {own.namespace}/{own.name}: "
        f"it selects only pods labelled {described(cut.selector)}, and {opened}"
    )
    return Step(Create(own, Document.of(body)), words)


def selector_body(selector: Selector) -> dict[str, Any]:
    """Return a label selector as manifests write it."""
    body: dict[str, Any] = {}
    if selector.match_labels:
        body["matchLabels"] = dict(sorted(selector.match_labels.items()))
    if selector.match_expressions:
        body["matchExpressions"] = [
            {"key": e.key, "operator": e.operator} | ({"values": list(e.values)} if e.values else {})
            for e in selector.match_expressions
        ]
    return body


def described(selector: Selector) -> str:
    """Return a label selector as people read it."""
    said = [f"{key}={value}" for key, value in sorted(selector.match_labels.items())]
    said += [f"{e.key} {e.operator} {','.join(e.values)}".strip() for e in selector.match_expressions]
    return ", ".join(said)


def dns_rules() -> list[dict[str, Any]]:
    """Return what lets a pod ask the cluster's DNS servers and a cache on its node."""
    key, value = DNS_LABEL
    servers = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": DNS_NAMESPACE}},
        "podSelector": {"matchLabels": {key: value}},
    }
    caches = [{"ipBlock": {"cidr": address}} for address in NODE_DNS]
    ports = [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")]
    return [{"to": [servers, *caches], "ports": ports}]


def _egress(allow: Allowances) -> list[dict[str, Any]]:
    rules = dns_rules() if allow.dns else []
    if allow.ranges:
        rules.append({"to": [{"ipBlock": {"cidr": r}} for r in allow.ranges]})
    return rules
