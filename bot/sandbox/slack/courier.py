"""Carries a payload to the app by either transport and brings back what it answered within 3 seconds."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from bot.sandbox.slack.core import Core
from bot.sandbox.slack.signing import Attack, Signed, signed_request

ACK_SECONDS = 3.0
Kind = Literal["slash_commands", "interactive", "events_api"]
Transport = Literal["http", "socket"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent, so that it can be sent again; `signed` only over HTTP. Retries are of events."""

    kind: Kind
    payload: Mapping[str, Any]
    transport: Transport
    signed: Signed | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: HTTP status (a socket's acknowledgement counts as 200; 0 is none in time), and the body."""

    status: int
    body: Any = None
    error: str = ""


@dataclass(slots=True)
class Courier:
    """`request_url` is where the app listens over HTTP."""

    core: Core
    request_url: str = ""
    _session: aiohttp.ClientSession | None = None
    _open: set["asyncio.Task[Reply]"] = field(default_factory=set)

    def prepare(
        self, kind: Kind, payload: Mapping[str, Any], transport: Transport, attack: Attack | None
    ) -> Delivery:
        """Make a delivery; an attack on the signature needs HTTP, a socket has none."""
        if transport == "socket":
            if attack is not None:
                raise ValueError("Socket Mode payloads are not signed: attack the signature over http")
            return Delivery(kind, payload, transport)
        now = self.core.clock.wall()
        secret = self.core.world.app.signing_secret
        return Delivery(kind, payload, transport, signed_request(secret, now, kind, payload, attack))

    async def send(self, delivery: Delivery) -> Reply:
        """Send it and wait 3 of the emulator's seconds for the app's answer."""
        return await (
            self._by_socket(delivery) if delivery.signed is None else self._by_http(delivery, delivery.signed)
        )

    async def close(self) -> None:
        """Give up what still waits for an answer."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _by_socket(self, delivery: Delivery) -> Reply:
        body: dict[str, Any] = {"type": delivery.kind, "payload": delivery.payload}
        body["accepts_response_payload"] = delivery.kind != "events_api"
        if delivery.kind == "events_api":
            body |= {"retry_attempt": delivery.attempt, "retry_reason": "timeout" if delivery.attempt else ""}
        try:
            ack = await self.core.sockets.deliver(body, ACK_SECONDS)
        except ConnectionError:
            return Reply(0, error="no_connection")
        return Reply(0, error="timeout") if ack is None else Reply(200, ack.payload)

    async def _by_http(self, delivery: Delivery, signed: Signed) -> Reply:
        headers = dict(signed.headers)
        if delivery.attempt:
            headers |= {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": "http_timeout"}
        task = asyncio.create_task(self._post(signed.body, headers))
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        if await self.core.clock.wait(task, ACK_SECONDS):
            return task.result()
        return Reply(0, error="timeout")

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(self.request_url, data=body, headers=headers) as response:
                text = await response.text()
                is_json = response.content_type == "application/json" and text
                return Reply(response.status, json.loads(text) if is_json else text or None)
        except aiohttp.ClientError:
            return Reply(0, error="no_connection")
