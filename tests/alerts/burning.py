"""
A bare handler that inserts one row for each post, and computes until each has cost so many seconds of a processor.

``python -m tests.alerts.burning <file> <seconds>`` prints the port it listens on. It ends when its input does.
"""

import asyncio
import sys
import time
from pathlib import Path

import aiosqlite
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.adapters.web.server import serving


async def burn(file: Path, seconds: float) -> None:
    """Serve until the other side closes."""
    async with aiosqlite.connect(file, isolation_level=None) as database:
        await database.execute("PRAGMA journal_mode = WAL")
        await database.execute("PRAGMA synchronous = FULL")
        await database.execute("CREATE TABLE kept (n INTEGER PRIMARY KEY, body BLOB NOT NULL)")

        began, posts = time.process_time(), 0

        async def handler(request: web.Request) -> web.Response:
            nonlocal posts
            await database.execute("INSERT INTO kept (body) VALUES (?)", (await request.read(),))
            posts += 1
            while time.process_time() - began < seconds * posts:
                pass
            return web.json_response({"alerts": 1})

        route = web.post("/alerts/alertmanager", handler)
        async with serving(("127.0.0.1", 0), dict, CollectorRegistry(), [route]) as port:
            print(port, flush=True)
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(burn(Path(sys.argv[1]), float(sys.argv[2])))
