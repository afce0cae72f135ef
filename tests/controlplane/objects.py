"""Bodies of Kubernetes objects as a healthy cluster has them; a `status` is what kubelet or controllers would write.

https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/
"""

from collections.abc import Mapping, Sequence
from typing import Any

Body = dict[str, Any]
Labels = Mapping[str, str]
IMAGE = "registry.test/app:1"
SINCE = "2026-01-01T00:00:00Z"


def owned_by(owner: Mapping[str, Any]) -> list[Body]:
    """Return ownerReferences that name `owner`, as stored by the server, as the controller."""
    reference = {key: owner[key] for key in ("apiVersion", "kind")}
    identity = {key: owner["metadata"][key] for key in ("name", "uid")}
    return [{**reference, **identity, "controller": True, "blockOwnerDeletion": True}]


def namespace(name: str, labels: Labels) -> Body:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}


def node(name: str, labels: Labels | None = None, *, ready: bool = True) -> Body:
    """Return a Linux node, Ready or not."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/os": "linux", **(labels or {})}},
        "status": {
            "conditions": [_condition("Ready", holds=ready)],
            "addresses": [
                {"type": "InternalIP", "address": "10.0.0.4"},
                {"type": "Hostname", "address": name},
            ],
            "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
        },
    }


def pod(
    name: str,
    namespace: str,
    *,
    labels: Labels | None = None,
    node: str | None = None,
    ip: str | None = None,
    owner: Mapping[str, Any] | None = None,
) -> Body:
    """Return a pod with one container, Running and Ready when it has an `ip`; Pending without.

    For other fields (hostNetwork, a privileged container) change the body before it is created.
    """
    metadata: Body = {"name": name, "namespace": namespace}
    if labels is not None:
        metadata["labels"] = dict(labels)
    if owner is not None:
        metadata["ownerReferences"] = owned_by(owner)
    spec: Body = {"containers": [_container()], "terminationGracePeriodSeconds": 0}
    if node is not None:
        spec["nodeName"] = node
    body: Body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return body if ip is None else {**body, "status": pod_status(ip)}


def pod_status(ip: str, *, ready: bool = True) -> Body:
    """Return the status that a kubelet writes for a pod that runs at `ip`."""
    container = {
        "name": "app",
        "image": IMAGE,
        "imageID": f"registry.test/app@sha256:{'0' * 64}",
        "ready": ready,
        "restartCount": 0,
        "state": {"running": {"startedAt": SINCE}},
    }
    conditions = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running",
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "hostIP": "10.0.0.4",
        "startTime": SINCE,
        "conditions": [_condition(name, holds=ready or name in conditions[:2]) for name in conditions],
        "containerStatuses": [container],
    }


def replica_set(name: str, namespace: str, labels: Labels, *, replicas: int = 3) -> Body:
    """Return a ReplicaSet whose pods carry `labels`, all of them ready."""
    spec = {"replicas": replicas, **_selecting(labels)}
    status = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas}
    return {**_head("apps/v1", "ReplicaSet", name, namespace, labels), "spec": spec, "status": status}


def deployment(name: str, namespace: str, labels: Labels, *, replicas: int = 3) -> Body:
    """Return a Deployment whose pods carry `labels`; only real controllers give it a status."""
    head = _head("apps/v1", "Deployment", name, namespace, labels)
    return {**head, "spec": {"replicas": replicas, **_selecting(labels)}}


def stateful_set(name: str, namespace: str, labels: Labels, *, replicas: int = 3) -> Body:
    """Return a StatefulSet whose pods carry `labels`, all of them ready."""
    spec = {"replicas": replicas, "serviceName": name, **_selecting(labels)}
    status = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas}
    return {**_head("apps/v1", "StatefulSet", name, namespace, labels), "spec": spec, "status": status}


def service(name: str, namespace: str, selector: Labels, *, port: int = 80) -> Body:
    """Return a ClusterIP Service from `port` to the pods' port 8080."""
    spec = {"selector": dict(selector), "ports": [{"name": "http", "port": port, "targetPort": 8080}]}
    return {**_head("v1", "Service", name, namespace, {}), "spec": spec}


def endpoint_slice(service: str, namespace: str, pods: Sequence[Mapping[str, Any]]) -> Body:
    """Return a Service's slice with `pods`, as stored by the server, as ready endpoints."""
    labels = {
        "kubernetes.io/service-name": service,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    return {
        **_head("discovery.k8s.io/v1", "EndpointSlice", f"{service}-lab", namespace, labels),
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in pods],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }


def disruption_budget(
    name: str, namespace: str, selector: Labels, *, allowed: int = 1, total: int = 3
) -> Body:
    """Return a PodDisruptionBudget over `total` healthy pods that lets `allowed` of them go."""
    wanted = total - allowed
    status = {
        "currentHealthy": total,
        "desiredHealthy": wanted,
        "disruptionsAllowed": allowed,
        "expectedPods": total,
        "observedGeneration": 1,
    }
    spec = {"minAvailable": wanted, "selector": {"matchLabels": dict(selector)}}
    return {
        **_head("policy/v1", "PodDisruptionBudget", name, namespace, {}),
        "spec": spec,
        "status": status,
    }


def network_policy(
    name: str,
    namespace: str,
    selector: Labels,
    *,
    ingress: Sequence[Body] | None = None,
    egress: Sequence[Body] | None = None,
) -> Body:
    """Return a NetworkPolicy; a direction that is not given is not restricted, an empty one is cut."""
    given = {"Ingress": ingress, "Egress": egress}
    rules = {name.lower(): list(rules) for name, rules in given.items() if rules is not None}
    spec = {
        "podSelector": {"matchLabels": dict(selector)},
        "policyTypes": [name for name, rules in given.items() if rules is not None],
        **rules,
    }
    return {**_head("networking.k8s.io/v1", "NetworkPolicy", name, namespace, {}), "spec": spec}


def role(name: str, namespace: str, rules: Sequence[Body]) -> Body:
    """Return a Role with RBAC `rules`."""
    return {**_head("rbac.authorization.k8s.io/v1", "Role", name, namespace, {}), "rules": list(rules)}


def role_binding(role: str, namespace: str, username: str) -> Body:
    """Return a RoleBinding that gives a Role of this namespace to a user by name."""
    group = "rbac.authorization.k8s.io"
    return {
        **_head(f"{group}/v1", "RoleBinding", role, namespace, {}),
        "roleRef": {"apiGroup": group, "kind": "Role", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": username}],
    }


def _head(api_version: str, kind: str, name: str, namespace: str, labels: Labels) -> Body:
    metadata: Body = {"name": name, "namespace": namespace, "labels": dict(labels)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def _selecting(labels: Labels) -> Body:
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": [_container()]}}
    return {"selector": {"matchLabels": dict(labels)}, "template": template}


def _container() -> Body:
    return {"name": "app", "image": IMAGE, "ports": [{"name": "http", "containerPort": 8080}]}


def _condition(name: str, *, holds: bool) -> Body:
    return {"type": name, "status": "True" if holds else "False", "lastTransitionTime": SINCE}


def _endpoint(pod: Mapping[str, Any]) -> Body:
    metadata = pod["metadata"]
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "nodeName": pod["spec"].get("nodeName"),
        "targetRef": {"kind": "Pod", **{key: metadata[key] for key in ("name", "namespace", "uid")}},
    }
