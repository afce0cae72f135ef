"""One aiohttp server: ``/healthz`` (alive), ``/readyz`` (of use), ``/metrics``, and routes given to it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bot.adapters.web.accepting import Tls, accepting

Answer = Callable[[web.Request], Awaitable[web.Response]]
Probe = Callable[[], Mapping[str, str]]
LARGEST_BODY = 256 * 1024


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
    async with accepting(app, address, None) as port:
        yield port


@asynccontextmanager
async def listening(address: tuple[str, int], routes: Sequence[web.RouteDef], tls: Tls) -> AsyncIterator[int]:
    """
    Serve routes alone over TLS until the block is left; yields the port that was bound.

    ``tls`` is asked at each connection.
    """
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(routes)
    async with accepting(app, address, tls) as port:
        yield port


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
