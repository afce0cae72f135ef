"""The double's face to the network: ARM over HTTPS on the loopback address."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.sandbox.azure.errors import ArmError, Json, Refusal, invalid, method_not_allowed
from bot.sandbox.azure.faults import Fault, FaultQueue, LostAnswer, LostRequest, Then
from bot.sandbox.azure.journal import Recorded, kept
from bot.sandbox.azure.reads import answer_get
from bot.sandbox.azure.routes import Answer, Call, route
from bot.sandbox.azure.world import World
from bot.sandbox.azure.writes import answer_patch, answer_put

LARGEST_BODY = 4 * 1024 * 1024  # "Azure Resource Manager request size": 4 MB


class Front:
    """Takes each request through the same steps: record, time, token, fault, answer."""

    def __init__(self, world: World, faults: FaultQueue, base_url: Callable[[], str]) -> None:
        self._world = world
        self._faults = faults
        self._base_url = base_url
        self.recorded: list[Recorded] = []

    def application(self) -> web.Application:
        """Return the aiohttp application; every path of every method comes to one place."""
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        return application

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = _decoded(raw)
        self._record(request, body)
        self._world.settle()
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return _response(_refused(_UNAUTHENTICATED))
        fault = self._faults.take(request.method, request.path)
        if isinstance(fault, LostRequest):
            return _hang_up(request)
        call = Call(request.method, route(request.path), request.query, kept(request.headers), body)
        answer = self._answer(call, fault)
        if isinstance(fault, Then):
            fault.hook()
        if "/operations/" in request.path:
            self._world.clock.turn(self._world.behaviour.turn_per_poll)
        return _hang_up(request) if isinstance(fault, LostAnswer) else _response(answer)

    def _record(self, request: web.Request, body: Any) -> None:
        shown = None if body is _UNREADABLE else body
        now = self._world.clock.now()
        headers = kept(request.headers)
        self.recorded.append(Recorded(request.method, request.path, dict(request.query), headers, shown, now))

    def _answer(self, call: Call, fault: Fault | None) -> Answer:
        if isinstance(fault, Refusal):
            return _refused(fault)
        try:
            return self._dispatch(call, fault)
        except ArmError as refused:
            return _refused(refused.refusal)

    def _dispatch(self, call: Call, fault: Fault | None) -> Answer:
        if "api-version" not in call.query:
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise invalid(message, "MissingApiVersionParameter")
        if call.body is _UNREADABLE:
            raise invalid(
                "The request content was invalid and could not be deserialized.", "InvalidRequestContent"
            )
        match call.method:
            case "GET":
                return answer_get(self._world, call, self._base_url())
            case "PUT":
                return answer_put(self._world, call, fault, self._base_url())
            case "PATCH":
                return answer_patch(self._world, call)
            case _:
                raise method_not_allowed(call.method)


_UNREADABLE = object()
_UNAUTHENTICATED = Refusal(
    401,
    "AuthenticationFailed",
    "Authentication failed. The 'Authorization' header is missing or not a bearer token.",
)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return _UNREADABLE


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.status, refusal.body(), refusal.headers())


def _response(answer: Answer) -> web.Response:
    correlation = {"x-ms-request-id": str(uuid4()), "x-ms-correlation-request-id": str(uuid4())}
    headers: Mapping[str, str] = {**answer.headers, **correlation}
    body: Json | None = answer.body
    return web.json_response(body, status=answer.status, headers=headers)


def _hang_up(request: web.Request) -> web.Response:
    """Close the connection at once; aiohttp drops the response that a closed transport can't take."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
