"""
Takes connections for an aiohttp server, and no more of them than it can hold.

At most `OPEN` are kept: for a new one the oldest that is not being answered makes room, so that idle ones starve nobody.
Where all are being answered, `MOST` is the end, and a new one is closed at once. A TLS handshake has `HANDSHAKE` seconds,
and counts from the moment that the connection is accepted. Where `HANDSHAKES` of them go on, a new one is taken all the
same: the oldest of the address that has the most ends, so that whoever says nothing keeps nobody else out.
"""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

OPEN: Final = 256  # connections of one listener
MOST: Final = 2 * OPEN
HANDSHAKES: Final = 128
HANDSHAKE: Final = 10.0  # seconds
PRESSED: Final = 3.0  # seconds for a handshake while more than half of ``HANDSHAKES`` go on
SITE: Final = 64  # bits of an IPv6 address: whoever has one has all of its network
IDLE: Final = 75.0
"""Seconds without a whole head of a request; longer than proxies keep a connection, so that they end it and not we."""

LINGER: Final = 1.0  # seconds for the rest of a body whose request is answered already
DRAIN: Final = 5.0  # seconds for what is being answered when the program ends
PAUSE: Final = 1.0  # seconds, when the program has no descriptor left

Tls = Callable[[], ssl.SSLContext]
"""Asked at each connection, so that a certificate that was renewed counts for the next one."""

log = logging.getLogger("firebreak.web")


@asynccontextmanager
async def accepting(app: web.Application, address: tuple[str, int], tls: Tls | None) -> AsyncIterator[int]:
    """
    Serve an application, that is not frozen yet, until the block is left; yields the port that was bound.

    Raises ``OSError`` where the address cannot be bound.
    """
    busy: set[object] = set()
    app.middlewares.insert(0, _noticing(busy))
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=DRAIN, lingering_time=LINGER, keepalive_timeout=IDLE
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        server = runner.server
        assert server is not None
        listeners = await _bound(*address)
        for each in listeners:
            stack.callback(each.close)
        lobby = _Lobby(server, tls, busy)
        stack.push_async_callback(lobby.close)
        for each in listeners:
            stack.push_async_callback(_ended, [asyncio.create_task(lobby.accept(each))])
        yield listeners[0].getsockname()[1]


def _noticing(busy: set[object]) -> Middleware:
    @web.middleware
    async def noticed(request: web.Request, handler: Handler) -> web.StreamResponse:
        busy.add(request.protocol)
        try:
            return await handler(request)
        finally:
            busy.discard(request.protocol)

    return noticed


async def _bound(host: str, port: int) -> list[socket.socket]:
    """Bind all addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            made.append(socket.create_server(address[:2], family=family, backlog=128))
            made[-1].setblocking(False)
    except OSError:
        for each in made:
            each.close()
        raise
    return made


class _Lobby:
    """``busy`` are the connections with a request that is being answered."""

    def __init__(self, server: web.Server, tls: Tls | None, busy: set[object]) -> None:
        self._server, self._tls, self._busy = server, tls, busy
        self._coming: dict[asyncio.Task[None], str] = {}
        self._cut: set[asyncio.Task[None]] = set()

    async def accept(self, listener: socket.socket) -> None:
        """Take connections until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                taken, peer = await loop.sock_accept(listener)
            except OSError as error:  # it broke off before it was taken, or there is no descriptor left
                log.warning("connection_not_taken", extra={"why": error.strerror})
                await asyncio.sleep(PAUSE)
                continue
            if self._room():
                coming = asyncio.create_task(self._welcome(taken))
                self._coming[coming] = _site(peer)
                coming.add_done_callback(self._come)
            else:
                log.warning("connection_refused_too_many", extra={"open": len(self._server.connections)})
                taken.close()

    def _room(self) -> bool:
        """Whether there is room for one more, which is made where there is none."""
        standing = self._server.connections
        if len(self._coming) >= HANDSHAKES or len(self._busy) + len(self._coming) >= MOST:
            if not self._coming:
                return False
            self._end_one()
        over = len(standing) + len(self._coming) + 1 - OPEN
        for each in [one for one in standing if one not in self._busy][: max(0, over)]:
            each.force_close()
        return True

    def _end_one(self) -> None:
        """End the oldest that is still on its way in, of the address that has the most."""
        ((most, _),) = Counter(self._coming.values()).most_common(1)
        oldest = next(each for each, site in self._coming.items() if site == most)
        del self._coming[oldest]
        self._cut.add(oldest)
        oldest.cancel()

    def _come(self, task: asyncio.Task[None]) -> None:
        self._coming.pop(task, None)
        self._cut.discard(task)

    async def _welcome(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        tls = None if self._tls is None else self._tls()
        pressed = len(self._coming) > HANDSHAKES // 2
        patience = None if tls is None else min(HANDSHAKE, PRESSED) if pressed else HANDSHAKE
        try:
            await loop.connect_accepted_socket(
                self._server, taken, ssl=tls, ssl_handshake_timeout=patience, ssl_shutdown_timeout=patience
            )
        except OSError:  # no TLS, or none that we speak: ssl.SSLError is one
            taken.close()
        except asyncio.CancelledError:
            taken.close()
            raise

    async def close(self) -> None:
        """Let go of those that are still on their way in."""
        await _ended([*self._coming, *self._cut])


def _site(peer: Any) -> str:
    """Return by what a peer is counted: its address, of IPv6 its network."""
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except (ValueError, IndexError, TypeError):
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, SITE), strict=False))


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
