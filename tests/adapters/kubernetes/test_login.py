"""All kinds of login, renewed when they run out."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.config import incluster_config

from bot.adapters.kubernetes import Cluster, Clusters, Connection
from bot.domain.queries import Discover, Discovered, Get, Unavailable
from bot.domain.refs import POD, KubeRef
from bot.sandbox import tls
from bot.sandbox.kubernetes.access import User
from bot.sandbox.kubernetes.double import ClusterDouble
from tests.adapters.kubernetes.stage import NAME, NOW, clusters_at, write_kubeconfig

POD_REF = KubeRef(NAME, POD, "payments", "api")
TOKEN = "sandbox-bot"


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


@asynccontextmanager
async def double_for(
    tmp_path: Path, *tokens: str
) -> AsyncIterator[tuple[ClusterDouble, str, dict[str, str]]]:
    double = ClusterDouble(NAME, lambda: NOW)
    for token in tokens:
        double.add_user(token, User("bot"))
    certificate = tls.mint(tmp_path)
    async with double.serving(certificate.context) as url:
        yield double, url, {"certificate-authority": str(certificate.ca_file)}


async def test_a_token_file_that_was_renewed_is_read_again_and_the_call_repeated(tmp_path: Path) -> None:
    async with double_for(tmp_path) as (double, url, ca):
        (tmp_path / "token").write_text("sandbox-old\n")
        revoke = double.add_user("sandbox-old", User("bot"))
        user = {"tokenFile": str(tmp_path / "token")}
        async with reached(write_kubeconfig(tmp_path / "c", url, cluster=ca, user=user)) as clusters:
            first = await clusters.answer(Discover(NAME))
            revoke()
            double.add_user("sandbox-new", User("bot"))
            (tmp_path / "token").write_text("sandbox-new\n")
            second = await clusters.answer(Discover(NAME))

    assert isinstance(first, Discovered)
    assert second == first


async def test_a_credential_that_stays_refused_is_unavailable_and_unhealthy(tmp_path: Path) -> None:
    async with (
        double_for(tmp_path) as (_, url, ca),
        reached(write_kubeconfig(tmp_path / "c", url, cluster=ca)) as clusters,
    ):
        told = await why(clusters)
        health = clusters.health()[NAME]

    assert "Unauthorized" in told
    assert not health.healthy


def exec_user(tmp_path: Path, script: str) -> dict[str, Any]:
    program = tmp_path / "login"
    program.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    api_version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api_version, "command": str(program), "interactiveMode": "Never"}}


def credential(token: str) -> str:
    body = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token},
    }
    return f"echo '{json.dumps(body)}'"


async def test_an_exec_plugin_logs_in_and_is_not_run_again_for_every_refused_call(tmp_path: Path) -> None:
    async with double_for(tmp_path) as (double, url, ca):
        revoke = double.add_user("sandbox-exec", User("bot"))
        user = exec_user(tmp_path, credential("sandbox-exec"))
        async with reached(write_kubeconfig(tmp_path / "c", url, cluster=ca, user=user)) as clusters:
            first = await clusters.answer(Discover(NAME))
            revoke()
            await asyncio.gather(*(clusters.answer(Get(POD_REF)) for _ in range(10)))
            await why(clusters)

    assert isinstance(first, Discovered)
    assert (tmp_path / "runs").read_text().count("run") == 2


async def test_an_exec_plugin_that_fails_is_not_taken_for_nobody(tmp_path: Path) -> None:
    async with double_for(tmp_path) as (double, url, ca):
        user = exec_user(tmp_path, "exit 3")
        async with reached(write_kubeconfig(tmp_path / "c", url, cluster=ca, user=user)) as clusters:
            told = await why(clusters)

    assert "exec plugin that gave no credential" in told
    assert not double.journal.entries


async def test_a_kubeconfig_is_never_written_to(tmp_path: Path) -> None:
    async with double_for(tmp_path, TOKEN) as (_, url, ca):
        kubeconfig = write_kubeconfig(tmp_path / "c", url, cluster=ca)
        before = kubeconfig.read_bytes()
        async with reached(kubeconfig) as clusters:
            assert isinstance(await clusters.answer(Discover(NAME)), Discovered)

    assert kubeconfig.read_bytes() == before


async def test_in_a_cluster_the_service_account_of_the_pod_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with double_for(tmp_path, TOKEN) as (_, url, ca):
        (tmp_path / "token").write_text(TOKEN)
        monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
        monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", ca["certificate-authority"])
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", url.rpartition(":")[2])
        clusters = Clusters({NAME: Cluster(Connection(NAME), lambda: NOW)})
        answer = await clusters.answer(Discover(NAME))
        await clusters.close()

    assert isinstance(answer, Discovered)
