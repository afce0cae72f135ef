"""
Service meshes around a pod: detected and named, and never counted as enforcement.

A sidecar runs inside the pod that is suspected, governs only what comes in, and is gone around from inside ("Istio
security model"): no policy of a mesh raises a forecast or a verdict. An ambient mesh carries traffic through a tunnel,
so that NetworkPolicies see port 15008 and not the ports inside ("Ambient and Kubernetes NetworkPolicy").
"""

from enum import StrEnum
from typing import Final

import msgspec

from bot.domain.findings import Finding
from bot.domain.selectors import Labels
from bot.domain.views import PodView

TUNNEL: Final = 15008
"""TCP port of Istio's ambient tunnel (HBONE)."""

_MODE: Final = "istio.io/dataplane-mode"
_REDIRECTED: Final = "ambient.istio.io/redirection"
_ISTIO_PROXY: Final = "istio-proxy"
_LINKERD_PROXY: Final = "linkerd-proxy"


class Mesh(StrEnum):
    """A mesh and how it takes hold of a pod."""

    ISTIO = "Istio sidecar"
    AMBIENT = "Istio ambient"
    LINKERD = "Linkerd"


class Meshed(msgspec.Struct, frozen=True):
    """A mesh that has hold of a pod, and what tells so."""

    mesh: Mesh
    why: str


def meshes(pod: PodView, namespace: Labels | None) -> tuple[Meshed, ...]:
    """Return the meshes of a pod; ``namespace`` are its namespace's labels, ``None`` where they were not seen."""
    every = (*pod.spec.containers, *pod.spec.init_containers)
    names = {container.name for container in every}
    found = []
    if _ISTIO_PROXY in names or "sidecar.istio.io/status" in pod.metadata.annotations:
        found.append(Meshed(Mesh.ISTIO, f"container {_ISTIO_PROXY}"))
    if _LINKERD_PROXY in names or "linkerd.io/proxy-version" in pod.metadata.annotations:
        found.append(Meshed(Mesh.LINKERD, f"container {_LINKERD_PROXY}"))
    ambient = _ambient(pod, namespace)
    if ambient and _ISTIO_PROXY not in names:
        found.append(Meshed(Mesh.AMBIENT, ambient))
    return tuple(found)


def _ambient(pod: PodView, namespace: Labels | None) -> str:
    """Return what puts a pod into an ambient mesh; the pod's own label wins over the namespace's."""
    if pod.metadata.annotations.get(_REDIRECTED) == "enabled":
        return f"annotation {_REDIRECTED}"
    own = pod.metadata.labels.get(_MODE)
    if own is not None:
        return f"label {_MODE} of the pod" if own == "ambient" else ""
    return f"label {_MODE} of its namespace" if (namespace or {}).get(_MODE) == "ambient" else ""


def findings(found: tuple[Meshed, ...], subject: str) -> tuple[Finding, ...]:
    """Return one line for each mesh: what of it goes on under a policy."""
    return tuple(_finding(meshed, subject) for meshed in found)


def _finding(meshed: Meshed, subject: str) -> Finding:
    if meshed.mesh is Mesh.AMBIENT:
        text = (
            f"{subject} is in an ambient mesh ({meshed.why}): what is allowed to or from port {TUNNEL} is a tunnel, "
            "and carries every port inside"
        )
        return Finding("mesh-tunnel", subject, text)
    text = (
        f"{subject} has a proxy of {meshed.mesh} ({meshed.why}): its policies are not counted, since the pod can go around it, "
        "and connections that the proxy holds open carry further requests"
    )
    return Finding("mesh-sidecar", subject, text)
