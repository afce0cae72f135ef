"""
The HTTP session under the SDK: a write leaves it once.

aiohttp repeats an idempotent request by itself when a kept connection closes before an answer (RFC 9112 9.3.1 allows
it), whatever the SDK was told about retries. A PUT whose answer was lost would so be sent twice, and the second would
be told that another operation is in progress: our own.
"""

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport

_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


class LostConnectionError(aiohttp.ClientConnectionError):
    """The connection closed after a write was sent: nobody knows whether it was taken."""


async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a write once: a lost connection becomes an error that aiohttp does not repeat (client middleware)."""
    try:
        return await send(request)
    except _NEVER_SENT:
        raise
    except _LOST as error:
        if request.method in {"GET", "HEAD"}:
            raise
        raise LostConnectionError(type(error).__name__) from error


def open_transport(timeout: float, verify: bool | str) -> AioHttpTransport:
    """
    Return the SDK's transport over such a session, which it closes; needs a running loop.

    ``timeout`` in seconds is for connecting and for each read; ``verify`` is True or the path of a CA file.
    """
    session = aiohttp.ClientSession(
        trust_env=True, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, middlewares=(once,)
    )
    return AioHttpTransport(
        session=session, connection_timeout=timeout, read_timeout=timeout, connection_verify=verify
    )
