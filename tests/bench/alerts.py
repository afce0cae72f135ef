"""Posts of alerts that are kept in a second, beside a bare aiohttp handler that inserts one row of the same size."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
from aiohttp import web
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from bot.adapters.store import migrate, open_store
from bot.adapters.web.server import serving
from bot.bootstrap.alerts import Clocks, intakes
from bot.settings import Settings
from tests.adapters.alerts.recorded import body
from tests.bench.figures import Figure, figure, median

POSTS, TURNS, AT_ONCE = 300, 9, 8
TOKEN = "b" * 24
LENGTH = re.compile(rb"(?i)content-length: (\d+)")

Turn = Callable[[int], Awaitable[float]]


async def accept(folder: Path) -> list[Figure]:
    """Both in turns over the same kind of connection; ms for one post, the median of the turns. 0.5x the rate is twice the time."""
    async with AsyncExitStack() as stack:
        ours = await _ours(stack, folder / "alerts.db")
        bare = await _bare(stack, folder / "bare.db")
        await ours(-1)
        await bare(-1)
        took = [(await ours(turn), await bare(turn)) for turn in range(TURNS)]
    mine, reference = (median(each) for each in zip(*took, strict=True))
    return [figure("alert kept, ms a post (bare handler with one insert)", mine, reference, 2.0)]


async def _ours(stack: AsyncExitStack, file: Path) -> Turn:
    url = f"sqlite+aiosqlite:///{file}"
    await migrate(url)
    store = await stack.enter_async_context(open_store(url, clock=lambda: datetime.now(UTC)))  # noqa: TID251 - a benchmark reads the clock
    clocks = Clocks(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 - as above
    settings = Settings(
        slack={"bot_token": "xoxb-1", "app_token": "xapp-1", "channels": {"*": "C0123"}},  # type: ignore[arg-type]  # pydantic makes the section
        clusters={"prod": {"in_cluster": True}},  # type: ignore[dict-item]  # as above
        alerts={"alertmanager": {"token": SecretStr(TOKEN), "per_second": 1000, "burst": 10_000}},  # type: ignore[dict-item]  # as above
    )
    built = await intakes(stack, settings, store, clocks, None)
    return await _posting(stack, built.routes, "/alerts/alertmanager")


async def _bare(stack: AsyncExitStack, file: Path) -> Turn:
    database = await stack.enter_async_context(aiosqlite.connect(file, isolation_level=None))
    await database.execute("PRAGMA journal_mode = WAL")
    await database.execute("PRAGMA synchronous = FULL")
    await database.execute("CREATE TABLE kept (n INTEGER PRIMARY KEY, body BLOB NOT NULL)")

    async def handler(request: web.Request) -> web.Response:
        await database.execute("INSERT INTO kept (body) VALUES (?)", (await request.read(),))
        return web.json_response({"alerts": 1})

    return await _posting(stack, [web.post("/bare", handler)], "/bare")


async def _posting(stack: AsyncExitStack, routes: Any, path: str) -> Turn:
    port = await stack.enter_async_context(serving(("127.0.0.1", 0), dict, CollectorRegistry(), routes))

    async def turn(number: int) -> float:
        requests = [_request(path, f"{number}-{each}") for each in range(POSTS)]
        began = time.perf_counter()
        await asyncio.gather(*(_sent(port, requests[first::AT_ONCE]) for first in range(AT_ONCE)))
        return (time.perf_counter() - began) * 1000 / POSTS

    return turn


def _request(path: str, fingerprint: str) -> bytes:
    """Each is another alert."""
    sent = json.loads(body("alertmanager.firing"))
    sent["alerts"] = [{**sent["alerts"][0], "fingerprint": fingerprint}]
    raw = json.dumps(sent).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


async def _sent(port: int, requests: list[bytes]) -> None:
    """As little of a client as can be: what it costs is in both figures."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for each in requests:
        writer.write(each)
        head = await reader.readuntil(b"\r\n\r\n")
        found = LENGTH.search(head)
        assert found is not None
        assert head.startswith(b"HTTP/1.1 200"), head
        await reader.readexactly(int(found[1]))
    writer.close()
    await writer.wait_closed()
