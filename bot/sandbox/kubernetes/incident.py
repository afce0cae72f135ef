"""The staged incident: in `prod`, one of three pods of `payments/api` beacons to an address outside.

A namespace-wide policy allows all egress, so that isolating the pod by a NetworkPolicy is PARTIAL at best.
"""

from dataclasses import dataclass
from typing import Final

from bot.sandbox.kubernetes.double import ClusterDouble
from bot.sandbox.kubernetes.objects import Json, metadata_of, name_of
from bot.sandbox.kubernetes.resources import EVENTS, SERVICE_ACCOUNTS
from bot.sandbox.kubernetes.workloads import REGISTRY, PodShape

CLUSTER: Final = "prod"
NAMESPACE: Final = "payments"
BEACON: Final = "203.0.113.7"
"""The address that the pod calls (RFC 5737, TEST-NET-3)."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What the story tells of: the suspect pod with its address, its siblings and the address it calls."""

    cluster: str
    namespace: str
    pod: str
    pod_uid: str
    pod_address: str
    node: str
    siblings: tuple[str, ...]
    beacon: str


def stage_incident(cluster: ClusterDouble) -> Incident:
    """Set the scene in an empty cluster and return its cast."""
    for number in range(1, 4):
        cluster.add_node(f"aks-pool1-{number:06d}")
    cluster.add_deployment(
        "kube-system",
        "coredns",
        2,
        labels={"k8s-app": "kube-dns"},
        shape=PodShape(f"{REGISTRY}/coredns:1.12.1", 53),
    )
    cluster.add_service("kube-system", "kube-dns", {"k8s-app": "kube-dns"}, port=53, target=53)
    suspect, *siblings = _stage_payments(cluster)
    _stage_traces(cluster, suspect)
    return Incident(
        cluster=cluster.name,
        namespace=NAMESPACE,
        pod=name_of(suspect),
        pod_uid=metadata_of(suspect)["uid"],
        pod_address=suspect["status"]["podIP"],
        node=suspect["spec"]["nodeName"],
        siblings=tuple(name_of(pod) for pod in siblings),
        beacon=BEACON,
    )


def _stage_traces(cluster: ClusterDouble, pod: Json) -> None:
    """What the suspect leaves to be captured: its log, and an event about it."""
    cluster.logs.write(
        pod,
        "app",
        (
            "listening on :8080",
            "GET /healthz 200",
            "POST /import 500 template: unexpected command in field name",
            f"connect {BEACON}:443 established",
            "config reloaded, password=not-a-real-one",
            f"connect {BEACON}:443 established",
        ),
    )
    metadata = metadata_of(pod)
    about = {"kind": "Pod", "namespace": NAMESPACE, "name": metadata["name"], "uid": metadata["uid"]}
    event = {
        "metadata": {"name": f"{metadata['name']}.17f0", "namespace": NAMESPACE},
        "involvedObject": {**about, "apiVersion": "v1"},
        "reason": "Unhealthy",
        "message": "Readiness probe failed: HTTP probe failed with statuscode: 500",
        "type": "Warning",
        "count": 3,
    }
    cluster.add_object(EVENTS, event)


def _stage_payments(cluster: ClusterDouble) -> list[Json]:
    cluster.add_namespace(NAMESPACE, {"team": "payments"})
    cluster.add_object(SERVICE_ACCOUNTS, {"metadata": {"name": "api", "namespace": NAMESPACE}})
    shape = PodShape(f"{REGISTRY}/payments/api:3.4.1", service_account="api")
    pods = cluster.add_deployment(NAMESPACE, "api", 3, labels={"app": "api", "tier": "backend"}, shape=shape)
    cluster.add_deployment(NAMESPACE, "web", 2, shape=PodShape(f"{REGISTRY}/payments/web:2.1.0", 3000))
    cluster.add_service(NAMESPACE, "api", {"app": "api"})
    cluster.add_service(NAMESPACE, "web", {"app": "web"}, target=3000)
    cluster.add_disruption_budget(NAMESPACE, "api", {"app": "api"}, 2)
    cluster.add_policy(
        NAMESPACE, "allow-egress", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
    )
    web = {"podSelector": {"matchLabels": {"app": "web"}}}
    cluster.add_policy(
        NAMESPACE,
        "api-from-web",
        {
            "podSelector": {"matchLabels": {"app": "api"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [web], "ports": [{"protocol": "TCP", "port": 8080}]}],
        },
    )
    return pods
