"""
A program that asks one source of which so many rows are told in one answer, and says what that took of it.

A program of its own: its peak of memory is then nobody else's, and holds what libraries keep outside Python too.
"""

import asyncio
import resource
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from bot.adapters.flows.hubble import Hubble, Relay
from bot.adapters.flows.hubble.receipt import Receipt
from bot.adapters.flows.loganalytics import workspace as workspace_module
from bot.adapters.flows.loganalytics.kql import Project, Query
from bot.adapters.flows.loganalytics.workspace import Columns, Question, Row
from bot.domain.flows.asked import About, Asked, Subject
from bot.domain.flows.merging import merge
from bot.domain.flows.summing import summary
from bot.domain.flows.taken import Taken
from bot.sandbox.flows.protocol import message
from bot.sandbox.loganalytics import Endless
from tests.adapters.flows import analytics, hubble_stage
from tests.bench.stream import API, messages

_T = TypeVar("_T")
SUBJECT = Subject(About.POD, API.pod, API.namespace)
LIMIT = 20_000
DIFFERENT = 10_000
FULL = "Query result set has exceeded the internal record count limit 500000"
"""The words of the service ("Query limits", ``E_QUERY_RESULT_SET_TOO_LARGE``)."""
WITHIN = 500.0
ROW = {
    "SubType": "FlowLog",
    "FlowStatus": "Allowed",
    "SrcIp": "10.1.0.4",
    "DestIp": "10.2.0.4",
    "DestPort": 443,
}


class Weighed(msgspec.Struct, frozen=True):
    """
    What it came to.

    ``grown`` is by how many MB the peak of memory grew, ``together`` how many rows of one question were taken in one turn of
    the loop at most, ``said`` what the answer says of its losses.
    """

    flows: int
    grown: float
    together: int
    said: tuple[str, ...]


class Turns:
    """
    Counts what one task does between two turns of somebody else's: ``most`` is the most that any ever did.

    By task: questions that are under way side by side (the rows of a table, and how far it reaches) each take their turn.
    """

    def __init__(self) -> None:
        self._now = Counter[asyncio.Task[Any] | None]()
        self.most = 0

    async def run(self) -> None:
        """Take turns until cancelled."""
        while True:
            self._now.clear()
            await asyncio.sleep(0)

    def count(self) -> None:
        """Count one more thing in this turn."""
        task = asyncio.current_task()
        self._now[task] += 1
        self.most = max(self.most, self._now[task])


def counted(turns: Turns, where: Any, name: str) -> None:
    """Count how often something is called in one turn; nothing else of it changes."""
    called = getattr(where, name)

    def counting(*given: Any) -> Any:
        turns.count()
        return called(*given)

    setattr(where, name, counting)


class _Made(Sequence[bytes]):
    """So many events, each made when it is sent: a time and a port of its own over one of ten thousand that differ otherwise."""

    def __init__(self, number: int) -> None:
        self._number, self._templates = number, messages(DIFFERENT)

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, index: Any) -> Any:
        if index >= self._number:
            raise IndexError(index)
        flow = message("Flow")()
        flow.time.FromDatetime(hubble_stage.NOON + timedelta(microseconds=index))
        own = message("GetFlowsResponse")(flow=flow).SerializeToString()
        # A message that stands twice is one with the fields of both ("Encoding", protobuf.dev): cheaper than to make each.
        return self._templates[index % DIFFERENT] + own


async def serve(number: int) -> None:
    """Be a relay that tells so many events, until standard input ends."""
    double = hubble_stage.relay_double()
    double.faults.before = _Made(number)
    async with double.serving(None):
        print(double.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def relay(number: int, turns: Turns) -> Weighed:
    """Ask a relay that tells so many events; a program of its own, or its memory would be ours."""
    asked = hubble_stage.question(SUBJECT, limit=LIMIT)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __spec__.name, "serve", str(number), stdin=PIPE, stdout=PIPE
    )
    assert program.stdout is not None
    assert program.stdin is not None
    counted(turns, Receipt, "take")
    try:
        port = int(await program.stdout.readline())
        hubble = Hubble(Relay("prod", f"127.0.0.1:{port}"), lambda: hubble_stage.NOON)
        return await _weighed(lambda: hubble.ask(asked, WITHIN), asked, turns)
    finally:
        program.stdin.close()
        await program.wait()


async def table(number: int, turns: Turns) -> Weighed:
    """Ask a table of which so many rows are told, more than was asked for."""
    async with analytics.opened(sources=("vnet",), rows=LIMIT) as logs:
        _row(logs)
        asked = analytics.question()
        await logs.ask("vnet")
        counted(turns, workspace_module, "_decoded")
        logs.double.fail_next(Endless(number), containing="top ")
        return await _weighed(lambda: logs.sources["vnet"].ask(asked, WITHIN), asked, turns)


async def full(number: int, turns: Turns) -> Weighed:
    """Read a whole answer of so many short rows, at the end of which the service says that it is full."""
    return await _read(
        Query("NTANetAnalytics", (Project(("TimeGenerated", "SrcIp", "DestIp")),)), number, turns
    )


async def wide(number: int, turns: Turns) -> Weighed:
    """Read an answer of so many rows with all their columns."""
    return await _read(Query("NTANetAnalytics"), number, turns)


async def _read(query: Query, number: int, turns: Turns) -> Weighed:
    async with analytics.opened(sources=("vnet",)) as logs:
        _row(logs)
        await logs.ask("vnet")
        workspace = next(iter(logs.sources["vnet"]._tables.values()))._workspace
        counted(turns, workspace_module, "_decoded")
        logs.double.fail_next(Endless(number, FULL))
        began = _peak()
        question = Question(query, analytics.AGO, analytics.NOW, most=number * 2)
        heard = await _beside(turns, lambda: workspace.hear(question, _unread, WITHIN))
        return Weighed(heard.rows, _peak() - began, turns.most, (heard.partial,))


def _row(logs: analytics.Logs) -> None:
    times = dict.fromkeys(("TimeGenerated", "FlowStartTime", "FlowEndTime"), analytics.AGO)
    logs.table("NTANetAnalytics").add(**times, **ROW)


async def _weighed(ask: Callable[[], Awaitable[Taken]], asked: Asked, turns: Turns) -> Weighed:
    began = _peak()
    taken = await _beside(turns, ask)
    found = await asyncio.to_thread(lambda: summary(merge([taken]), asked))
    assert found.peers
    assert found.incomplete, "that more was told than is held stands on the answer"
    said = tuple(map(str, taken.losses))
    return Weighed(len(taken.flows), _peak() - began, turns.most, said)


async def _beside(turns: Turns, ask: Callable[[], Awaitable[_T]]) -> _T:
    other = asyncio.create_task(turns.run())
    try:
        return await ask()
    finally:
        other.cancel()


def _unread(_: Columns) -> Callable[[Row], None]:
    return lambda _: None


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(what: str, number: int) -> None:
    """Say what it took, as one line of JSON."""
    if what == "serve":
        await serve(number)
        return
    ask = {"relay": relay, "table": table, "full": full, "wide": wide}[what]
    print(msgspec.json.encode(await ask(number, Turns())).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
