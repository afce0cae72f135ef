"""The page on 127.0.0.1: one application, its pieces as server-sent events, its acts as posts."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from aiohttp import web

from bot.sandbox.page import looks
from bot.sandbox.page.acting import Acting, Asked
from bot.sandbox.page.commands import known
from bot.sandbox.page.files import handed
from bot.sandbox.page.forms import Forms
from bot.sandbox.page.given import Backstage
from bot.sandbox.page.guard import HEADERS, guarding
from bot.sandbox.page.people import BY_ID, CAST
from bot.sandbox.page.render import toast
from bot.sandbox.page.showing import Show, Sight
from bot.sandbox.page.slots import Sent
from bot.sandbox.page.watching import Watch
from bot.sandbox.scene import ALICE, Scene
from bot.sandbox.slack import Attack

LARGEST: Final = 64 * 1024
BREATH: Final = 10.0
"""Seconds without news after which a browser is sent a sign of life."""

PLACES: Final = ("channel", "direct", "home")


class Page:
    """What is served. ``token`` is this start's; a page of an earlier one is told to load again."""

    def __init__(self, scene: Scene, backstage: Backstage) -> None:
        self.token = secrets.token_urlsafe(32)
        self.port = 0
        self.watch = Watch(scene, backstage)
        forms = Forms()
        self._show = Show(self.watch, forms)
        self._acting = Acting(self.watch, forms)
        self._ended = asyncio.Event()

    def application(self) -> web.Application:
        """Return it, ready to be run."""
        guard = guarding(lambda: self.port, self.token)
        app = web.Application(client_max_size=LARGEST, middlewares=[guard])
        app.add_routes(
            [
                web.get("/", self._whole),
                web.get("/static/{name}", self._static),
                web.get("/events", self._events),
                web.get("/complete", self._complete),
                web.get("/file/{id}", self._file),
                web.post("/act", self._act),
                web.post("/search", self._search),
            ]
        )
        return app

    def end(self) -> None:
        """Let every open stream end."""
        self._ended.set()
        self.watch.touch()

    async def _whole(self, _: web.Request) -> web.Response:
        attacks = {attack.name: attack.value for attack in Attack}
        page = looks.template(
            "page.html", token=self.token, cast=CAST, attacks=attacks, version=looks.version(), first=ALICE
        )
        return web.Response(text=str(page), content_type="text/html")

    async def _static(self, request: web.Request) -> web.Response:
        kind = looks.KINDS.get(request.match_info["name"])
        if kind is None:
            raise web.HTTPNotFound
        return web.Response(text=looks.static(request.match_info["name"]), content_type=kind)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        sight = _sight(request)
        stream = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        sent, version = Sent(), -1
        with contextlib.suppress(ConnectionResetError):
            while not self._ended.is_set():
                version, before = await self.watch.change(version, BREATH), version
                changes = sent.changes(self._show.slots(sight)) if version != before else {}
                text = msgspec.json.encode({"start": self.token[:8], "slots": changes}).decode()
                await stream.write(f"data: {text}\n\n".encode() if changes else b": here\n\n")
        return stream

    async def _file(self, request: web.Request) -> web.Response:
        file = self.watch.scene.workspace.files.get(request.match_info["id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        return handed(file, save="save" in request.query)

    async def _complete(self, request: web.Request) -> web.Response:
        typed = request.query.get("text", "")[:500]
        found = self.watch.backstage.complete(typed, known(self.watch))
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    async def _search(self, request: web.Request) -> web.Response:
        found = await self._acting.search(await _asked(request))
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    async def _act(self, request: web.Request) -> web.Response:
        outcome = await self._acting.do(await _asked(request))
        notice = str(toast(outcome.text, outcome.level)) if outcome.text else ""
        body = msgspec.json.encode({**msgspec.structs.asdict(outcome), "notice": notice})
        return web.Response(body=body, content_type="application/json")


async def _asked(request: web.Request) -> Asked:
    try:
        return msgspec.json.decode(await request.read(), type=Asked)
    except msgspec.DecodeError:
        raise web.HTTPBadRequest(text="This is no act of the page.") from None


def _sight(request: web.Request) -> Sight:
    person, place = request.query.get("person", ALICE), request.query.get("place", "channel")
    if person not in BY_ID or place not in PLACES:
        raise web.HTTPNotFound
    return Sight(person, place, request.query.get("thread", "")[:40])


@asynccontextmanager
async def paging(scene: Scene, backstage: Backstage, port: int = 0) -> AsyncIterator[str]:
    """
    Serve the page inside the block; yields its address.

    Raises ``OSError`` for a port that is taken. Port 0 takes a free one.
    """
    page = Page(scene, backstage)
    runner = web.AppRunner(page.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    watching: asyncio.Task[None] | None = None
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        page.port = int(runner.addresses[0][1])
        watching = asyncio.create_task(page.watch.run())
        yield f"http://127.0.0.1:{page.port}/"
    finally:
        page.end()
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        await runner.cleanup()
