"""The Kubernetes API in its plain form: paths and JSON, for setting up tests and for looking at what is there."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.controlplane.server import ControlPlane

Body = Mapping[str, Any]
MERGE = "application/merge-patch+json"


class ApiRefusedError(Exception):
    """The server said no: its HTTP status, reason (`Forbidden`, `Invalid`, ...) and message."""

    def __init__(self, status: int, body: Body) -> None:
        self.status = status
        self.reason = str(body.get("reason", ""))
        self.message = str(body.get("message", ""))
        super().__init__(f"{status} {self.reason}: {self.message}")


@dataclass(frozen=True)
class Api:
    """A logged-in client. Paths start with `/api/v1/` or `/apis/`; every call may raise ApiRefusedError."""

    url: str
    session: aiohttp.ClientSession = field(repr=False)

    async def get(self, path: str, *, accept: str = "application/json") -> dict[str, Any]:
        """Return an object or a list."""
        return await self._send("GET", path, accept=accept)

    async def create(self, path: str, body: Body) -> dict[str, Any]:
        """POST to a collection or an object's subresource."""
        return await self._send("POST", path, body)

    async def replace(self, path: str, body: Body) -> dict[str, Any]:
        """PUT a whole object or subresource."""
        return await self._send("PUT", path, body)

    async def patch(self, path: str, body: Any, *, content_type: str = MERGE) -> dict[str, Any]:
        """PATCH; a JSON merge patch unless told otherwise."""
        return await self._send("PATCH", path, body, content_type=content_type)

    async def delete(self, path: str) -> dict[str, Any]:
        """DELETE one object or a whole collection, at once (no grace period)."""
        return await self._send("DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})

    async def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any]:
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": content_type, "Accept": accept}
        async with self.session.request(method, self.url + path, data=content, headers=headers) as answer:
            text = await answer.text()
            found = json.loads(text) if text.startswith("{") else {"message": text}
            if answer.status >= 400:
                raise ApiRefusedError(answer.status, found)
            return dict(found)


@asynccontextmanager
async def connect(plane: ControlPlane, user: str, *, token: str | None = None) -> AsyncIterator[Api]:
    """Log in as one of PEOPLE, or with any `token` (a real service account's, say)."""
    headers = {"Authorization": f"Bearer {token or plane.token(user)}"}
    connector = aiohttp.TCPConnector(ssl=plane.tls(), limit=8)  # a handshake costs more than a short wait
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        yield Api(plane.url, session)
