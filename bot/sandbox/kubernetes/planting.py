"""Puts whole objects into the store, status and owners included, as controllers and kubelets would leave them."""

from hashlib import sha256

import msgspec

from bot.sandbox.kubernetes import workloads
from bot.sandbox.kubernetes.creating import identified
from bot.sandbox.kubernetes.objects import Json, labels_of, lasting, metadata_of, name_of, namespace_of
from bot.sandbox.kubernetes.registry import Registry
from bot.sandbox.kubernetes.resources import (
    DAEMON_SETS,
    EVERY,
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    STATEFUL_SETS,
    Resource,
)
from bot.sandbox.kubernetes.store import Store
from bot.sandbox.kubernetes.validation import check_metadata
from bot.sandbox.kubernetes.views import whole
from bot.sandbox.kubernetes.workloads import PodShape


class Planter:
    """Stages objects beside the API."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._pods_given = 0

    def plant(self, resource: Resource, body: Json) -> Json:
        """Store a new object with identity and time of its own; raises `ApiError` for a bad name or label."""
        metadata = {key: value for key, value in metadata_of(body).items() if value not in ({}, [], ())}
        born = identified(self.registry, resource, {**body, "metadata": metadata})
        check_metadata(resource, born)
        return self.registry.store.put(resource, self.registry.signed(resource, born, "staging"))

    def suffix(self, length: int = 5) -> str:
        """Return letters for a generated name."""
        return self.registry.identities.suffix(length)

    def now(self) -> str:
        """Return the time as the API writes it."""
        return self.registry.now()

    def run(self, metadata: Json, node: str, shape: PodShape) -> Json:
        """Store a running pod with an address of its own, on the named node or on the next in turn."""
        self._pods_given += 1
        number = self._pods_given
        host = self._host(node)
        addresses = {a["type"]: a["address"] for a in host["status"]["addresses"]}
        address = f"10.244.{number // 250}.{number % 250 + 2}"
        container = sha256(f"{self.registry.identities.cluster}/{number}".encode()).hexdigest()
        status = workloads.pod_status(
            shape,
            addresses["InternalIP"] if shape.host_network else address,
            addresses["InternalIP"],
            self.now(),
            container,
        )
        extra = {"annotations": dict(shape.annotations)} if shape.annotations else {}
        held = {"finalizers": list(shape.finalizers)} if shape.finalizers else {}
        spec = workloads.pod_spec(shape, name_of(host))
        return self.plant(PODS, {"metadata": {**metadata, **extra, **held}, "spec": spec, "status": status})

    def controller(self, resource: Resource, metadata: Json, replicas: int, shape: PodShape) -> Json:
        """Store what keeps so many ready pods with these labels."""
        spec = workloads.controller_spec(metadata["labels"], shape, replicas)
        status = workloads.replicas_status(replicas, replicas if shape.ready else 0)
        return self.plant(resource, {"metadata": metadata, "spec": spec, "status": status})

    def template_labels(self, pod: Json) -> Json:
        """Return the labels that the pod's owner gives to a new one; for a pod without owner, those that it has."""
        for reference in metadata_of(pod).get("ownerReferences") or []:
            for resource in (REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, JOBS):
                body = self.registry.store.find(resource, namespace_of(pod), reference["name"])
                if body and resource.kind == reference["kind"]:
                    given = body["spec"]["template"].get("metadata", {}).get("labels", {})
                    return {**_identifying(pod), **given}
        return dict(labels_of(pod))

    def _host(self, name: str) -> Json:
        store = self.registry.store
        if name:
            return self.registry.need(NODES, "", name)
        ready = [body for body in store.each(NODES) if workloads.is_ready(body)]
        if not ready:
            raise LookupError("no ready node to run a pod on: add_node() first")
        return ready[self._pods_given % len(ready)]


def _identifying(pod: Json) -> Json:
    """Return the labels that a controller adds to what its template says."""
    prefixes = ("statefulset.kubernetes.io/", "apps.kubernetes.io/", "batch.kubernetes.io/")
    return {key: value for key, value in labels_of(pod).items() if key.startswith(prefixes)}


def snapshot_of(store: Store, namespace: str) -> str:
    """Return a namespace and all that is in it as canonical JSON, without managedFields and resourceVersion."""
    home = store.find(NAMESPACES, "", namespace)
    found = {f"{NAMESPACES.qualified}/{namespace}": whole(NAMESPACES, lasting(home))} if home else {}
    for resource in EVERY:
        for body in store.each(resource, namespace):
            found[f"{resource.qualified}/{name_of(body)}"] = whole(resource, lasting(body))
    return msgspec.json.encode(found, order="sorted").decode()
