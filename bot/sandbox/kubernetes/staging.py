"""Sets the scene: what controllers, kubelets and colleagues would do to the cluster's objects."""

from collections.abc import Callable, Mapping

from bot.sandbox.kubernetes import workloads
from bot.sandbox.kubernetes.defaults import defaulted
from bot.sandbox.kubernetes.endpoints import Endpoints
from bot.sandbox.kubernetes.objects import Json, labels_of, lasting, metadata_of, name_of
from bot.sandbox.kubernetes.patches import merge
from bot.sandbox.kubernetes.planting import Planter, snapshot_of
from bot.sandbox.kubernetes.registry import Registry
from bot.sandbox.kubernetes.resources import (
    DAEMON_SETS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    EVERY,
    JOBS,
    NAMESPACES,
    NETWORK_POLICIES,
    NODES,
    PODS,
    REPLICA_SETS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)
from bot.sandbox.kubernetes.workloads import PodShape

_ORDINARY = PodShape()


class Staging:
    """Puts objects into the cluster directly, without the API's access control, faults and journal.

    Every `add_...` returns the object as stored, or the pods where a controller is added; objects are not to be
    changed by the caller. A bad name or label raises `ApiError`, an unknown object `ApiError` 404.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._planter = Planter(registry)
        self._endpoints = Endpoints(self._planter)
        self._habits: list[Callable[[], None]] = []

    def add_object(self, resource: Resource, body: Json) -> Json:
        """Add any object, as it is."""
        return self._planter.plant(resource, body)

    def add_namespace(self, name: str, labels: Mapping[str, str] | None = None) -> Json:
        """Add an active namespace ."""
        metadata = {"name": name, "labels": {**(labels or {}), "kubernetes.io/metadata.name": name}}
        body = {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        return self.add_object(NAMESPACES, body)

    def add_node(self, name: str, *, ready: bool = True, labels: Mapping[str, str] | None = None) -> Json:
        """Add a Linux node with an address of its own in 10.240.0.0/24."""
        address = f"10.240.0.{len(self.registry.store.each(NODES)) + 4}"
        body = workloads.node(name, address, self.registry.now(), ready=ready, labels=labels or {})
        return self.add_object(NODES, body)

    def add_pod(
        self,
        namespace: str,
        name: str,
        labels: Mapping[str, str] | None = None,
        *,
        node: str = "",
        shape: PodShape = _ORDINARY,
    ) -> Json:
        """Add a running pod that nothing owns; on the nodes in turn if none is named."""
        return self._planter.run(
            {"name": name, "namespace": namespace, "labels": dict(labels or {})}, node, shape
        )

    def add_deployment(
        self,
        namespace: str,
        name: str,
        replicas: int = 1,
        *,
        labels: Mapping[str, str] | None = None,
        shape: PodShape = _ORDINARY,
    ) -> list[Json]:
        """Add a Deployment with its ReplicaSet and running pods; labelled `app: <name>` if not told otherwise."""
        chosen = dict(labels or {"app": name})
        revision = self._planter.suffix(10)
        hashed = {**chosen, "pod-template-hash": revision}
        metadata = {"name": name, "namespace": namespace, "labels": chosen}
        deployment = self._planter.controller(DEPLOYMENTS, metadata, replicas, shape)
        owned = {"ownerReferences": [workloads.owner(DEPLOYMENTS, deployment)]}
        metadata = {"name": f"{name}-{revision}", "namespace": namespace, "labels": hashed}
        replica_set = self._planter.controller(REPLICA_SETS, metadata | owned, replicas, shape)
        owned = {"ownerReferences": [workloads.owner(REPLICA_SETS, replica_set)]}
        metadata = {"namespace": namespace, "generateName": f"{name}-{revision}-", "labels": hashed}
        return [self._planter.run(metadata | owned, "", shape) for _ in range(replicas)]

    def add_stateful_set(
        self,
        namespace: str,
        name: str,
        replicas: int = 1,
        *,
        labels: Mapping[str, str] | None = None,
        shape: PodShape = _ORDINARY,
    ) -> list[Json]:
        """Add a StatefulSet with its running pods `<name>-0` and so on."""
        chosen = dict(labels or {"app": name})
        metadata = {"name": name, "namespace": namespace, "labels": chosen}
        body = self._planter.controller(STATEFUL_SETS, metadata, replicas, shape)
        owned_by = workloads.owner(STATEFUL_SETS, body)
        pods = []
        for ordinal in range(replicas):
            own = {
                "statefulset.kubernetes.io/pod-name": f"{name}-{ordinal}",
                "apps.kubernetes.io/pod-index": f"{ordinal}",
            }
            metadata = {"name": f"{name}-{ordinal}", "namespace": namespace, "labels": {**chosen, **own}}
            pods.append(self._planter.run({**metadata, "ownerReferences": [owned_by]}, "", shape))
        return pods

    def add_daemon_set(
        self,
        namespace: str,
        name: str,
        *,
        labels: Mapping[str, str] | None = None,
        shape: PodShape = _ORDINARY,
    ) -> list[Json]:
        """Add a DaemonSet with a running pod on every node that there is."""
        chosen = dict(labels or {"app": name})
        nodes = [name_of(body) for body in self.registry.store.each(NODES)]
        spec = workloads.controller_spec(chosen, shape, None)
        metadata = {"name": name, "namespace": namespace, "labels": chosen}
        status = workloads.daemon_status(len(nodes))
        body = self.add_object(DAEMON_SETS, {"metadata": metadata, "spec": spec, "status": status})
        owned = {"ownerReferences": [workloads.owner(DAEMON_SETS, body)], "generateName": f"{name}-"}
        return [
            self._planter.run({"namespace": namespace, "labels": chosen, **owned}, node, shape)
            for node in nodes
        ]

    def add_job(self, namespace: str, name: str, *, shape: PodShape = _ORDINARY) -> Json:
        """Add a Job with its one running pod, which the Job's finalizer holds; returns the pod."""
        spec = {"parallelism": 1, "completions": 1, "template": {"spec": workloads.pod_spec(shape)}}
        body = {"metadata": {"name": name, "namespace": namespace}, "spec": spec, "status": {"active": 1}}
        job = self.add_object(JOBS, body)
        labels = {
            "batch.kubernetes.io/job-name": name,
            "batch.kubernetes.io/controller-uid": metadata_of(job)["uid"],
        }
        metadata = {"namespace": namespace, "generateName": f"{name}-", "labels": labels}
        held = {
            "finalizers": ["batch.kubernetes.io/job-tracking"],
            "ownerReferences": [workloads.owner(JOBS, job)],
        }
        return self._planter.run({**metadata, **held}, "", shape)

    def add_service(
        self, namespace: str, name: str, selector: Mapping[str, str], port: int = 80, target: int = 8080
    ) -> Json:
        """Add a Service; its EndpointSlices follow the pods by themselves."""
        ports = [{"name": "http", "protocol": "TCP", "port": port, "targetPort": target}]
        address = f"10.96.0.{len(self.registry.store.each(SERVICES)) + 10}"
        spec: Json = {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address]}
        spec |= {"selector": dict(selector), "ports": ports, "sessionAffinity": "None"}
        body = {
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
            "status": {"loadBalancer": {}},
        }
        return self.add_object(SERVICES, body)

    def add_policy(self, namespace: str, name: str, spec: Json) -> Json:
        """Add a NetworkPolicy."""
        return self.add_object(
            NETWORK_POLICIES,
            defaulted(NETWORK_POLICIES, {"metadata": {"name": name, "namespace": namespace}, "spec": spec}),
        )

    def add_disruption_budget(
        self, namespace: str, name: str, selector: Mapping[str, str], min_available: int
    ) -> Json:
        """Add a PodDisruptionBudget, its status counted from the pods that are there."""
        pods = self.registry.store.each(PODS, namespace)
        chosen = [pod for pod in pods if selector.items() <= labels_of(pod).items()]
        healthy = sum(workloads.is_ready(pod) for pod in chosen)
        spec = {"minAvailable": min_available, "selector": {"matchLabels": dict(selector)}}
        status = workloads.budget_status(len(chosen), healthy, min_available)
        metadata = {"name": name, "namespace": namespace}
        return self.add_object(DISRUPTION_BUDGETS, {"metadata": metadata, "spec": spec, "status": status})

    def recreate_pod(self, namespace: str, name: str) -> Json:
        """Let the pod go and its controller run another: of the same name only for a StatefulSet or bare pod.

        The new one has another UID and address, and only the labels that the template gives it.
        """
        old = self.registry.need(PODS, namespace, name)
        metadata: Json = {"namespace": namespace, "labels": self._planter.template_labels(old)}
        if owners := metadata_of(old).get("ownerReferences"):
            metadata["ownerReferences"] = owners
        generated = metadata_of(old).get("generateName")
        metadata |= {"generateName": generated} if generated else {"name": name}
        self.registry.store.drop(PODS, old)
        status = old["status"]["containerStatuses"][0]
        shape = PodShape(
            image=status["image"], port=old["spec"]["containers"][0]["ports"][0]["containerPort"]
        )
        return self._planter.run(metadata, old["spec"]["nodeName"], shape)

    def edit_by_someone_else(self, resource: Resource, namespace: str, name: str, patch: Json) -> Json:
        """Apply a merge patch as another writer, unchecked: drift, a relabelled pod, a status."""
        current = self.registry.need(resource, namespace, name)
        changed: Json = merge(current, patch)
        if lasting(changed) == lasting(current):
            return current
        if resource.counted and changed.get("spec") != current.get("spec"):
            changed["metadata"] = {
                **metadata_of(changed),
                "generation": metadata_of(current)["generation"] + 1,
            }
        return self.registry.store.put(resource, self.registry.signed(resource, changed, "someone-else"))

    def set_ready(self, resource: Resource, namespace: str, name: str, *, ready: bool) -> Json:
        """Let a pod or node become ready or unready."""
        current = self.registry.need(resource, namespace, name)
        changed = workloads.with_readiness(current, ready=ready, now=self.registry.now())
        return self.registry.store.put(resource, changed)

    def remove(self, resource: Resource, namespace: str, name: str) -> None:
        """Take an object away at once: deleted by someone else, or ended by its kubelet."""
        self.registry.store.drop(resource, self.registry.need(resource, namespace, name))

    def terminate_namespace(self, name: str) -> Json:
        """Mark a namespace as on its way out: it takes no new objects from now on."""
        marks = {"metadata": {"deletionTimestamp": self.registry.now()}, "status": {"phase": "Terminating"}}
        return self.registry.store.put(NAMESPACES, merge(self.registry.need(NAMESPACES, "", name), marks))

    def empty_namespace(self, name: str) -> None:
        """Remove a namespace and everything in it, as the namespace controller does in the end."""
        for resource in EVERY:
            for body in self.registry.store.each(resource, name):
                self.registry.store.drop(resource, body)
        self.remove(NAMESPACES, "", name)

    def settle(self) -> None:
        """Let the EndpointSlices catch up with the pods, and whoever else lives here act; happens by itself before each request and snapshot."""
        self._endpoints.settle()
        for habit in self._habits:
            habit()

    def inhabit(self, habit: Callable[[], None]) -> None:
        """Let somebody else of the cluster act whenever it settles."""
        self._habits.append(habit)

    def snapshot(self, namespace: str) -> str:
        """Return a namespace and all that is in it as canonical JSON, without managedFields and resourceVersion."""
        self.settle()
        return snapshot_of(self.registry.store, namespace)
