"""One aiohttp server: ``/healthz`` (alive), ``/readyz`` (of use), ``/metrics``, and routes given to it."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Answer = Callable[[web.Request], Awaitable[web.Response]]
Probe = Callable[[], Mapping[str, str]]
LARGEST_BODY = 256 * 1024
LINGER = 1.0  # seconds for the rest of a body whose request is answered already


@asynccontextmanager
async def serving(
    address: tuple[str, int],
    probe: Probe,
    registry: CollectorRegistry,
    routes: Sequence[web.RouteDef] = (),
    *,
    noted: Probe = dict,
) -> AsyncIterator[int]:
    """
    Serve until the block is left; yields the port that was bound.

    ``probe`` names what is not well and why; an empty mapping means ready. It is told to whoever asks, so it
    holds no secrets. ``noted`` names what somebody should look at while the bot can still contain: it is told too, but
    takes no traffic away. ``/healthz`` says only that the process answers: a restart cannot mend Slack.
    """
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(
        [
            web.get("/healthz", _alive),
            web.get("/readyz", _ready(probe, noted)),
            web.get("/metrics", _metrics(registry)),
            *routes,
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0, lingering_time=LINGER)
    await runner.setup()
    site = web.TCPSite(runner, *address)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening(
    address: tuple[str, int], routes: Sequence[web.RouteDef], tls: ssl.SSLContext
) -> AsyncIterator[int]:
    """Serve routes alone over TLS until the block is left; yields the port that was bound."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0, lingering_time=LINGER)
    await runner.setup()
    site = web.TCPSite(runner, *address, ssl_context=tls)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


def _ready(probe: Probe, noted: Probe) -> Answer:
    async def ready(_: web.Request) -> web.Response:
        wrong = dict(probe())
        body = {"status": "not ready" if wrong else "ready", "wrong": wrong, "noted": dict(noted())}
        return web.json_response(body, status=503 if wrong else 200)

    return ready


def _metrics(registry: CollectorRegistry) -> Answer:
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return metrics
