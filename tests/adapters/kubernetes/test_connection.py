"""How a cluster is reached, with nobody in between."""

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.kubernetes import Cluster, Clusters, Connection
from bot.domain.errors import BusyError, DeniedError, UnknownOutcomeError
from bot.domain.queries import Discover, Discovered, Get, Unavailable
from bot.domain.refs import POD, KubeRef
from bot.sandbox import tls
from bot.sandbox.kubernetes.double import ClusterDouble
from tests.adapters.kubernetes.stage import NAME, NOW, Stage, clusters_at, write_kubeconfig
from tests.controlplane.server import ControlPlane

POD_REF = KubeRef(NAME, POD, "payments", "api")
TOKEN = "sandbox-bot"


@asynccontextmanager
async def server(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]], context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def reached(kubeconfig: Path, **settings: Any) -> AsyncIterator[Clusters]:
    clusters = clusters_at(kubeconfig, **settings)
    try:
        yield clusters
    finally:
        await clusters.close()


async def why(clusters: Clusters) -> str:
    answer = await clusters.answer(Get(POD_REF))
    assert isinstance(answer, Unavailable)
    return answer.why


@pytest.mark.parametrize(
    ("cluster", "text"),
    [
        ({"insecure-skip-tls-verify": True}, "insecure-skip-tls-verify, which is refused"),
        ({"server": "http://kube.example.com"}, "without https://"),
        ({"certificate-authority": "/nowhere/ca.pem"}, "cannot be loaded"),
        ({"certificate-authority-data": "bm90IGEgY2VydGlmaWNhdGU="}, "certificates that do not load"),
    ],
)
async def test_a_way_on_which_the_server_can_be_forged_is_refused_with_the_reason(
    tmp_path: Path, cluster: dict[str, Any], text: str
) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", cluster=cluster)

    with pytest.raises(DeniedError, match=text):
        await Cluster(Connection(NAME, str(kubeconfig)), lambda: NOW).connect()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "contexts: 7", "\t:", json.dumps({"current-context": "x"})]
)
async def test_a_malformed_kubeconfig_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config").write_text(content)

    with pytest.raises(DeniedError) as refused:
        await Cluster(Connection(NAME, str(tmp_path / "config")), lambda: NOW).connect()

    assert refused.value.code == "ClusterConfig"


async def test_a_kubeconfig_that_is_missing_and_a_context_that_is_missing_are_refused(tmp_path: Path) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1")

    for connection in (Connection(NAME, str(tmp_path / "no")), Connection(NAME, str(kubeconfig), "other")):
        with pytest.raises(DeniedError):
            await Cluster(connection, lambda: NOW).connect()


async def test_a_server_with_another_certificate_gets_no_request_and_no_token(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").mkdir()
    ours, theirs = tls.mint(tmp_path / "ours"), tls.mint(tmp_path / "theirs")
    double = ClusterDouble(NAME, lambda: NOW)
    ca = {"certificate-authority": str(ours.ca_file)}
    async with (
        double.serving(theirs.context) as url,
        reached(write_kubeconfig(tmp_path / "config", url, cluster=ca)) as clusters,
    ):
        told = await why(clusters)

    assert "Untrusted" in told
    assert not double.journal.entries


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    arrived: list[str] = []

    async def note(request: web.Request) -> web.Response:
        arrived.append(request.path)
        return web.json_response({})

    async with server(note) as elsewhere:

        async def send_away(request: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect(elsewhere + request.path)

        async with server(send_away) as url, reached(write_kubeconfig(tmp_path / "c", url)) as clusters:
            told = await why(clusters)

    assert "Redirected" in told
    assert arrived == []


async def test_a_proxy_that_echoes_our_headers_does_not_put_the_token_into_an_error(
    tmp_path: Path, stage: Stage
) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=502, text=f"gave up on {dict(request.headers)}")

    async with server(echo) as url, reached(write_kubeconfig(tmp_path / "c", url)) as clusters:
        told = await why(clusters)
        with pytest.raises(UnknownOutcomeError) as lost:
            await clusters.apply(stage.isolating())

    for text in (told, str(lost.value), str(clusters.health())):
        assert TOKEN not in text
        assert "[removed]" in text


async def test_proxies_of_the_environment_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    assert stage.double is not None
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert isinstance(await stage.clusters.answer(Discover(NAME)), Discovered)


async def test_the_proxy_of_the_settings_is_used(tmp_path: Path) -> None:
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.headers["Host"])
        return web.json_response({"kind": "Pod", "metadata": {"name": "api"}})

    async with server(proxy) as url:
        kubeconfig = write_kubeconfig(tmp_path / "c", "http://localhost:1")
        async with reached(kubeconfig, proxy=url) as clusters:
            await clusters.answer(Get(POD_REF))

    assert asked == ["localhost:1"]


async def test_outside_a_cluster_without_any_setting_the_answer_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    assert "the pod's service account cannot be loaded" in await why(
        Clusters({NAME: Cluster(Connection(NAME), lambda: NOW)})
    )


async def test_a_server_that_is_not_there_is_unreachable_and_no_write_is_in_doubt(
    tmp_path: Path, stage: Stage
) -> None:
    async with reached(write_kubeconfig(tmp_path / "c", "https://127.0.0.1:1")) as clusters:
        told = await why(clusters)
        with pytest.raises(BusyError, match="refused"):
            await clusters.apply(stage.isolating())

    assert "Unreachable" in told


@pytest.mark.controlplane
async def test_the_kubectl_context_is_told_and_the_real_servers_certificate_verified(
    control_plane: ControlPlane,
) -> None:
    kubeconfig = control_plane.kubeconfig("admin", context="prod-admin")
    async with reached(kubeconfig, context="prod-admin") as clusters:
        answer = await clusters.answer(Discover(NAME))

    assert isinstance(answer, Discovered)
    assert answer.kubectl_context == "prod-admin"
