"""The HTTP side: reads a call, lets a staged fault have its way, answers in Slack's envelope."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.slack.api.call import Call, Json
from bot.sandbox.slack.api.methods import METHODS, Route
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import ApiError
from bot.sandbox.slack.faults import AnswerLost, Closed, Fault, Hang, RateLimited, Refused, ServerError, Slow
from bot.sandbox.slack.people import App
from bot.sandbox.slack.response_urls import post_response

BODY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebApi:
    """The routes of one workspace."""

    core: Core

    def application(self) -> web.Application:
        """Mount the Web API, the response_urls, the upload address and the websocket."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_post("/commands/{tail:.+}", self._respond)
        app.router.add_post("/actions/{tail:.+}", self._respond)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_get("/link/", self._link)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            args, token = await read_arguments(request)
        except ValueError:
            return _envelope({"ok": False, "error": "invalid_json"})
        number = self.core.journal.begin(name, args, self.core.clock.seconds())
        fault = self.core.faults.take(name, args, self.core.clock.seconds())
        if (early := await self._before(request, fault)) is not None:
            self.core.journal.end(number, status=early.status, fault=fault)
            return early
        answer = run(self.core, name, args, token)
        self.core.journal.end(number, status=200, answer=answer, fault=fault)
        if isinstance(fault, Slow):
            await self.core.clock.sleep(fault.seconds)
        return hang_up(request) if isinstance(fault, AnswerLost) else _envelope(answer)

    async def _before(self, request: web.Request, fault: Fault | None) -> web.Response | None:
        match fault:
            case RateLimited(seconds):
                limited = {"ok": False, "error": "ratelimited"}
                return web.json_response(limited, status=429, headers={"Retry-After": str(seconds)})
            case ServerError(status):
                return web.Response(
                    status=status, text="<html>upstream error</html>", content_type="text/html"
                )
            case Refused(error):
                return _envelope({"ok": False, "error": error})
            case Hang(seconds):
                await self.core.clock.sleep(seconds)
                return hang_up(request)
            case Closed():
                return hang_up(request)
            case _:
                return None

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        return await self._posted(request, body if isinstance(body, dict) else {})

    async def _posted(self, request: web.Request, body: Json) -> web.Response:
        number = self.core.journal.begin("response_url", body, self.core.clock.seconds())
        fault = self.core.faults.take("response_url", body, self.core.clock.seconds())
        if (early := await self._before(request, fault)) is not None:
            self.core.journal.end(number, status=early.status, fault=fault)
            return early
        try:
            post_response(self.core, request.path, body)
        except ApiError as refused:
            answer = {"ok": False, "error": refused.name}
            status = 404 if refused.name in {"expired_url", "used_url"} else 400
            self.core.journal.end(number, status=status, answer=answer, fault=fault)
            return web.json_response(answer, status=status)
        self.core.journal.end(number, status=200, answer={"ok": True}, fault=fault)
        return hang_up(request) if isinstance(fault, AnswerLost) else web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        taken = self.core.files.receive(request.match_info["file"], await request.read())
        return web.Response(text="OK - 1") if taken else web.Response(status=400, text="bad upload")

    async def _link(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=503) if self.core.faults.down else await self.core.sockets.serve(request)


async def read_arguments(request: web.Request) -> tuple[Json, str]:
    """Merge query, form and JSON, as Slack takes all three; answers them with the token, which is in neither."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        sent = json.loads(await request.text() or "{}")
        args |= sent if isinstance(sent, dict) else {}
    elif request.can_read_body:
        args |= dict(await request.post())
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else str(args.get("token", ""))
    args.pop("token", None)
    return args, token


def run(core: Core, name: str, args: Mapping[str, Any], token: str) -> Json:
    """Do one call; every refusal becomes an envelope."""
    route = METHODS.get(name)
    if route is None:
        return {"ok": False, "error": "unknown_method", "req_method": name}
    try:
        scopes = _granted(core.world.app, route, token)
        call = Call(core, args, scopes)
        call.allow(*route.scopes)
        return {"ok": True, **route.run(call)}
    except ApiError as refused:
        return {"ok": False, "error": refused.name, **refused.extra}


def hang_up(request: web.Request) -> web.Response:
    """Close the connection instead of answering."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=499)


def _granted(app: App, route: Route, token: str) -> frozenset[str]:
    if not token:
        raise ApiError("not_authed")
    is_bot, is_app = (
        hmac.compare_digest(token.encode(), each.encode()) for each in (app.bot_token, app.app_token)
    )
    if not (is_bot or is_app):
        raise ApiError("invalid_auth")
    if is_app != route.app_level:
        raise ApiError("not_allowed_token_type")
    return frozenset(("connections:write",)) if is_app else app.scopes


def _envelope(answer: Json) -> web.Response:
    return web.json_response(answer)
