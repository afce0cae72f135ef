"""Small worlds from what the API would tell."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from bot.domain import network_policies, views
from bot.domain.residual import Compiled, Pod, Semantics, World, compiled, world_of

Body = dict[str, Any]
V = TypeVar("V", views.PodView, views.NamespaceView, views.NodeView, views.NetworkPolicyView)
BY_SPEC = Semantics()


def pod(name: str, labels: Body | None = None, namespace: str = "shop", **more: Any) -> Body:
    """Return a running pod; ``ips`` and ``ports`` (name, protocol, number) and ``spec`` may be given."""
    ports = [{"name": n, "protocol": p, "containerPort": c} for n, p, c in more.get("ports", ())]
    spec = {"nodeName": "node-0", "containers": [{"name": "c", "ports": ports}], **more.get("spec", {})}
    ips = more.get("ips", ())
    status = {"phase": more.get("phase", "Running"), "podIPs": [{"ip": ip} for ip in ips]}
    meta = {"name": name, "namespace": namespace, "labels": labels or {}}
    return {"kind": "Pod", "metadata": meta, "spec": spec, "status": status}


def policy(name: str = "some", namespace: str = "shop", **spec: Any) -> Body:
    """Return a NetworkPolicy; without a selector it selects every pod of its namespace."""
    meta = {"name": name, "namespace": namespace}
    return {"kind": "NetworkPolicy", "metadata": meta, "spec": {"podSelector": {}, **spec}}


def node(name: str, *addresses: str, labels: Body | None = None) -> Body:
    """Return a node."""
    told = [{"type": "InternalIP", "address": address} for address in addresses]
    return {"kind": "Node", "metadata": {"name": name, "labels": labels or {}}, "status": {"addresses": told}}


def world(
    pods: Sequence[Body],
    policies: Sequence[Body] = (),
    nodes: Sequence[Body] = (),
    spaces: dict[str, Body] | None = None,
    **more: Any,
) -> World:
    """Return a world; each namespace of a pod is there, with its name as a label and those of ``spaces``."""
    names = {p["metadata"]["namespace"] for p in pods} | set(spaces or {})
    told = [
        {
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {"kubernetes.io/metadata.name": name, **(spaces or {}).get(name, {})},
            },
        }
        for name in sorted(names)
    ]
    views_of = read(policies, views.NetworkPolicyView)
    known = compiled((network_policies.whole(v) for v in views_of), more.get("semantics", BY_SPEC))
    return world_of(
        read(pods, views.PodView),
        read(told, views.NamespaceView),
        read(nodes, views.NodeView),
        known + more.get("more", Compiled()),
        more.get("api_servers", ()),
    )


def read(bodies: Iterable[Body], view: type[V]) -> list[V]:
    """Read objects as the bot does, from the API's bytes."""
    return [msgspec.json.decode(json.dumps(body), type=view) for body in bodies]


def named(there: World, name: str, namespace: str = "shop") -> Pod:
    """Return a pod of a world."""
    found = there.pod(namespace, name)
    assert found is not None
    return found
