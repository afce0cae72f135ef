"""An answer of any size takes a bounded share of the memory, and never the loop for itself."""

import asyncio
import tracemalloc
from collections import Counter
from collections.abc import Callable

from bot.adapters.flows.loganalytics.kql import Query
from bot.adapters.flows.loganalytics.taking import Tables
from bot.adapters.flows.loganalytics.workspace import ROWS_AT_ONCE, Columns, Question, Row
from bot.domain.flows.taken import Truncated
from bot.sandbox.loganalytics import Endless
from tests.adapters.flows.analytics import AGO, NOW, Logs, opened

MANY = 500_000


def workspace_of(logs: Logs) -> Tables:
    return next(iter(logs.sources["vnet"]._tables.values()))


async def test_half_a_million_rows_are_cut_where_it_was_asked_whatever_the_service_sends() -> None:
    async with opened(sources=("vnet",), rows=1000) as logs:
        row = {"SubType": "FlowLog", "FlowStatus": "A", "SrcIp": "10.1.0.4", "DestIp": "10.2.0.4"}
        logs.table("NTANetAnalytics").add(TimeGenerated=AGO, FlowStartTime=AGO, FlowEndTime=AGO, **row)
        await logs.ask("vnet")
        logs.double.fail_next(Endless(MANY), containing="top ")
        tracemalloc.start()
        try:
            taken = await logs.ask("vnet")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert len(taken.flows) == 1000
    assert Truncated(1000) in taken.losses
    assert peak < 16 * 1024 * 1024  # the double's own pieces included; all of it would be some hundred MB


async def test_everybody_else_has_a_turn_after_some_rows() -> None:
    turns = 0
    rows_in_turn: Counter[int] = Counter()

    async def somebody_else() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def reader(columns: Columns) -> Callable[[Row], None]:
        def take(row: Row) -> None:
            rows_in_turn[turns] += 1

        return take

    async with opened() as logs:
        logs.table("NTANetAnalytics")
        logs.double.fail_next(Endless(20_000))
        workspace = workspace_of(logs)._workspace
        running = asyncio.create_task(somebody_else())
        question = Question(Query("NTANetAnalytics"), AGO, NOW, most=50_000)

        heard = await workspace.hear(question, reader, 60.0)
        running.cancel()

    assert heard.rows == rows_in_turn.total() == 20_000
    assert max(rows_in_turn.values()) <= ROWS_AT_ONCE
