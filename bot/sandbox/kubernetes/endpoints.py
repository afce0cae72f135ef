"""EndpointSlices that follow the pods, as the EndpointSlice controller keeps them."""

from typing import Final

from bot.sandbox.kubernetes.objects import Json, labels_of, metadata_of, name_of, namespace_of
from bot.sandbox.kubernetes.planting import Planter
from bot.sandbox.kubernetes.resources import ENDPOINT_SLICES, PODS, SERVICES, Resource
from bot.sandbox.kubernetes.workloads import is_ready

_PER_SLICE: Final = 100
_SERVICE_LABEL: Final = "kubernetes.io/service-name"


class Endpoints:
    """Notes which services are touched by a write, and renews their slices when asked to settle."""

    def __init__(self, planter: Planter) -> None:
        self._planter = planter
        self._store = planter.registry.store
        self._touched: set[tuple[str, str]] = set()
        self._store.listen(self._note)

    def settle(self) -> None:
        """Bring the slices of all touched services up to date."""
        touched, self._touched = sorted(self._touched), set()
        for namespace, name in touched:
            self._renew(namespace, name)

    def _note(self, resource: Resource, before: Json | None, after: Json | None) -> None:
        body = after or before
        if body is None:
            return
        if resource is SERVICES:
            self._touched.add((namespace_of(body), name_of(body)))
        elif resource is PODS:
            for service in self._store.each(SERVICES, namespace_of(body)):
                if _endpoint(service, before) != _endpoint(service, after):
                    self._touched.add((namespace_of(service), name_of(service)))

    def _renew(self, namespace: str, name: str) -> None:
        service = self._store.find(SERVICES, namespace, name)
        old = [
            body
            for body in self._store.each(ENDPOINT_SLICES, namespace)
            if labels_of(body).get(_SERVICE_LABEL) == name
        ]
        groups = self._groups(service) if service else []
        for surplus in old[len(groups) :]:
            self._store.drop(ENDPOINT_SLICES, surplus)
        for index, group in enumerate(groups):
            assert service is not None
            self._write(service, group, old[index] if index < len(old) else None)

    def _groups(self, service: Json) -> list[list[Json]]:
        pods = self._store.each(PODS, namespace_of(service))
        found = [endpoint for pod in pods if (endpoint := _endpoint(service, pod))]
        return [found[start : start + _PER_SLICE] for start in range(0, len(found), _PER_SLICE)] or [[]]

    def _write(self, service: Json, endpoints: list[Json], old: Json | None) -> None:
        if old is None:
            self._planter.plant(ENDPOINT_SLICES, _slice(service, endpoints, self._planter.suffix()))
        elif old["endpoints"] != endpoints:
            metadata = {**metadata_of(old), "generation": metadata_of(old)["generation"] + 1}
            self._store.put(ENDPOINT_SLICES, {**old, "metadata": metadata, "endpoints": endpoints})


def _endpoint(service: Json, pod: Json | None) -> Json | None:
    """Return the pod's entry in this service's slices, None if it has none."""
    selector = service["spec"].get("selector") or {}
    status = pod.get("status") or {} if pod else {}
    if not pod or not selector or not status.get("podIP") or status.get("phase") in {"Succeeded", "Failed"}:
        return None
    labels = labels_of(pod)
    if any(labels.get(key) != value for key, value in selector.items()):
        return None
    ending = bool(metadata_of(pod).get("deletionTimestamp"))
    ready = is_ready(pod)
    return {
        "addresses": [status["podIP"]],
        "conditions": {"ready": ready and not ending, "serving": ready, "terminating": ending},
        "nodeName": pod["spec"].get("nodeName", ""),
        "targetRef": {
            "kind": "Pod",
            "namespace": namespace_of(pod),
            "name": name_of(pod),
            "uid": metadata_of(pod)["uid"],
        },
    }


def _slice(service: Json, endpoints: list[Json], suffix: str) -> Json:
    name = name_of(service)
    ports = [
        {"name": port.get("name", ""), "port": port["targetPort"], "protocol": port.get("protocol", "TCP")}
        for port in service["spec"].get("ports", [])
    ]
    return {
        "metadata": {
            "name": f"{name}-{suffix}",
            "namespace": namespace_of(service),
            "labels": {
                _SERVICE_LABEL: name,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "name": name,
                    "uid": metadata_of(service)["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    }
