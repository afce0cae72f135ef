"""A Kubernetes API that a contract test talks to by plain HTTP, whoever answers there."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

JSON = "application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies"


@dataclass(frozen=True)
class Reply:
    """An answer: its code and its decoded body (text, where it is no JSON)."""

    code: int
    body: Any

    @property
    def reason(self) -> str:
        return str(self.body["reason"])

    @property
    def message(self) -> str:
        return str(self.body["message"])

    @property
    def causes(self) -> list[tuple[str, str]]:
        """The fields that are wrong, with the reason for each."""
        return [(cause["field"], cause["reason"]) for cause in self.body["details"]["causes"]]


@dataclass(frozen=True)
class ApiUnderTest:
    """A logged-in client; `{ns}` in a path stands for the namespace that is this test's own."""

    url: str
    namespace: str
    session: aiohttp.ClientSession = field(repr=False)

    async def send(
        self, method: str, path: str, body: Any = None, *, media_type: str = JSON, accept: str = JSON
    ) -> Reply:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": media_type, "Accept": accept}
        url = self.url + path.replace("{ns}", self.namespace)
        async with self.session.request(method, url, data=content, headers=headers) as answer:
            text = await answer.text()
        return Reply(answer.status, json.loads(text) if text.startswith("{") else text)

    async def get(self, path: str, *, accept: str = JSON) -> Reply:
        return await self.send("GET", path, accept=accept)

    async def create(self, path: str, body: Any) -> Reply:
        return await self.send("POST", path, body)

    async def patch(self, path: str, body: Any, media_type: str = MERGE) -> Reply:
        return await self.send("PATCH", path, body, media_type=media_type)

    async def pod(self, name: str, **metadata: Any) -> dict[str, Any]:
        """Create a pod and return it."""
        reply = await self.create("/api/v1/namespaces/{ns}/pods", pod(name, **metadata))
        assert reply.code == 201, reply
        return dict(reply.body)


def pod(name: str, node: str = "", **metadata: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "app", "image": "registry.example.com/app:1"}]}
    placed = {"nodeName": node} if node else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **metadata},
        "spec": {**spec, **placed},
    }


def policy(name: str, **metadata: Any) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": {"q": name}}, "policyTypes": ["Ingress", "Egress"]}
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**kind, "metadata": {"name": name, **metadata}, "spec": spec}


@asynccontextmanager
async def api_at(
    url: str, token: str, namespace: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ApiUnderTest]:
    """Log in, make the namespace and, at the end, take away what is in it and itself."""
    connector = aiohttp.TCPConnector(ssl=tls or True)
    headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        api = ApiUnderTest(url, namespace, session)
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        assert (await api.create("/api/v1/namespaces", home)).code == 201
        yield api
        await _clear(api, home)


async def _clear(api: ApiUnderTest, home: dict[str, Any]) -> None:
    """Do the work of the namespace controller, which runs on neither side."""
    for collection in ("/api/v1/namespaces/{ns}/pods", POLICIES):
        for item in (await api.get(collection)).body["items"]:
            path = f"{collection}/{item['metadata']['name']}"
            await api.patch(path, {"metadata": {"finalizers": None}})
            await api.send("DELETE", path, {"gracePeriodSeconds": 0})
    await api.send("DELETE", "/api/v1/namespaces/{ns}")
    await api.send("PUT", "/api/v1/namespaces/{ns}/finalize", {**home, "spec": {"finalizers": []}})
