"""
One workspace, asked through the SDK's client.

The client's own ``query_workspace`` decodes a whole answer in one go and knows no ``/search``, which tables of the Basic plan
need; so its ``send_request`` is used, which keeps its pipeline (identity, request ids) and lets the answer stream.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.monitor.query.aio import LogsQueryClient

from bot.adapters.flows.loganalytics.kql import Query
from bot.adapters.flows.loganalytics.refusals import (
    NO_ANSWER,
    RAISED,
    partial,
    refusal,
    translated,
)
from bot.adapters.flows.loganalytics.splitting import Splitter, UnreadableError
from bot.domain.errors import FirebreakError, ThrottledError, UnknownOutcomeError

AT_ONCE: Final = 3
"""Questions under way; the service allows five for one user, two of them to tables of the Basic plan."""
AT_ONCE_BASIC: Final = 1
LONGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes; the service itself stops at about 100 MB."""
LONGEST_REFUSAL: Final = 256 * 1024
ROWS_AT_ONCE: Final = 100
"""Rows between two pauses for everybody else: some milliseconds."""
LONGEST_WAIT: Final = 600
"""Seconds that the service may be told to work on a question ("Timeouts")."""

Row = list[Any]
Columns = dict[str, str]
"""Names of columns in their order, each with its type (``string``, ``datetime``, ``int``, ``long``, ``bool``, ``dynamic`` ...)."""
Reader = Callable[[Columns], Callable[[Row], None]]
"""Told the columns, it returns what takes each row."""


@dataclass(frozen=True)
class Question:
    """A query over a stretch of time, UTC; the stretch is sent beside it, which tables of the Basic plan insist on."""

    query: Query
    since: datetime
    until: datetime
    basic: bool = False
    most: int = 20_000

    def timespan(self) -> str:
        """Return the stretch as ISO 8601."""
        return "/".join(
            time.astimezone(UTC).isoformat().replace("+00:00", "Z") for time in (self.since, self.until)
        )


@dataclass
class Heard:
    """What came: how many rows, and why not all. ``cut`` is that there were more than ``most``."""

    columns: Columns = field(default_factory=dict)
    rows: int = 0
    partial: str = ""
    cut: bool = False


class Workspace:
    """Asks one workspace. At most `AT_ONCE` questions are under way, the others wait their turn."""

    def __init__(self, client: LogsQueryClient, workspace_id: str) -> None:
        self._client = client
        self._id = workspace_id
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._basic_turn = asyncio.Semaphore(AT_ONCE_BASIC)

    async def hear(self, question: Question, reader: Reader, within: float) -> Heard:
        """
        Ask, and hand each row to the reader as it comes, for at most so many seconds.

        What came in time counts, and ``Heard`` says what is missing of it. Raises ``OutsideError``, or
        ``AbsentTableError``, ``AbsentColumnError``, ``BasicPlanError``.
        """
        heard = Heard()
        try:
            async with asyncio.timeout(within):
                await self._patiently(question, reader, within, heard)
        except TimeoutError:
            if not heard.columns:
                raise UnknownOutcomeError(
                    NO_ANSWER, f"Log Analytics did not answer within {within:g} s"
                ) from None
            heard.partial = f"it was still coming after {within:g} s"
        return heard

    async def _patiently(self, question: Question, reader: Reader, within: float, heard: Heard) -> None:
        """Wait as long as the service says where that leaves time to ask again, twice at most."""
        until = asyncio.get_running_loop().time() + within
        for again in (True, True, False):
            try:
                await self._in_turn(question, reader, within, heard)
            except ThrottledError as error:
                wait = error.retry_after
                if not again or wait is None or asyncio.get_running_loop().time() + wait >= until:
                    raise
                await asyncio.sleep(wait)
            else:
                return

    async def _in_turn(self, question: Question, reader: Reader, within: float, heard: Heard) -> None:
        turn = self._basic_turn if question.basic else self._turn
        async with turn:
            try:
                response = await self._client.send_request(self._request(question, within), stream=True)
                async with response:
                    if response.status_code != 200:
                        raise refusal(response.status_code, await _body(response), response.headers)
                    await _read(response, question.most, reader, heard)
            except (FirebreakError, TimeoutError):
                raise
            except UnreadableError as error:
                raise UnknownOutcomeError(
                    "Unreadable", f"Log Analytics' answer was not understood: {error}"
                ) from error
            except RAISED as error:
                raise translated(error) from error

    def _request(self, question: Question, within: float) -> HttpRequest:
        wait = min(max(int(within), 1), LONGEST_WAIT)
        # What is not packed cannot swell: a small answer is never a large one.
        headers = {"Prefer": f"wait={wait}", "Accept-Encoding": "identity"}
        path = f"/workspaces/{self._id}/{'search' if question.basic else 'query'}"
        span = {"timespan": question.timespan()}
        if question.basic:
            body = {"query": str(question.query)}
            return HttpRequest("POST", path, params=span, json=body, headers=headers)
        return HttpRequest("POST", path, json={"query": str(question.query), **span}, headers=headers)


async def _read(response: AsyncHttpResponse, most: int, reader: Reader, heard: Heard) -> None:
    splitter = Splitter()
    take: Callable[[Row], None] | None = None
    size = 0
    async for piece in response.iter_bytes():
        size += len(piece)
        rows = splitter.feed(piece)
        if rows and take is None:
            heard.columns = columns(splitter.frame())
            take = reader(heard.columns)
        if take is not None and not await _taken(rows, most, take, heard):
            return
        if size > LONGEST_ANSWER:
            heard.partial = f"it is larger than {LONGEST_ANSWER // 1024 // 1024} MB"
            return
        await asyncio.sleep(0)
    frame = splitter.frame()
    heard.partial = partial(frame)
    if take is None:
        heard.columns = columns(frame)
        reader(heard.columns)


async def _taken(rows: Sequence[bytes], most: int, take: Callable[[Row], None], heard: Heard) -> bool:
    """Decode and hand over; False when that was enough."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        for text in rows[start : start + ROWS_AT_ONCE]:
            if heard.rows >= most:
                heard.cut = True
                return False
            take(_decoded(text))
            heard.rows += 1
        await asyncio.sleep(0)
    return True


def _decoded(text: bytes) -> Row:
    try:
        return msgspec.json.decode(text, type=list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError("a row is no JSON") from error


def columns(frame: dict[str, Any]) -> Columns:
    """Return the columns of the primary table. Raises ``UnreadableError`` where there are none."""
    try:
        return {str(one["name"]): str(one["type"]) for one in frame["tables"][0]["columns"]}
    except (KeyError, IndexError, TypeError) as error:
        raise UnreadableError("it has no columns") from error


async def _body(response: AsyncHttpResponse) -> Any:
    text = bytearray()
    async for piece in response.iter_bytes():
        text += piece
        if len(text) > LONGEST_REFUSAL:
            break
    try:
        return msgspec.json.decode(bytes(text))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
