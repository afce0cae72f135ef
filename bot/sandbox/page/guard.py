"""
Who may talk to the page: this machine's browser, from the page itself, and nobody else's page in that browser.

What must hold, in this order: (1) the Host header is our own loopback address with our port, or a name that was
pointed at 127.0.0.1 would do (DNS rebinding); (2) a browser that says where a request comes from says that it comes
from here; (3) what changes anything is JSON, with our own Origin (4) and with the token that only this start's page
holds, compared in constant time. Whatever is answered may load nothing from anywhere but here.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

TOKEN_HEADER: Final = "X-Sandbox-Token"  # noqa: S105 - the header's name
_ALLOWED: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
POLICY: Final = "; ".join(_ALLOWED)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
FROM_HERE: Final = frozenset({"", "none", "same-origin"})

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarding(port: Callable[[], int], token: str) -> Middleware:
    """Return the middleware for a page that listens on ``port()`` and was given this token."""

    @web.middleware
    async def guarded(request: web.Request, handler: Next) -> web.StreamResponse:
        refusal = _refusal(request, port(), token)
        if refusal is not None:
            return refusal
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        if not answer.prepared:
            answer.headers.update(
                {name: value for name, value in HEADERS.items() if name not in answer.headers}
            )
        return answer

    return guarded


def _refusal(request: web.Request, port: int, token: str) -> web.Response | None:
    own = {f"127.0.0.1:{port}", f"localhost:{port}"}
    if request.host not in own:  # (1)
        return _refused(421, "This page is only served under its own address.")
    if request.headers.get("Sec-Fetch-Site", "") not in FROM_HERE:  # (2)
        return _refused(403, "This request comes from another page.")
    if request.method in {"GET", "HEAD"}:
        return None
    if (
        request.content_type != "application/json"
        or request.headers.get("Origin") != f"http://{request.host}"
    ):
        return _refused(403, "This request comes from another page.")  # (3)
    if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), token.encode()):  # (4)
        return _refused(403, "This page is of an earlier start: load it again.")
    return None


def _refused(status: int, why: str) -> web.Response:
    return web.Response(status=status, text=why, headers=HEADERS)
