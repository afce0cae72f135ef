"""Socket Mode, the server's side (docs.slack.dev/apis/events-api/using-socket-mode).

A ticket opens one websocket. Every envelope goes to exactly one of at most ten connections; its acknowledgement is
taken from whichever connection it comes on.
"""

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from bot.sandbox.slack.clock import SandboxClock

MOST = 10
TICKET_SECONDS = 30.0
Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(slots=True, eq=False)
class Connection:
    """One websocket. `frozen` makes it half-open: pings stay unanswered, acknowledgements unread."""

    number: int
    ws: web.WebSocketResponse
    leaving: bool = False
    frozen: bool = False
    pings: int = 0
    pongs: int = 0


@dataclass(frozen=True, slots=True)
class Envelope:
    """What was sent, and on which connection."""

    id: str
    connection: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement with its optional response payload; `late` ones answer nobody any more."""

    envelope_id: str
    connection: int
    payload: Any = None
    late: bool = False


@dataclass(slots=True)
class Sockets:
    """The app's connections. `disabled` is Socket Mode switched off in the app's settings."""

    app_id: str
    clock: SandboxClock
    changed: Callable[[], None]
    connections: list[Connection] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    refused_upgrades: int = 0
    disabled: bool = False
    dead_tickets: int = 0
    _tickets: dict[str, float] = field(default_factory=dict)
    _pending: dict[str, "asyncio.Future[Ack]"] = field(default_factory=dict)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _turn: int = 0

    def ticket(self, base: str) -> str:
        """Issue a websocket address that opens once; the next `dead_tickets` never open."""
        made = secrets.token_hex(16)
        if self.dead_tickets > 0:
            self.dead_tickets -= 1
        else:
            self._tickets[made] = self.clock.seconds() + TICKET_SECONDS
        return f"{base.replace('http', 'ws', 1)}/link/?ticket={made}&app_id={self.app_id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Upgrade a request whose ticket is alive, then listen until it closes."""
        until = self._tickets.pop(request.query.get("ticket", ""), None)
        if until is None or self.clock.seconds() >= until:
            self.refused_upgrades += 1
            self.changed()
            return web.Response(status=403, text="expired or used ticket")
        ws = web.WebSocketResponse(autoping=False)
        await ws.prepare(request)
        connection = Connection(next(self._ids), ws)
        if len(self.connections) >= MOST:
            await ws.send_json(self._goodbye("too_many_websockets"))
            await ws.close()
            return ws
        self.connections.append(connection)
        try:
            await ws.send_json(self._hello())
            self.changed()
            await self._listen(connection)
        except ConnectionError:
            connection.leaving = True  # the app went away in the middle of a frame: the same as a close
        finally:
            self.connections.remove(connection)
            self.changed()
        return ws

    async def deliver(self, body: Mapping[str, Any], limit: float) -> Ack | None:
        """Send an envelope (without its id) to one connection; answers its acknowledgement, none after `limit` seconds.

        Raises `ConnectionError` when no connection is open.
        """
        connection = self._next()
        made = secrets.token_hex(16)
        pending = asyncio.get_running_loop().create_future()
        self._pending[made] = pending
        self.envelopes.append(Envelope(made, connection.number, body))
        self.changed()
        try:
            await connection.ws.send_json({"envelope_id": made, **body})
            return pending.result() if await self.clock.wait(pending, limit) else None
        finally:
            del self._pending[made]

    async def disconnect(self, reason: Reason, connection: Connection | None = None) -> None:
        """Tell one connection, or all, to go; it gets no more envelopes. The app is expected to close it."""
        if reason == "link_disabled":
            self.disabled = True
        for each in [connection] if connection else list(self.connections):
            each.leaving = reason != "warning"
            await each.ws.send_json(self._goodbye(reason))

    async def drop(self, connection: Connection | None = None) -> None:
        """Close one connection, or all, without a word, as a broken network does."""
        for each in [connection] if connection else list(self.connections):
            await each.ws.close()

    async def ping(self) -> None:
        """Ping every connection as Slack does; their `pongs` count the answers."""
        for each in list(self.connections):
            await each.ws.ping(b"Ping from sandbox")

    def _next(self) -> Connection:
        ready = [each for each in self.connections if not (each.leaving or each.ws.closed)]
        if not ready:
            raise ConnectionError("no open Socket Mode connection")
        self._turn += 1
        return ready[self._turn % len(ready)]

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.ws:
            if frame.type is WSMsgType.PING:
                connection.pings += 1
                if not connection.frozen:
                    await connection.ws.pong(frame.data)
            elif frame.type is WSMsgType.PONG:
                connection.pongs += 1
            elif frame.type is WSMsgType.TEXT and not connection.frozen:
                self._acknowledged(connection, frame.data)
            self.changed()

    def _acknowledged(self, connection: Connection, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return  # the real server passes over what it cannot read
        if not isinstance(frame, dict) or "envelope_id" not in frame:
            return
        envelope = str(frame["envelope_id"])
        pending = self._pending.get(envelope)
        late = pending is None or pending.done()
        ack = Ack(envelope, connection.number, frame.get("payload"), late)
        self.acks.append(ack)
        if pending is not None and not pending.done():
            pending.set_result(ack)

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self.app_id},
        }

    def _goodbye(self, reason: Reason) -> dict[str, Any]:
        return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
