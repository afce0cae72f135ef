"""
A small Blob service for one container: the five calls that keep evidence, over https.

Put Block, Put Block List, Get Blob with a range, Delete Blob and List Blobs, as the REST reference of Azure Blob
Storage describes them; ``locked`` is a container with an immutability policy, which refuses to delete.
"""

import ssl
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web


@dataclass
class BlobDouble:
    """Use as an async context manager. ``blobs`` are the committed ones; ``calls`` what came in, in order."""

    context: ssl.SSLContext
    container: str = "evidence"
    locked: bool = False
    down: bool = False
    blobs: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = ""
    _staged: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._respond)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.context).start()
        self.url = f"https://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        container, _, name = request.path.lstrip("/").partition("/")
        asked = request.query.get("comp", "")
        self.calls.append(f"{request.method} {asked} {name}".replace("  ", " "))
        refused = self._turned_away(request, container)
        return refused or await self._served(request, f"{request.method} {asked}".strip(), name)

    def _turned_away(self, request: web.Request, container: str) -> web.Response | None:
        if self.down:
            return _refused(503, "ServerBusy")
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return _refused(401, "NoAuthenticationInformation")
        return None if container == self.container else _refused(404, "ContainerNotFound")

    async def _served(self, request: web.Request, wanted: str, name: str) -> web.Response:
        match wanted:
            case "PUT block":
                return await self._stage(request, name)
            case "PUT blocklist":
                return await self._commit(request, name)
            case "GET list":
                return self._list(request.query.get("prefix", ""))
            case "GET":
                return self._get(request, name)
            case _:
                known = wanted == "DELETE"
                return self._delete(name) if known else _refused(400, "UnsupportedQueryParameter")

    async def _stage(self, request: web.Request, name: str) -> web.Response:
        self._staged.setdefault(name, {})[request.query["blockid"]] = await request.read()
        return web.Response(status=201)

    async def _commit(self, request: web.Request, name: str) -> web.Response:
        if request.headers.get("If-None-Match") == "*" and name in self.blobs:
            return _refused(409, "BlobAlreadyExists")
        ids = [str(each.text) for each in ET.fromstring(await request.read())]  # noqa: S314 - our own adapter wrote it
        staged = self._staged.pop(name, {})
        if any(each not in staged for each in ids):
            return _refused(400, "InvalidBlockList")
        self.blobs[name] = b"".join(staged[each] for each in ids)
        return web.Response(status=201, headers={"ETag": '"1"'})

    def _get(self, request: web.Request, name: str) -> web.Response:
        body = self.blobs.get(name)
        if body is None:
            return _refused(404, "BlobNotFound")
        wanted = request.headers.get("x-ms-range") or request.headers.get("Range") or ""
        headers = {"ETag": '"1"', "x-ms-blob-type": "BlockBlob"}
        if not wanted:
            return web.Response(body=body, headers=headers)
        if not body:
            return _refused(416, "InvalidRange")
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return web.Response(status=206, body=body[start : end + 1], headers=headers)

    def _delete(self, name: str) -> web.Response:
        if name not in self.blobs:
            return _refused(404, "BlobNotFound")
        if self.locked:
            return _refused(409, "BlobImmutableDueToPolicy")
        del self.blobs[name]
        return web.Response(status=202)

    def _list(self, prefix: str) -> web.Response:
        names = [name for name in sorted(self.blobs) if name.startswith(prefix)]
        rows = "".join(f"<Blob><Name>{escape(name)}</Name></Blob>" for name in names)
        text = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{rows}</Blobs><NextMarker/></EnumerationResults>'
        return web.Response(text=text, content_type="application/xml")


def _refused(status: int, code: str) -> web.Response:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    )
    headers = {"x-ms-error-code": code}
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)
