"""What the API fills in by itself when an object is created.

Only what a reader of this product could meet: the full list of a real server is longer, most of all for pods.
"""

from collections.abc import Callable
from typing import Any, Final

from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of
from bot.sandbox.kubernetes.resources import (
    NAMESPACES,
    NETWORK_POLICIES,
    NODES,
    PODS,
    SERVICES,
    Resource,
)

_POD: Final[Json] = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
    "priority": 0,
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
}
_CONTAINER: Final[Json] = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
}
_SERVICE: Final[Json] = {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}


def with_defaults(resource: Resource, body: Json) -> Json:
    """Return the new object with the server's defaults in its spec."""
    fill = _FILLERS.get(resource)
    return fill(body) if fill else body


def defaulted(resource: Resource, body: Json) -> Json:
    """Return the changed object with defaults, for the kind where what is changed by hand often needs them."""
    return _network_policy(body) if resource is NETWORK_POLICIES else body


def first_status(resource: Resource, body: Json) -> Json:
    """Return the new object with the status that it starts from: a client cannot choose it, except a node's."""
    if not resource.has_status or resource is NODES:
        return body
    if resource.custom:
        return {key: value for key, value in body.items() if key != "status"}
    return {**body, "status": dict(_FIRST_STATUS.get(resource, {}))}


_FIRST_STATUS: Final[dict[Resource, Json]] = {
    NAMESPACES: {"phase": "Active"},
    PODS: {"phase": "Pending", "qosClass": "BestEffort"},
    SERVICES: {"loadBalancer": {}},
}


def _namespace(body: Json) -> Json:
    metadata = metadata_of(body)
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": name_of(body)}
    spec = {"finalizers": ["kubernetes"], **(body.get("spec") or {})}
    return {**body, "metadata": {**metadata, "labels": labels}, "spec": spec}


def _pod(body: Json) -> Json:
    spec = {**_POD, **(body.get("spec") or {})}
    spec["containers"] = [{**_CONTAINER, **container} for container in spec.get("containers") or []]
    return {**body, "spec": spec}


def _service(body: Json) -> Json:
    spec = {**_SERVICE, **(body.get("spec") or {})}
    spec["ports"] = [
        {"protocol": "TCP", "targetPort": port.get("port"), **port} for port in spec.get("ports") or []
    ]
    return {**body, "spec": spec}


def _network_policy(body: Json) -> Json:
    """Default the protocol of ports and the policy types: egress is only covered if it has rules or is named."""
    spec = dict(body.get("spec") or {})
    spec.setdefault("podSelector", {})
    for direction in ("ingress", "egress"):
        if direction in spec:
            spec[direction] = [_rule(rule) for rule in spec[direction] or []]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return {**body, "spec": spec}


def _rule(rule: Any) -> Any:
    if not isinstance(rule, dict) or "ports" not in rule:
        return rule
    return {**rule, "ports": [{"protocol": "TCP", **port} for port in rule["ports"] or []]}


_FILLERS: Final[dict[Resource, Callable[[Json], Json]]] = {
    NAMESPACES: _namespace,
    PODS: _pod,
    SERVICES: _service,
    NETWORK_POLICIES: _network_policy,
}
