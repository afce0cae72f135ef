"""`LogAnalyticsDouble`: the query service over HTTPS on 127.0.0.1."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.sandbox.loganalytics.evaluating import Answer, KqlSemanticError, evaluate
from bot.sandbox.loganalytics.faults import (
    Broken,
    Endless,
    Fault,
    Held,
    Lost,
    Part,
    Refused,
    basic,
    semantic,
    syntax,
)
from bot.sandbox.loganalytics.lexing import KqlSyntaxError
from bot.sandbox.loganalytics.parsing import Call, Column, Expression, Parsed, parse
from bot.sandbox.loganalytics.rows import WORKSPACE, Table, Workspace
from bot.sandbox.served import Served

MOST_ROWS: Final = 500_000  # "Query limits": no answer has more
_PIECE: Final = 500
_NOBODY: Final = Refused(
    401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
)
_NOWHERE: Final = Refused(404, "PathNotFoundError", "The requested path does not exist")


@dataclass(frozen=True)
class Asked:
    """One question as it came in."""

    workspace: str
    way: str
    query: str
    timespan: str | None
    prefer: str


class LogAnalyticsDouble(Served):
    """Use as `async with LogAnalyticsDouble() as double:`, or `start` and `stop`. Time is the owner's."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self._workspaces: dict[str, Workspace] = {}
        self._faults: list[tuple[str, Fault]] = []
        self._working = 0
        self.asked: list[Asked] = []
        self.most_at_once = 0

    def application(self) -> web.Application:
        """Return what answers."""
        made = web.Application(client_max_size=4 * 1024 * 1024)
        made.router.add_route("POST", "/v1/workspaces/{id}/{way:query|search}", self._serve)
        return made

    def workspace(self, workspace_id: str = WORKSPACE) -> Workspace:
        """Return a workspace, made where it is not there yet."""
        return self._workspaces.setdefault(workspace_id, Workspace(workspace_id, self._clock))

    def fail_next(self, fault: Fault, containing: str = "", times: int = 1) -> None:
        """Give the next `times` questions with this in their text a fault."""
        self._faults += [(containing, fault)] * times

    @property
    def faults_waiting(self) -> int:
        """How many faults no question has met yet."""
        return len(self._faults)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self._working += 1
        self.most_at_once = max(self.most_at_once, self._working)
        try:
            return await self._answer(request)
        finally:
            self._working -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return _refused(_NOBODY)
        try:
            body = json.loads(await request.read())
            query, given = str(body["query"]), body.get("timespan")
        except (ValueError, KeyError, TypeError, AttributeError):
            return web.Response()  # "Missing JSON or Content-Type": 200 and nothing
        way = request.match_info["way"]
        span = request.query.get("timespan") if way == "search" else given
        prefer = request.headers.get("Prefer", "")
        self.asked.append(Asked(request.match_info["id"], way, query, span, prefer))
        fault = self._fault(query)
        if isinstance(fault, Lost):
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(fault, Broken):
            return web.Response(body=fault.body, content_type="application/json")
        found = (
            fault if isinstance(fault, Refused) else self._found(request.match_info["id"], way, query, span)
        )
        return _refused(found) if isinstance(found, Refused) else await _told(request, found, fault)

    def _fault(self, query: str) -> Fault | None:
        for index, (containing, fault) in enumerate(self._faults):
            if containing in query:
                del self._faults[index]
                return fault
        return None

    def _found(self, workspace_id: str, way: str, query: str, span: str | None) -> Answer | Refused:
        workspace = self._workspaces.get(workspace_id)
        if workspace is None:
            return _NOWHERE
        if not workspace.tables:
            return Refused(204, "", "")
        try:
            return self._evaluated(workspace, way, parse(query), span)
        except KqlSyntaxError as refused:
            return syntax(str(refused))
        except KqlSemanticError as refused:
            return semantic(str(refused))

    def _evaluated(self, workspace: Workspace, way: str, query: Parsed, span: str | None) -> Answer | Refused:
        table = workspace.tables.get(query.table)
        if table is None:
            first = query.operators[0].kind if query.operators else "where"
            named = f"Failed to resolve table or column expression named '{query.table}'"
            raise KqlSemanticError(f"'{first}' operator: {named}")
        if table.plan != "Analytics":
            if way == "query":
                return basic(self.url)
            if any(_names(operator.condition, "TimeGenerated") for operator in query.operators) or not span:
                raise KqlSemanticError("the time range of a Basic Logs table is given beside the query")
        found = evaluate(query.operators, table.columns, _rows(table, span, self._clock()))
        return Answer(found.columns, found.rows[:MOST_ROWS])


def _rows(table: Table, span: str | None, now: datetime) -> Iterator[Any]:
    since, until = _stretch(span, now)
    yield from table.between(since, until)


def _stretch(span: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the ends of an ISO 8601 interval, or of the last so many seconds (`PT900S`)."""
    if not span:
        return None, None
    try:
        if span.startswith("PT") and span.endswith("S"):
            return now - timedelta(seconds=float(span[2:-1])), now
        since, until = (datetime.fromisoformat(part) for part in span.split("/"))
    except ValueError as error:
        raise KqlSemanticError(f"no interval: {span}") from error
    return since, until


def _names(expression: Expression | None, column: str) -> bool:
    if isinstance(expression, Call):
        return any(_names(part, column) for part in expression.of)
    return isinstance(expression, Column) and expression.name == column


def _refused(refused: Refused) -> web.Response:
    headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
    if refused.status == 204:
        return web.Response(status=204)
    return web.json_response(refused.body(), status=refused.status, headers=headers)


async def _told(request: web.Request, answer: Answer, fault: Fault | None) -> web.StreamResponse:
    """Send the rows as the service does, in one document; here in pieces, for there may be many."""
    if isinstance(fault, Held) and fault.silent:
        fault.begun.set()
        await fault.go.wait()
    response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
    await response.prepare(request)
    columns = [{"name": name, "type": kind} for name, kind in answer.columns.items()]
    head = json.dumps({"name": "PrimaryResult", "columns": columns})
    await response.write(f'{{"tables":[{head[:-1]},"rows":['.encode())
    separator = ""
    for number, rows in enumerate(_batches(answer, fault)):
        if isinstance(fault, Held) and number == 1:
            fault.begun.set()
            await fault.go.wait()
        written = ",".join(json.dumps([_cell(cell) for cell in row]) for row in rows)
        if written:
            await response.write(f"{separator}{written}".encode())
            separator = ","
        await asyncio.sleep(0)
    part = Part(fault.full) if isinstance(fault, Endless) and fault.full else fault
    beside = f',"error":{json.dumps(part.error())}' if isinstance(part, Part) else ""
    await response.write(f"]}}]{beside}}}".encode())
    await response.write_eof()
    return response


def _batches(answer: Answer, fault: Fault | None) -> Iterator[list[tuple[Any, ...]]]:
    rows = answer.rows
    half = max(len(rows) // 2, 1)
    if isinstance(fault, Part):
        yield rows[: len(rows) // 2]
    elif isinstance(fault, Held):
        yield rows[:half]
        yield rows[half:]
    elif isinstance(fault, Endless):
        again = itertools.islice(itertools.cycle(rows), fault.rows)
        while batch := list(itertools.islice(again, _PIECE)):
            yield batch
    else:
        yield from (rows[at : at + _PIECE] for at in range(0, len(rows), _PIECE))


def _cell(value: Any) -> Any:
    """Return a value as the service writes it: times with seven digits, what is dynamic as a text with JSON in it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return value
