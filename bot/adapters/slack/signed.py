"""
Slack's requests over HTTP: proved to be Slack's before anything of them is read.

What must hold, in this order: (1) a content type that Slack uses; (2) at most 64 KiB, sent without dawdling;
(3) a timestamp of digits only, within five minutes of ours; (4) the v0 signature over the raw body, compared in
constant time (docs.slack.dev/authentication/verifying-requests-from-slack); (5) UTF-8 that parses. Refusals echo
nothing. A true request that is sent again within the five minutes has the key of the first and happens once.
"""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response

from bot.adapters.slack.client import Token
from bot.adapters.slack.front import Front

log = logging.getLogger("firebreak.slack.signed")

PATH: Final = "/slack/events"
LARGEST: Final = 64 * 1024  # bytes
WINDOW: Final = 300  # seconds
PATIENCE: Final = 3.0  # seconds for the whole body: Slack itself gives up then
MOST_FIELDS: Final = 50
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"


class _RefusedError(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def routes(front: Front, secret: Token, wall: Callable[[], float]) -> list[web.RouteDef]:
    """
    Return the route for our own aiohttp application.

    ``secret`` is asked at each request; ``wall`` is the time in seconds since 1970.
    """

    async def receive(request: web.Request) -> web.StreamResponse:
        try:
            body = await _proved(request, secret(), wall())
        except _RefusedError as refused:
            log.warning("slack_request_refused", extra={"why": refused.why})
            return web.Response(status=refused.status)
        return await to_aiohttp_response(await front.take(body))

    return [web.post(PATH, receive)]


async def _proved(request: web.Request, secret: str, now: float) -> object:
    if request.content_type not in (FORM, JSON):  # (1)
        raise _RefusedError(400, "content type")
    stamp = _timestamp(request, now)  # (3), before the body is waited for
    raw = await _body(request)  # (2)
    if not secret or not _signed(request, secret, stamp, raw):  # (4)
        raise _RefusedError(401, "signature")
    return _parsed(raw, request.content_type)  # (5)


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > LARGEST:
        raise _RefusedError(400, "size")
    raw = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while chunk := await request.content.read(LARGEST + 1 - len(raw)):
                raw += chunk
                if len(raw) > LARGEST:
                    raise _RefusedError(400, "size")
    except (TimeoutError, web.HTTPException, OSError):
        raise _RefusedError(400, "body") from None
    return raw


def _timestamp(request: web.Request, now: float) -> str:
    stamps = request.headers.getall("X-Slack-Request-Timestamp", [])
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdecimal() and len(stamps[0]) <= 12):
        raise _RefusedError(401, "timestamp")
    if abs(now - int(stamps[0])) > WINDOW:
        raise _RefusedError(401, "timestamp")
    return stamps[0]


def _signed(request: web.Request, secret: str, stamp: str, raw: bytes) -> bool:
    given = request.headers.getall("X-Slack-Signature", [])
    if len(given) != 1:
        return False
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256)
    return hmac.compare_digest(f"v0={mac.hexdigest()}".encode(), given[0].encode(errors="surrogateescape"))


def _parsed(raw: bytes, content_type: str) -> object:
    try:
        text = raw.decode()
        if content_type == JSON:
            return json.loads(text)
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
        return json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise _RefusedError(400, "encoding") from None
