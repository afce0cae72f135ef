"""The API over HTTP or HTTPS on the loopback address: who calls, which faults strike, what is noted."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from aiohttp import web

from bot.sandbox.kubernetes.access import ANONYMOUS, User
from bot.sandbox.kubernetes.api import Answer, Api, answer_of, dry_run_of, refused
from bot.sandbox.kubernetes.calls import WRITES, Call, Target, target_of
from bot.sandbox.kubernetes.faults import (
    AnswerLost,
    Broken,
    BrokenOff,
    ConnectionLost,
    Denied,
    Fault,
    Faults,
    QuotaExceeded,
    Slow,
    Throttled,
)
from bot.sandbox.kubernetes.following import stream
from bot.sandbox.kubernetes.journal import Entry, Journal
from bot.sandbox.kubernetes.registry import Admission
from bot.sandbox.kubernetes.resources import Resource
from bot.sandbox.kubernetes.statuses import ApiError, unauthorized

_BODY_LIMIT = 3 * 1024 * 1024  # the real server's limit for one request
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a request: its answer, if the caller is to get one, and the code that it has or would have."""

    answer: Answer | None
    code: int | None
    broken_off: int | None = None


class Server:
    """One running API. `users` maps bearer tokens to identities; `before` runs ahead of each request."""

    def __init__(self, api: Api, users: Mapping[str, User], sleep: Sleep, before: Callable[[], None]) -> None:
        self.faults = Faults()
        self.journal = Journal()
        self.url = ""
        self._api = api
        self._users = users
        self._sleep = sleep
        self._before = before
        self._runner: web.AppRunner | None = None

    async def start(self, tls: ssl.SSLContext | None = None, port: int = 0) -> str:
        """Listen on 127.0.0.1, on any free port unless one is given; returns the base URL."""
        self._api.history.closing = False
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._respond)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{bound}"
        return self.url

    async def stop(self) -> None:
        """Close the listener and all connections."""
        self._api.history.end()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        call = await _call_of(request)
        user = self._user(request.headers.get("Authorization", ""))
        outcome = await self._carry_out(user, call)
        if outcome.answer is None:
            if request.transport:
                request.transport.abort()
            return web.Response()
        answer = outcome.answer
        if outcome.broken_off is not None:
            return await _broken_off(request, answer, outcome.broken_off)
        target = target_of(call)
        if answer.code == 200 and target and target.verb == "watch" and target.resource:
            return await stream(request, self._api.history.follow(target.resource, target, call))
        return web.Response(
            status=answer.code, body=answer.body, content_type=answer.media_type, headers=answer.headers
        )

    def _user(self, authorization: str) -> User | None:
        """Return who holds the token; anonymous without one, None for one that nobody has."""
        scheme, _, token = authorization.partition(" ")
        if not authorization:
            return ANONYMOUS
        return self._users.get(token.strip()) if scheme.lower() == "bearer" else None

    async def _carry_out(self, user: User | None, call: Call) -> _Outcome:
        if user is None:
            return _Outcome(refused(unauthorized()), 401)
        target, dry_run = target_of(call), _dry_run(call)
        faults = self.faults.take(target, dry_run=dry_run) if target else []
        for fault in faults:
            if isinstance(fault, Slow):
                await self._sleep(fault.seconds)
        outcome = self._outcome(user, call, faults)
        if target:
            self.journal.note(_entry(len(self.journal.entries) + 1, user, call, target, outcome))
        return outcome

    def _outcome(self, user: User, call: Call, faults: list[Fault]) -> _Outcome:
        for fault in faults:
            if isinstance(fault, ConnectionLost):
                return _Outcome(None, None)
            if isinstance(fault, Throttled | Broken):
                answer = _failure(fault)
                return _Outcome(answer, answer.code)
        self._before()
        answer = self._api.answer(user, call, _admission(faults))
        lost = any(isinstance(fault, AnswerLost) for fault in faults)
        after = next((fault.after for fault in faults if isinstance(fault, BrokenOff)), None)
        return _Outcome(None if lost else answer, answer.code, after)


async def _broken_off(request: web.Request, answer: Answer, after: int) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.code, headers={"Content-Length": str(len(answer.body) + 1)})
    response.content_type = answer.media_type
    await response.prepare(request)
    await response.write(answer.body[:after])
    if request.transport:
        request.transport.close()
    return response


async def _call_of(request: web.Request) -> Call:
    return Call(
        request.method,
        request.rel_url.raw_path,
        parse_qs(request.rel_url.raw_query_string, keep_blank_values=True),
        request.headers.get("Accept", ""),
        request.content_type,
        request.headers.get("User-Agent", ""),
        await request.read(),
    )


def _dry_run(call: Call) -> bool:
    try:
        return dry_run_of(call)
    except ApiError:
        return False  # the API itself will refuse the directive


def _failure(fault: Throttled | Broken) -> Answer:
    if isinstance(fault, Throttled):
        text = b"Too many requests, please try again later.\n"
        return Answer(429, text, "text/plain", {"Retry-After": str(fault.retry_after)})
    if fault.code == 503:
        message = "the server is currently unable to handle the request"
        return answer_of(503, ApiError(503, "ServiceUnavailable", message, {}).status())
    message = "Internal error occurred: etcdserver: request timed out"
    causes = {"causes": [{"message": "etcdserver: request timed out"}]}
    return answer_of(fault.code, ApiError(fault.code, "InternalError", message, causes).status())


def _admission(faults: list[Fault]) -> Admission | None:
    refusing = [fault for fault in faults if isinstance(fault, Denied | QuotaExceeded)]
    if not refusing:
        return None

    def admit(resource: Resource, name: str) -> None:
        raise refusing[0].refusal(resource, name)

    return admit


def _entry(number: int, user: User, call: Call, target: Target, outcome: _Outcome) -> Entry:
    dry_run = _dry_run(call)
    written = target.verb in WRITES and not dry_run and outcome.code is not None and outcome.code < 300
    return Entry(
        number=number,
        verb=target.verb,
        path=call.path,
        resource=target.plural,
        namespace=target.namespace,
        name=target.name,
        user=user.name,
        body=_body(call),
        dry_run=dry_run,
        status=outcome.answer.code if outcome.answer else None,
        applied=written,
    )


def _body(call: Call) -> object:
    try:
        return call.content()
    except ApiError:
        return None


REAL_SLEEP: Sleep = asyncio.sleep
