"""A mesh is named, and never counted."""

import inspect

import pytest

from bot.domain.engines import detection, engine
from bot.domain.engines.meshes import TUNNEL, Mesh, findings, meshes
from bot.domain.selectors import Labels
from bot.domain.views import Container, Meta, PodSpec, PodView

AMBIENT = {"istio.io/dataplane-mode": "ambient"}


def _pod(
    *containers: str,
    inits: tuple[str, ...] = (),
    labels: Labels | None = None,
    annotations: Labels | None = None,
) -> PodView:
    meta = Meta("api-1", labels=labels or {}, annotations=annotations or {})
    spec = PodSpec(
        containers=tuple(Container(name) for name in ("app", *containers)),
        init_containers=tuple(Container(name) for name in inits),
    )
    return PodView(meta, spec)


@pytest.mark.parametrize(
    ("pod", "namespace", "expected"),
    [
        (_pod(), {}, ()),
        (_pod("istio-proxy"), {}, (Mesh.ISTIO,)),
        (_pod(inits=("istio-init", "istio-proxy")), {}, (Mesh.ISTIO,)),
        (_pod(annotations={"sidecar.istio.io/status": "{}"}), {}, (Mesh.ISTIO,)),
        (_pod("linkerd-proxy"), {}, (Mesh.LINKERD,)),
        (_pod(inits=("linkerd-proxy",)), {}, (Mesh.LINKERD,)),
        (_pod(), AMBIENT, (Mesh.AMBIENT,)),
        (_pod(), None, ()),
        (_pod(labels=AMBIENT), None, (Mesh.AMBIENT,)),
        (_pod(labels={"istio.io/dataplane-mode": "none"}), AMBIENT, ()),
        (_pod(annotations={"ambient.istio.io/redirection": "enabled"}), {}, (Mesh.AMBIENT,)),
        (_pod("istio-proxy"), AMBIENT, (Mesh.ISTIO,)),
    ],
)
def test_a_mesh_is_told_by_the_pod_and_its_namespace(
    pod: PodView, namespace: Labels | None, expected: tuple[Mesh, ...]
) -> None:
    assert tuple(found.mesh for found in meshes(pod, namespace)) == expected


def test_the_tunnel_of_an_ambient_mesh_is_named_as_one() -> None:
    (said,) = findings(meshes(_pod(), AMBIENT), "payments/api-1")

    assert said.code == "mesh-tunnel"
    assert f"port {TUNNEL} is a tunnel" in said.text


def test_a_sidecar_is_said_not_to_count() -> None:
    (said,) = findings(meshes(_pod("istio-proxy"), {}), "payments/api-1")

    assert (said.code, "not counted" in said.text) == ("mesh-sidecar", True)


def test_whoever_judges_enforcement_knows_of_no_mesh() -> None:
    for judge in (detection, engine):
        assert "meshes" not in inspect.getsource(judge)
