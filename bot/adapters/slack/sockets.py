"""
Socket Mode: several connections, so that one may be renewed while another listens, and a watchdog over them.

slack_sdk 3.47 has two faults that the watchdog cures: a websocket address that is dead when it is first used is
tried for ever (forgetting it makes the next try ask for another), and ``link_disabled``, by which Slack says that
Socket Mode is switched off in the app's settings, is answered by trying again at once.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.adapters.slack.client import Slack, Sleep, Token
from bot.adapters.slack.front import Front
from bot.engine.resting import first_of

log = logging.getLogger("firebreak.slack.sockets")

LOOK_EVERY: Final = 1.0  # seconds
DEAD_TICKET: Final = 10.0  # seconds without a connection until its address is forgotten
HOPELESS: Final = 60.0  # seconds without a connection until it is made anew, and of rest after link_disabled
PING: Final = 5.0  # seconds
DRAIN: Final = 3.0  # seconds: Slack waits no longer for an acknowledgement


class _Link(AsyncSocketModeHandler):
    """One connection, its envelopes on their way, and since when it is not up."""

    def __init__(self, front: Front, slack: Slack, token: Token, ping: float, now: float) -> None:
        silent = logging.getLogger("firebreak.slack.sdk")
        silent.setLevel(logging.CRITICAL + 1)  # its errors quote addresses with tickets in them
        super().__init__(front.app, token(), logger=silent, web_client=slack.web(), ping_interval=ping)
        self.client.on_message_listeners.append(self._heard)
        self._front, self._token = front, token
        self._taking: set[asyncio.Task[Any]] = set()
        self.down_since = self.asked_at = now
        self.disabled = self.closed = False
        self._connecting = asyncio.ensure_future(self.client.connect())  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped

    @property
    def up(self) -> bool:
        session = self.client.current_session
        return not (self.disabled or self.client.closed or self.client.stale) and not (
            session is None or session.closed
        )

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # as in bolt
        """Take one envelope. slack_sdk starts this as a task that nobody holds, so it is held here."""
        task = asyncio.current_task()
        assert task is not None
        self._taking.add(task)
        try:
            await send_async_response(client, req, await self._front.take(req.payload), 0.0)
        except (ConnectionError, RuntimeError) as error:  # the row stands; Slack shows that it failed
            log.warning("slack_ack_lost", extra={"error": type(error).__name__})
        finally:
            self._taking.discard(task)

    def forget_address(self, now: float) -> None:
        """Have the next try ask for another address, with the token of now."""
        self.client.wss_uri = None
        self.client.app_token = self._token()
        self.asked_at = now

    async def close(self) -> None:
        """Let envelopes be acknowledged, then close, and wait for every task that slack_sdk started."""
        if self.closed:
            return
        self.closed = True
        if self._taking:
            await asyncio.wait(set(self._taking), timeout=DRAIN)
        self._connecting.cancel()
        await self.client.close()  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
        started = (
            self._connecting,
            self.client.message_processor,
            self.client.current_session_monitor,
            self.client.message_receiver,
            *self._taking,
        )
        tasks = [task for task in started if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _heard(self, message: WSMessage) -> None:
        if '"disconnect"' not in message.data:
            return
        try:
            frame = json.loads(message.data)
        except ValueError:
            return
        if isinstance(frame, dict) and frame.get("type") == "disconnect":
            self.disabled = self.disabled or frame.get("reason") == "link_disabled"


class Sockets:
    """
    ``count`` connections (at most 10 for an app). ``run`` holds them until it is told to stop.

    ``seconds`` is a clock that only goes forward; ``sleep`` waits between two looks.
    """

    def __init__(  # noqa: PLR0913 - four of them are named, with defaults
        self,
        front: Front,
        slack: Slack,
        token: Token,
        *,
        seconds: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        count: int = 2,
        ping: float = PING,
    ) -> None:
        self._front, self._slack, self._token = front, slack, token
        self._seconds, self._sleep, self._count, self._ping = seconds, sleep, count, ping
        self._links: list[_Link] = []

    def connected(self) -> int:
        """How many connections are up: none is unhealthy."""
        return sum(link.up for link in self._links)

    @property
    def disabled(self) -> bool:
        """Whether Slack said that Socket Mode is switched off in the app's settings."""
        return any(link.disabled for link in self._links)

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until ``stop`` is set or this is cancelled, then close everything."""
        try:
            self.open()
            while not stop.is_set():
                await self.look()
                await first_of(stop.wait(), self._sleep(LOOK_EVERY))
        finally:
            await self.close()

    def open(self) -> None:
        """Begin to connect; returns at once."""
        self._links = [self._link() for _ in range(self._count)]

    async def close(self) -> None:
        """Close all connections, and leave no task behind."""
        await asyncio.gather(*(link.close() for link in self._links))

    async def look(self) -> None:
        """The watchdog's one look: forget dead addresses, replace hopeless connections, rest where switched off."""
        now = self._seconds()
        for place, link in enumerate(self._links):
            if link.up:
                link.down_since = link.asked_at = now
            elif link.disabled and not link.closed:
                log.error("slack_socket_mode_is_off")
                await link.close()
                link.down_since = now
            elif now - link.down_since >= HOPELESS:
                log.warning("slack_connection_replaced", extra={"connection": place})
                await link.close()
                self._links[place] = self._link()
            elif now - link.asked_at >= DEAD_TICKET:
                log.warning("slack_address_forgotten", extra={"connection": place})
                link.forget_address(now)

    def _link(self) -> _Link:
        return _Link(self._front, self._slack, self._token, self._ping, self._seconds())
