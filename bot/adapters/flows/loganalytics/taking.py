"""One table asked: its columns first, then its rows and how far it reaches, side by side."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.adapters.flows.loganalytics import asking
from bot.adapters.flows.loganalytics.kql import Condition, Query
from bot.adapters.flows.loganalytics.refusals import AbsentColumnError, AbsentTableError, BasicPlanError
from bot.adapters.flows.loganalytics.tables.cells import Reading
from bot.adapters.flows.loganalytics.tables.log import Log
from bot.adapters.flows.loganalytics.workspace import Columns, Heard, Question, Row, Workspace
from bot.domain.errors import OutsideError, UnknownOutcomeError
from bot.domain.flows.asked import Asked
from bot.domain.flows.concerning import matcher
from bot.domain.flows.flow import Flow
from bot.domain.flows.taken import Garbled, Late, Loss, Missing, Partial, Truncated, Window

BEFORE: Final = timedelta(hours=6)
"""How long before the time in question a row, of whomever, shows that the table was being written."""
GLANCE: Final = timedelta(minutes=1)
REMEMBERED: Final = 600.0
"""Seconds for which a table's columns are believed; an absent table comes with its first row."""
REMEMBERED_ABSENT: Final = 60.0
ODD: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError)


@dataclass(frozen=True)
class Shape:
    """What a table is like; no columns where it is not there."""

    columns: Columns
    basic: bool
    until: float


@dataclass
class Page:
    """
    What one table told. ``asked`` is False where it knows the subject by nothing that is known of it.

    ``apart`` is False where its rows may be of another cluster: then they do not show which time it covers.
    """

    log: Log
    flows: list[Flow] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    window: Window | None = None
    newest: datetime | None = None
    told_since: datetime | None = None
    asked: bool = True
    apart: bool = True
    absent: bool = False


class Tables:
    """The tables of one workspace. ``most`` bounds the rows of one answer."""

    def __init__(self, workspace: Workspace, clock: Callable[[], datetime], most: int) -> None:
        self._workspace = workspace
        self._clock = clock
        self._most = most
        self._shapes: dict[str, Shape] = {}

    async def take(self, source: str, log: Log, asked: Asked, owner: str, within: float) -> Page:
        """Ask one table for so many seconds. Raises ``OutsideError`` where it gave no answer at all."""
        until = _now() + within
        try:
            return await self._take(source, log, asked, owner, until)
        except AbsentColumnError:  # what was known of it is old
            self._shapes.pop(log.table, None)
        try:
            return await self._take(source, log, asked, owner, until)
        except AbsentColumnError as error:
            raise UnknownOutcomeError(
                "SemanticError", f"{log.table} has a column and has it not: {error}"
            ) from error

    async def _take(self, source: str, log: Log, asked: Asked, owner: str, until: float) -> Page:
        page = Page(log)
        shape = await self.shape(log, until)
        lacking = tuple(column for column in log.needs if column not in shape.columns)
        if lacking:
            page.absent = True
            page.losses.append(
                Missing(
                    log.table,
                    lacking if shape.columns else (),
                    "" if not shape.columns else "it can't be read",
                )
            )
            return page
        wanted = asking.condition(log, shape.columns, asked, owner)
        if wanted is None:
            page.asked = False
            return page
        missing = tuple(column for column in log.wants if column not in shape.columns)
        if missing:
            page.losses.append(Missing(log.table, missing))
        page.apart = asking.apart(log, shape.columns, owner)
        ask = _Asking(source, log, asked, owner, wanted, shape, until)
        reach = asyncio.create_task(self._reach(ask, page))
        try:
            await self._rows(ask, page)
            await reach
        finally:
            reach.cancel()
            await asyncio.gather(reach, return_exceptions=True)
        _settle(page, asked, self._clock())
        return page

    async def shape(self, log: Log, until: float) -> Shape:
        """Return what the table is like, remembered for a while. Raises ``OutsideError``."""
        known = self._shapes.get(log.table)
        if known and known.until > _now():
            return known
        now = self._clock()
        found: Columns = {}
        basic = False
        try:
            try:
                heard = await self._hear(Question(asking.shape(log), now - GLANCE, now), _unread, until)
            except BasicPlanError:
                basic = True
                glance = Question(asking.shape(log), now - GLANCE, now, basic=True)
                heard = await self._hear(glance, _unread, until)
            found = heard.columns
        except AbsentTableError:
            pass
        believed = Shape(found, basic, _now() + (REMEMBERED if found else REMEMBERED_ABSENT))
        self._shapes[log.table] = believed
        return believed

    async def _rows(self, ask: "_Asking", page: Page) -> None:
        most = min(self._most, ask.asked.limit)
        query = asking.rows(ask.log, ask.shape.columns, ask.wanted, most)
        heard, sink = await self._read(ask, query, most)
        if heard.cut and (summed := asking.counted(ask.log, ask.shape.columns, ask.wanted, most)):
            heard, sink = await self._read(ask, summed, most)
            page.blind.append(
                f"{ask.log.table} had more than {most} rows: they are counted, not told one by one"
            )
        elif heard.cut and sink.flows:
            page.told_since = min(flow.start for flow in sink.flows)
        page.flows = sink.flows
        if heard.cut:
            page.losses.append(Truncated(most))
        if heard.partial:
            page.losses.append(Partial(f"{ask.log.table}: {heard.partial}"))
        if sink.odd:
            page.losses.append(Garbled(sink.odd))

    async def _read(self, ask: "_Asking", query: Query, most: int) -> "tuple[Heard, _Sink]":
        sink = _Sink(ask.log, Reading(ask.source), matcher(ask.asked))
        late = timedelta(seconds=ask.log.late)
        until = max(ask.asked.until, min(ask.asked.until + late, self._clock()))
        question = Question(query, ask.asked.since, until, ask.shape.basic, most)
        try:
            return await self._hear(question, sink.reader, ask.until), sink
        except (AbsentTableError, BasicPlanError) as error:
            self._shapes.pop(ask.log.table, None)
            raise UnknownOutcomeError(
                "Changed", f"{ask.log.table} was changed while it was asked: ask again"
            ) from error

    async def _reach(self, ask: "_Asking", page: Page) -> None:
        log, asked, shape, now = ask.log, ask.asked, ask.shape, self._clock()
        # What a Basic table scans is paid for: no further back than what is asked anyway.
        since = asked.since if shape.basic else min(asked.since, now) - BEFORE
        sink: list[dict[str, Any]] = []
        reach = asking.reach(log, shape.columns, ask.owner)
        question = Question(reach, since, max(now, asked.until), shape.basic)
        try:
            await self._hear(
                question,
                lambda columns: lambda row: sink.append(dict(zip(columns, row, strict=False))),
                ask.until,
            )
            page.newest = _time(sink, asking.NEWEST)
            oldest = _time(sink, asking.OLDEST)
        except (OutsideError, AbsentTableError, BasicPlanError, *ODD) as error:
            page.losses.append(
                Partial(f"{log.table}: how far it reaches could not be asked ({type(error).__name__})")
            )
            return
        if page.newest is None or oldest is None or page.newest < asked.since or not page.apart:
            return
        began = asked.since if shape.basic else max(asked.since, oldest)
        ended = min(asked.until, page.newest)
        page.window = Window(began, max(began, ended))

    async def _hear(
        self, question: Question, reader: Callable[[Columns], Callable[[Row], None]], until: float
    ) -> Heard:
        left = until - _now()
        if left <= 0:
            raise UnknownOutcomeError("NoAnswer", "there was no time left to ask Log Analytics")
        return await self._workspace.hear(question, reader, left)


@dataclass(frozen=True)
class _Asking:
    source: str
    log: Log
    asked: Asked
    owner: str
    wanted: Condition
    shape: Shape
    until: float


class _Sink:
    """Takes rows one by one and keeps the flows that were asked for."""

    def __init__(self, log: Log, reading: Reading, concerns: Callable[[Flow], bool]) -> None:
        self._log, self._reading, self._concerns = log, reading, concerns
        self.flows: list[Flow] = []
        self.odd = 0

    def reader(self, columns: Columns) -> Callable[[Row], None]:
        """Return what takes a row of these columns."""
        names = tuple(columns)

        def take(row: Row) -> None:
            try:
                found = tuple(self._log.flows(dict(zip(names, row, strict=True)), self._reading))
            except ODD:
                self.odd += 1
                return
            self.flows += filter(self._concerns, found)

        return take


def _settle(page: Page, asked: Asked, now: datetime) -> None:
    """Say what may still come, and what a table that was silent all along leaves open."""
    if page.window and page.told_since and page.told_since > page.window.since:
        page.window = Window(page.told_since, max(page.told_since, page.window.until))
    if (now - asked.until).total_seconds() < page.log.delay:
        page.losses.append(Late(page.log.delay))
    if page.newest is None:
        page.blind.append(
            f"{page.log.table} has had no row of anyone: whether it is being written can't be told"
        )
    elif page.newest < asked.since:
        page.blind.append(
            f"the newest row of {page.log.table}, of whomever, is of {page.newest:%Y-%m-%d %H:%M} UTC"
        )


def _time(rows: list[dict[str, Any]], column: str) -> datetime | None:
    cell = rows[0].get(column) if rows else None
    return Reading.time(cell) if cell else None


def _unread(columns: Columns) -> Callable[[Row], None]:
    del columns
    return lambda _: None


def _now() -> float:
    return asyncio.get_running_loop().time()
