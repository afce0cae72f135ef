"""
Calls to Azure Resource Manager, as documents: what is not ours to know is neither lost nor changed on the way.

The SDK's typed operations name one subscription, and decode bodies that may be ``null`` (azure-rest-api-specs#19505);
its ``send_request`` sends any document to any id through the same chain of policies.
"""

import asyncio
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from azure.core.rest import AsyncHttpResponse, HttpRequest

from bot.adapters.azure.codes import ABSENT
from bot.adapters.azure.errors import RAISED, refusal, said, translated
from bot.adapters.azure.ids import at_host, managed_path, path_of
from bot.domain.errors import UnknownOutcomeError
from bot.domain.refs import ArmRef
from bot.domain.waits import retry_after

NETWORK_VERSION = "2026-03-01"
LOCKS_VERSION = "2020-05-01"
MANAGED_VERSION = "2025-10-01"
AT_ONCE = 8
"""Calls at one time; ARM's own bucket for reads is 250, refilled by 25 a second ("Request limits and throttling")."""


class Sends(Protocol):
    """What is used of the SDK's client."""

    def send_request(self, request: HttpRequest, **options: Any) -> Awaitable[AsyncHttpResponse]:
        """Send a request through the client's chain of policies; an answer of any status is returned."""


@dataclass(frozen=True)
class Reply:
    """One answer: ``body`` is its decoded JSON, ``None`` if there is none or it cannot be read."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)

    @property
    def retry_after(self) -> float:
        """Seconds that Azure asks to wait; 0 if it says nothing."""
        return retry_after(self.headers) or 0.0

    @property
    def etag(self) -> str:
        """The version of the resource in it; empty if it has none."""
        told = self.body.get("etag") if isinstance(self.body, dict) else None
        return str(told or self.headers.get("ETag") or "")


class Arm:
    """One connection. Every method raises ``OutsideError``, translated by ``errors``."""

    def __init__(self, client: Sends, base_url: str, timeout: float) -> None:
        self._client, self._base_url, self._timeout = client, base_url, timeout
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def get(self, ref: ArmRef) -> Reply | None:
        """
        Read a resource; ``None`` when Azure says that there is none. A lost answer is asked for once more.

        Raises ``ValueError`` for an id that is neither a Microsoft.Network resource nor an AKS cluster.
        """
        managed = managed_path(ref)
        url = self._url(managed, MANAGED_VERSION) if managed else self._url(path_of(ref), NETWORK_VERSION)
        request = HttpRequest("GET", url)
        try:
            reply = await self._send(request)
        except UnknownOutcomeError:
            reply = await self._send(request)
        if reply.status == 404 and said(reply.body)[0] in ABSENT:
            return None
        return _good(reply)

    async def put(self, ref: ArmRef, body: Any, etag: str, request_id: str) -> Reply:
        """
        Write a whole resource, sent once. ``etag`` goes as If-Match, which Azure may or may not honour.

        ``request_id`` becomes x-ms-client-request-id. Raises ``ValueError`` as ``get``.
        """
        headers = {"If-Match": etag} if etag else {}
        url = self._url(path_of(ref), NETWORK_VERSION)
        return _good(await self._send(HttpRequest("PUT", url, headers=headers, json=body), request_id))

    async def locks(self, scope: str) -> Reply:
        """Read the first page of the locks at a scope and above it ("Management Locks - List By Scope")."""
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        url = f"{self._url(path, LOCKS_VERSION)}&$filter=atScope()"
        return _good(await self._send(HttpRequest("GET", url)))

    async def follow(self, url: str, request_id: str = "") -> Reply:
        """
        Read what a URL from Azure names (an operation, a next page); a 404 is an answer here.

        Raises ``ValueError`` for a URL at another host: the credential is not sent there.
        """
        reply = await self._send(HttpRequest("GET", at_host(url, self._base_url)), request_id)
        return reply if reply.status == 404 else _good(reply)

    def _url(self, path: str, version: str) -> str:
        return f"{self._base_url}{path}?api-version={version}"

    async def _send(self, request: HttpRequest, request_id: str = "") -> Reply:
        options = {"request_id": request_id} if request_id else {}
        try:
            async with self._at_once, asyncio.timeout(self._timeout):
                response = await self._client.send_request(request, **options)
                return Reply(response.status_code, response.headers, _decoded(await response.read()))
        except RAISED as error:
            raise translated(error) from error


def _good(reply: Reply) -> Reply:
    if 200 <= reply.status < 300:
        return reply
    raise refusal(reply.status, reply.body, reply.headers)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None
