"""
Calls Slack's Web API over one shared connection pool. Every failure becomes one of four errors.

``ThrottledError`` (HTTP 429, with Slack's wait), ``DeniedError`` (Slack said no, by name), ``UnknownOutcomeError``
(the answer was lost, or says nothing) and nothing else. slack_sdk's own retries are switched off: its default
sends again after a lost answer, and a post would be doubled. Only calls that change nothing, or that set a state,
are tried again here, a bounded number of times. Nothing ever waits for a rate limit in line.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import DeniedError, OutsideError, ThrottledError, UnknownOutcomeError

Json = dict[str, Any]
Sleep = Callable[[float], Awaitable[None]]
Token = Callable[[], str]

TIMEOUT: Final = 10.0  # seconds for one call
AGAIN_AFTER: Final = (0.2, 0.8)  # seconds before the second and the third try
LARGEST_ANSWER: Final = 4096  # bytes that are looked at of the answer to a response_url
LONGEST_WAIT: Final = 3600.0  # seconds: a greater Retry-After is cut
USUAL_WAIT: Final = 30.0  # seconds, where a 429 names none
ANSWER_HOSTS: Final = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
# Slack says of these that the call may have been done in part (docs.slack.dev, "Errors" of each method).
UNCERTAIN: Final = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})


def quiet() -> None:
    """Keep the libraries from printing request bodies, which they do below WARNING."""
    for name in ("slack_bolt", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Slack:
    """
    The Web API as the bot's own user. Use as an async context manager.

    ``token`` is asked for each call, so that a rotated file counts at once; it is never logged. ``base_url`` ends
    in ``/api/``. ``sleep`` is waited with between the tries of what may be tried again.
    """

    def __init__(self, token: Token, base_url: str, sleep: Sleep = asyncio.sleep) -> None:
        self._token, self._base, self._sleep = token, base_url, sleep
        self._session: aiohttp.ClientSession | None = None
        quiet()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()
        await asyncio.sleep(0)  # transports close in the loop's next turn

    def web(self, token: str = "") -> AsyncWebClient:
        """Return slack_sdk's client over the shared pool, without its retries."""
        return AsyncWebClient(token, base_url=self._base, session=self._session, retry_handlers=[])

    async def read(self, method: str, **arguments: Any) -> Json:
        """Call a method that changes nothing; tried three times at most. Raises the errors of this module."""
        return await self._again(lambda: self._once(method, params=_given(arguments), http_verb="GET"))

    async def put(self, method: str, **arguments: Any) -> Json:
        """Call a method that sets a state (chat.update), so that twice is once; tried three times at most."""
        return await self._again(lambda: self._once(method, json=_given(arguments)))

    async def post(self, method: str, **arguments: Any) -> Json:
        """Call a method that adds something: exactly one try."""
        return await self._once(method, json=_given(arguments))

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """
        Post to a response_url, once. Raises the errors of this module.

        The address came in a payload, so it is used only on Slack's own hosts: nothing is ever sent elsewhere.
        """
        if not self._is_slacks(url):
            raise DeniedError("foreign_response_url", "a response_url that is not on Slack's hosts")
        assert self._session is not None
        try:
            async with self._session.post(url, json=dict(body), allow_redirects=False) as answer:
                if answer.status != 200:
                    raise _by_status("response_url", answer.status, answer.headers)
                if b'"ok":false' in (await answer.content.read(LARGEST_ANSWER)).replace(b" ", b""):
                    raise DeniedError("response_refused", "response_url: Slack refused it")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _lost("response_url", error) from None

    async def send(self, url: str, content: bytes) -> None:
        """Send the bytes of a file, once, to the address that Slack named for it. Raises the errors of this module."""
        if not _is_upload(url, self._base):
            raise DeniedError("foreign_upload_url", "an upload address that is not on Slack's hosts")
        assert self._session is not None
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with self._session.post(
                url, data=content, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise _by_status("upload", answer.status, answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _lost("upload", error) from None

    def _is_slacks(self, url: str) -> bool:
        try:
            asked, ours = urlsplit(url), urlsplit(self._base)
        except ValueError:
            return False
        if "@" in asked.netloc:
            return False
        known = asked.scheme == "https" and asked.hostname in ANSWER_HOSTS and asked.netloc == asked.hostname
        return known or (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)

    async def _again(self, call: Callable[[], Awaitable[Json]]) -> Json:
        for wait in AGAIN_AFTER:
            try:
                return await call()
            except UnknownOutcomeError:
                await self._sleep(wait)
        return await call()

    async def _once(self, method: str, **how: Any) -> Json:
        try:
            answer = await self.web(self._token()).api_call(method, **how)
        except SlackApiError as error:
            raise _refused(method, error) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _lost(method, error) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # an answer that is no envelope
            raise _lost(method, error) from None
        if not isinstance(answer.data, dict):
            raise UnknownOutcomeError("odd_answer", f"{method}: the answer is no JSON object")
        return answer.data


def _given(arguments: Mapping[str, Any]) -> Json:
    return {name: value for name, value in arguments.items() if value is not None}


def _lost(method: str, error: BaseException) -> UnknownOutcomeError:
    """Name the kind of error only: its text may hold an address with a token in it."""
    return UnknownOutcomeError("no_answer", f"{method}: {type(error).__name__}")


def _refused(method: str, error: SlackApiError) -> OutsideError:
    answer: Any = error.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    sent = getattr(answer, "data", None)
    code = str(sent.get("error", "")) if isinstance(sent, dict) else ""
    if status == 429 or code == "ratelimited":
        return _by_status(method, 429, getattr(answer, "headers", {}))
    if not code or code in UNCERTAIN or status >= 500:
        return UnknownOutcomeError(code[:80] or "odd_answer", f"{method}: HTTP {status}")
    return DeniedError(code[:80], f"{method} was refused by Slack")


def _by_status(method: str, status: int, headers: Mapping[str, str]) -> OutsideError:
    if status == 429:
        wait = _retry_after(headers.get("Retry-After", ""))
        return ThrottledError("ratelimited", f"{method}: too many calls", wait)
    if status >= 500:
        return UnknownOutcomeError("odd_answer", f"{method}: HTTP {status}")
    return DeniedError(f"http_{status}", f"{method}: HTTP {status}")


def _retry_after(text: str) -> float:
    return min(LONGEST_WAIT, max(1.0, float(text))) if text.isascii() and text.isdecimal() else USUAL_WAIT


def _is_upload(url: str, base: str) -> bool:
    """Whether an address is Slack's own for uploads: bytes of ours are sent nowhere else."""
    try:
        asked, ours = urlsplit(url), urlsplit(base)
    except ValueError:
        return False
    if "@" in asked.netloc:
        return False
    slacks = asked.scheme == "https" and asked.netloc in ("files.slack.com", "files.slack-gov.com")
    return slacks or (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc)
