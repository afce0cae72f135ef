"""Objects as a real cluster would show them: nodes, pods with their owners, services, budgets. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of
from bot.sandbox.kubernetes.resources import Resource

REGISTRY: Final = "registry.example.com"


@dataclass(frozen=True, slots=True)
class PodShape:
    """What a pod is made of, where it differs from an ordinary one."""

    image: str = f"{REGISTRY}/app:1.0.0"
    port: int = 8080
    ready: bool = True
    host_network: bool = False
    privileged: bool = False
    service_account: str = "default"
    container: str = "app"
    annotations: Mapping[str, str] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()


def digest_of(image: str) -> str:
    """Return the image with a digest: the same for the same name."""
    return f"{image.rsplit(':', 1)[0]}@sha256:{sha256(image.encode()).hexdigest()}"


def owner(resource: Resource, body: Json) -> Json:
    """Return the ownerReference of a controller."""
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": name_of(body),
        "uid": metadata_of(body)["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def pod_spec(shape: PodShape, node: str = "") -> Json:
    """Return the spec of a pod, or of a pod template if no node is named."""
    container: Json = {
        "name": shape.container,
        "image": shape.image,
        "ports": [{"containerPort": shape.port, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": shape.port, "scheme": "HTTP"},
            "periodSeconds": 10,
        },
        "imagePullPolicy": "IfNotPresent",
    }
    if shape.privileged:
        container["securityContext"] = {"privileged": True}
    spec: Json = {
        "containers": [container],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "serviceAccountName": shape.service_account,
    }
    return spec | ({"nodeName": node} if node else {}) | ({"hostNetwork": True} if shape.host_network else {})


def pod_status(shape: PodShape, address: str, host: str, now: str, container: str) -> Json:
    """Return the status of a running pod; `container` is the id of its container, `now` since when."""
    ready = "True" if shape.ready else "False"
    stated = (("PodScheduled", "True"), ("Initialized", "True"), ("ContainersReady", ready), ("Ready", ready))
    return {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": status, "lastTransitionTime": now} for kind, status in stated
        ],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
        "qosClass": "Burstable",
        "containerStatuses": [
            {
                "name": shape.container,
                "image": shape.image,
                "imageID": digest_of(shape.image),
                "containerID": f"containerd://{container}",
                "ready": shape.ready,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": now}},
            }
        ],
    }


def is_ready(body: Json) -> bool:
    """Tell whether a pod or node has the condition Ready."""
    conditions = (body.get("status") or {}).get("conditions") or []
    return any((c.get("type"), c.get("status")) == ("Ready", "True") for c in conditions)


def with_readiness(body: Json, *, ready: bool, now: str) -> Json:
    """Return the pod or node with its Ready conditions set."""
    status = "True" if ready else "False"
    conditions = [
        {**c, "status": status, "lastTransitionTime": now} if c["type"] in {"Ready", "ContainersReady"} else c
        for c in body["status"]["conditions"]
    ]
    containers = [{**c, "ready": ready} for c in body["status"].get("containerStatuses", [])]
    return {
        **body,
        "status": {**body["status"], "conditions": conditions}
        | ({"containerStatuses": containers} if containers else {}),
    }


def node(name: str, address: str, now: str, *, ready: bool, labels: Mapping[str, str]) -> Json:
    """Return a Linux node."""
    named = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": "KubeletReady" if ready else "KubeletNotReady",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    return {
        "metadata": {"name": name, "labels": {**named, **labels}},
        "spec": {},
        "status": {
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "conditions": [condition],
            "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "nodeInfo": {
                "kubeletVersion": "v1.36.3",
                "containerRuntimeVersion": "containerd://2.1.4",
                "osImage": "Ubuntu 24.04 LTS",
                "kernelVersion": "6.8.0-azure",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }


def controller_spec(labels: Mapping[str, str], shape: PodShape, replicas: int | None) -> Json:
    """Return the spec of what makes pods: Deployment, ReplicaSet, StatefulSet or (without replicas) DaemonSet."""
    spec: Json = {
        "selector": {"matchLabels": dict(labels)},
        "template": {"metadata": {"labels": dict(labels)}, "spec": pod_spec(shape)},
    }
    return spec if replicas is None else {"replicas": replicas, **spec}


def replicas_status(replicas: int, ready: int) -> Json:
    """Return the status of a ReplicaSet, Deployment or StatefulSet."""
    return {"observedGeneration": 1, "replicas": replicas, "readyReplicas": ready, "availableReplicas": ready}


def daemon_status(nodes: int) -> Json:
    """Return the status of a DaemonSet with one ready pod on each node."""
    return {
        "observedGeneration": 1,
        "currentNumberScheduled": nodes,
        "desiredNumberScheduled": nodes,
        "numberReady": nodes,
        "numberAvailable": nodes,
        "numberMisscheduled": 0,
    }


def budget_status(expected: int, healthy: int, desired: int) -> Json:
    """Return the status of a PodDisruptionBudget."""
    return {
        "observedGeneration": 1,
        "expectedPods": expected,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": max(0, healthy - desired),
        "conditions": [],
    }
