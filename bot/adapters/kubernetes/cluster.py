"""One cluster: its connection, its limits, its health. Sends calls, and gives back bytes or an error of ours."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import msgspec
from kubernetes.aio.client import ApiClient

from bot.adapters.kubernetes.connection import Connection, configuration_of, load, unusable
from bot.adapters.kubernetes.errors import Refusal, lost, refused
from bot.adapters.kubernetes.health import Clock, Health
from bot.domain.errors import BusyError, DeniedError, OutsideError, UnknownOutcomeError

JSON = "application/json"
MERGE = "application/merge-patch+json"
READERS = 4  # streams at one time, beside the calls
_REFUSAL = 65536  # bytes of a refusal that are read
_RENEW_PAUSE = 5.0  # seconds: a revoked credential must not start an exec plugin for every call
_TRANSPORT = (aiohttp.ClientError, TimeoutError, OSError, ssl.SSLError, ValueError)


class Call(msgspec.Struct, frozen=True):
    """
    One request. ``path`` has its query. ``writes`` tells that a lost answer leaves the outcome unknown.

    Bodies are JSON values; a dry run and a review are no writes.
    """

    method: str
    path: str
    body: Any = None
    media_type: str = JSON
    writes: bool = False


class Cluster:
    """A lazily opened connection: a cluster that cannot be reached hinders nobody but itself."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self.health = Health()
        self._clock = clock
        self._configuration = configuration_of()
        self._client: Any = None
        self._opening = asyncio.Lock()
        self._gate = asyncio.Semaphore(connection.concurrency)
        self._reading = asyncio.Semaphore(READERS)
        self._logins = 0
        self._renew_after = 0.0
        self._closed = False

    @property
    def name(self) -> str:
        """What people call the cluster."""
        return self.connection.name

    def healthy(self) -> bool:
        """Whether the last call was answered."""
        return self.health.healthy

    async def connect(self) -> None:
        """Read the configuration now instead of at the first call. Raises ``DeniedError``, with the remedy."""
        await self._opened()

    async def close(self) -> None:
        """Close all connections; later calls are refused."""
        self._closed = True
        async with self._opening:
            if self._client is not None:
                await self._client.close()
                self._client = None

    async def send(self, call: Call) -> bytes:
        """
        Return the body of a successful answer.

        Raises ``OutsideError`` as the table in ``errors`` says. Credentials that have run out are renewed once.
        """
        try:
            async with self._gate:
                body = await self._send(call)
        except OutsideError as error:
            self._note(error)
            raise
        self.health = self.health.answered(self._clock())
        return body

    @asynccontextmanager
    async def streaming(self, path: str) -> AsyncIterator[aiohttp.StreamReader]:
        """
        Open the body of a successful answer to a GET as a stream; the connection is given up at the end of the block.

        It has a gate of its own, so that a log that hangs holds back no containment. Only silence is bounded, not
        the whole: that is the caller's. Raises ``OutsideError``, the block's own transport errors translated too.
        """
        async with (
            self._reading,
            self.following(path, f"{JSON}, text/plain, */*", self.connection.timeout) as body,
        ):
            yield body

    @asynccontextmanager
    async def following(self, path: str, accept: str, silence: float) -> AsyncIterator[aiohttp.StreamReader]:
        """
        Open a stream as ``streaming`` does, beside its gate: a watch stands for as long as the program.

        ``silence``: seconds without a byte after which it counts as lost. Raises ``OutsideError``.
        """
        logins = self._logins
        client = await self._opened()
        try:
            response = await self._asked(client, path, accept, silence)
            if response.status == 401 and await self._renewed(logins):
                response.close()
                response = await self._asked(client, path, accept, silence)
            async with response:
                if not 200 <= response.status < 300:
                    body = await response.content.read(_REFUSAL)
                    refusal = Refusal(response.status, body, response.headers.get("Retry-After", ""))
                    raise refused(refusal, writes=False, secrets=self._secrets())
                yield response.content
                response.close()  # what was not read is not wanted
        except _TRANSPORT as error:
            raise lost(error, writes=False) from None

    async def _asked(self, client: Any, path: str, accept: str, silence: float) -> aiohttp.ClientResponse:
        bounds = aiohttp.ClientTimeout(
            total=None, sock_connect=self.connection.connect_timeout, sock_read=silence
        )
        headers = {"Accept": accept}
        prepared = await client.param_serialize(
            "GET", path, header_params=headers, auth_settings=["BearerToken"]
        )
        answer = await client.call_api(*prepared, _request_timeout=bounds, _preload_content=False)
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _send(self, call: Call) -> bytes:
        logins = self._logins
        client = await self._opened()
        answer = await self._once(client, call)
        if answer.status == 401 and await self._renewed(logins):
            answer = await self._once(client, call)
        if 200 <= answer.status < 300:
            return answer.body
        raise refused(answer, writes=call.writes, secrets=self._secrets())

    async def _once(self, client: Any, call: Call) -> Refusal:
        timeout = aiohttp.ClientTimeout(
            total=self.connection.timeout, sock_connect=self.connection.connect_timeout
        )
        headers = {"Accept": JSON, "Content-Type": call.media_type}
        sent = False
        try:
            prepared = await client.param_serialize(
                call.method, call.path, header_params=headers, body=call.body, auth_settings=["BearerToken"]
            )
            if call.writes:
                await _limits_first()
            sent = True
            answer = await client.call_api(*prepared, _request_timeout=timeout, _preload_content=False)
            return await self._received(answer.response, call)
        except _TRANSPORT as error:
            if not sent:
                raise unusable(self.connection, f"gave no credential ({type(error).__name__})") from None
            raise lost(error, writes=call.writes) from None  # the cause may quote headers

    async def _received(self, response: aiohttp.ClientResponse, call: Call) -> Refusal:
        body = bytearray()
        async with response:
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > self.connection.largest:
                    response.close()
                    raise self._too_large(call)
            return Refusal(response.status, bytes(body), response.headers.get("Retry-After", ""))

    def _too_large(self, call: Call) -> OutsideError:
        text = f"the answer is larger than {self.connection.largest} bytes"
        return UnknownOutcomeError("TooLarge", text) if call.writes else DeniedError("TooLarge", text)

    async def _opened(self) -> Any:
        async with self._opening:
            if self._closed:
                raise DeniedError("Closed", f"the connection to cluster {self.name} is closed")
            if self._client is None:
                await load(self.connection, self._configuration)
                self._configuration.proxy = self.connection.proxy or self._configuration.proxy
                self._configuration.client_session_kwargs = _session_options()
                self._client = _client(self.connection, self._configuration)
            return self._client

    async def _renewed(self, logins: int) -> bool:
        """Log in again, unless another call just did; the new credentials serve the same connections."""
        async with self._opening:
            if self._closed or self._client is None:
                return False
            now = asyncio.get_running_loop().time()
            if self._logins == logins and now >= self._renew_after:
                self._logins += 1
                self._renew_after = now + _RENEW_PAUSE
                host = self._configuration.host
                await load(self.connection, self._configuration)
                if self._configuration.host != host:
                    raise unusable(self.connection, "names another API server than at the start: restart")
                if self._configuration.cert_file:
                    tls = self._client.rest_client.ssl_context
                    tls.load_cert_chain(self._configuration.cert_file, self._configuration.key_file)
            return True

    def _secrets(self) -> tuple[str, ...]:
        """Return what may never come back out: an echoing proxy quotes our headers in its error page."""
        values = (str(value).partition(" ")[2].strip() for value in self._configuration.api_key.values())
        return tuple(value for value in values if value)

    def _note(self, error: OutsideError) -> None:
        silent = isinstance(error, BusyError | UnknownOutcomeError)
        ours = isinstance(error, DeniedError) and error.code in {"Unauthorized", "ClusterConfig", "Untrusted"}
        if silent or ours:
            self.health = self.health.failed(self._clock(), str(error))
        else:
            self.health = self.health.answered(self._clock())


async def _limits_first() -> None:
    """
    Let a time limit that has passed strike before a write is sent.

    A program that was frozen goes on where it was, and the loop looks at its timers only between two steps: without
    this a write would leave long after its lane has another owner. A POST has no precondition that would refuse it.
    """
    for _ in range(2):  # in the first the timer fires, in the second this task is told
        await asyncio.sleep(0)


def _client(connection: Connection, configuration: Any) -> Any:
    try:
        client = ApiClient(configuration)
    except (OSError, ssl.SSLError) as error:
        raise unusable(connection, f"names certificates that do not load ({type(error).__name__})") from None
    client.user_agent = "firebreak"
    return client


def _session_options() -> dict[str, Any]:
    """Nothing from the environment (proxies, netrc), no cookies of load balancers, no redirects."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_stay)
    return {"trust_env": False, "cookie_jar": aiohttp.DummyCookieJar(), "trace_configs": [trace]}


async def _stay(
    session: aiohttp.ClientSession, context: SimpleNamespace, redirect: aiohttp.TraceRequestRedirectParams
) -> None:
    del session, context
    redirect.response.close()
    raise DeniedError("Redirected", "the API server sent us elsewhere, where we do not follow")
